// A process that runs peers: prepares the cases that it is sent, checks each result, and times them a round at a time
// when it is told to. Knows nothing of benchmarks, ratios or other processes.

import type { Case } from "../benchmark.ts";
import { isCompared, peers } from "../peers/index.ts";
import type { Runner, Strategy } from "../peers/peer.ts";
import { median } from "../statistics.ts";
import { type Inputs, inputsOf } from "../workloads.ts";
import { agreement } from "./verify.ts";
import type { Agreement } from "./verify-models.ts";

/** What preparing a case came to: ready, or why not. */
export interface Preparation {
  readonly key: string;
  /** The strategy that was the quickest of those that agreed. */
  readonly strategy?: string;
  /** Milliseconds that a call takes, roughly. */
  readonly call?: number;
  /** Why it cannot be timed. */
  readonly why?: string;
  /** The strategies that gave wrong numbers. */
  readonly wrong?: readonly string[];
  /** Of models: how far its numbers are from the reference's, see Agreement. */
  readonly error?: number;
  readonly cosine?: number;
}

export type Command =
  | { readonly command: "prepare"; readonly cases: readonly Case[] }
  | { readonly command: "round"; readonly keys: readonly string[] };

export type Reply =
  | { readonly reply: "preparing" | "measuring"; readonly key: string }
  | { readonly reply: "prepared"; readonly prepared: readonly Preparation[] }
  /** Milliseconds a call, by key. */
  | { readonly reply: "measured"; readonly times: Readonly<Record<string, number>> };

interface Ready {
  readonly runner: Runner;
  readonly calls: number;
  /** Whether a call is so short that the first of a batch would spoil it. */
  readonly brief: boolean;
}

/** Milliseconds of calls that go before: when a case is prepared, and each time that it is timed. */
const WARM_UP = 400;
const RUN_UP = 30;
const cpuTime = process.argv.includes("--cpu-time");
/** Milliseconds that are timed as one piece, at the least. Time on a processor is told in steps of up to four. */
const SHORTEST_BATCH = cpuTime ? 50 : 10;
const BRIEF = 20;
const SHORTEST_CALL = 1e-4;

/** Frees what is young. A full collection would throw optimised code away, if all objects that it made are garbage. */
const collect = (): void => (globalThis as { gc?: (options: { type: "minor" }) => void }).gc?.({ type: "minor" });
const ready = new Map<string, Ready>();
const inputs = new Map<string, Inputs>();
const send = (reply: Reply): void => void process.send?.(reply);

function inputsFor({ workload }: Case): Inputs {
  const name = JSON.stringify(workload);
  const made = inputs.get(name) ?? inputsOf(workload);
  inputs.set(name, made);
  return made;
}

/** Milliseconds, of the clock or, where a process is told so, of this thread's own time on a processor. */
const now: () => number = cpuTime
  ? () => {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1000;
    }
  : () => performance.now();

const isPromise = (x: unknown): x is Promise<unknown> => x instanceof Promise;

/** Milliseconds a call. What is not asynchronous is not awaited. */
async function time(runner: Runner, calls: number): Promise<number> {
  const { run } = runner;
  const start = now();
  const first = run();
  if (isPromise(first)) {
    await first;
    for (let i = 1; i < calls; i++) await run();
  } else for (let i = 1; i < calls; i++) run();
  return (now() - start) / calls;
}

/** Calls until compilers and caches have settled; milliseconds of a call at the end of it. */
async function warmUp(runner: Runner, duration = WARM_UP): Promise<number> {
  const times: number[] = [];
  const start = performance.now();
  let batch = 1;
  for (let before = start; before - start < duration; ) {
    times.push(await time(runner, batch));
    const after = performance.now();
    batch = Math.max(1, Math.min(50_000, Math.floor((SHORTEST_BATCH * batch) / (after - before))));
    before = after;
  }
  return median(times.slice(-Math.ceil(times.length / 2)));
}

interface Tried {
  readonly strategy: Strategy;
  readonly runner: Runner;
  readonly call: number;
  readonly agreement: Omit<Agreement, "wrong">;
}

/** One strategy made ready, checked and warm; a sentence where its numbers are wrong. */
async function tryStrategy(item: Case, strategy: Strategy): Promise<Tried | string> {
  const { peer, workload } = item;
  const given = inputsFor(item);
  const runner = await strategy.prepare(workload, given, strategy.file?.(given) ?? new Uint8Array());
  const { wrong, ...found }: Agreement = isCompared(peer)
    ? agreement(workload, given, runner.output(await runner.run()), strategy.quantized)
    : {};
  if (wrong) {
    await runner.dispose?.();
    return wrong;
  }
  return { strategy, runner, call: await warmUp(runner), agreement: found };
}

async function prepare(item: Case): Promise<Preparation> {
  const { key, peer, mode, workload } = item;
  const all = peers[peer].strategies(workload);
  if (typeof all === "string") return { key, why: all };
  const wrong: string[] = [];
  const failed: string[] = [];
  let best: Tried | undefined;
  for (const strategy of all.filter((strategy) => mode === undefined || strategy.mode === mode)) {
    try {
      const tried = await tryStrategy(item, strategy);
      if (typeof tried === "string") wrong.push(`${strategy.name}: ${tried}`);
      else if (best && best.call <= tried.call) await tried.runner.dispose?.();
      else {
        await best?.runner.dispose?.();
        best = tried;
      }
    } catch (error) {
      failed.push(`${strategy.name}: ${(error as Error).message}`);
    }
  }
  if (!best) return { key, why: failed.join("; ") || "gives wrong numbers", ...(wrong.length > 0 && { wrong }) };
  const { strategy, runner, call, agreement } = best;
  ready.set(key, { runner, calls: Math.ceil(SHORTEST_BATCH / Math.max(call, SHORTEST_CALL)), brief: call < BRIEF });
  return { key, strategy: strategy.name, call, ...agreement, ...(wrong.length > 0 && { wrong }) };
}

async function measure(key: string): Promise<number> {
  const { runner, calls, brief } = ready.get(key) as Ready;
  collect();
  if (brief) await warmUp(runner, RUN_UP);
  return time(runner, calls);
}

async function execute(command: Command): Promise<Reply> {
  if (command.command === "prepare") {
    const prepared: Preparation[] = [];
    for (const item of command.cases) {
      send({ reply: "preparing", key: item.key });
      prepared.push(await prepare(item));
    }
    return { reply: "prepared", prepared };
  }
  const times: Record<string, number> = {};
  for (const key of command.keys) {
    if (!(ready.get(key) as Ready).brief) send({ reply: "measuring", key });
    times[key] = await measure(key);
  }
  return { reply: "measured", times };
}

process.once("disconnect", () => process.exit());
process.on("message", async (command: Command) => send(await execute(command)));
