// A process that hosts peers: prepares the entries that it is sent, checks each result, and times them a round at a time
// when it is told to. Knows nothing of rows, ratios or other processes.
import { disagreement } from "./agree.ts";
import { type Inputs, inputsOf } from "./cases.ts";
import { isMark, peers } from "./peers/index.ts";
import type { Runner, Way } from "./peers/peer.ts";
import type { Entry } from "./row.ts";
import { median } from "./statistics.ts";

/** What an entry came to: ready, or why not. */
export interface Prepared {
  readonly key: string;
  /** The way that was the quickest of those that agreed. */
  readonly way?: string;
  /** Milliseconds that a call takes, roughly. */
  readonly call?: number;
  /** Why it cannot be timed. */
  readonly why?: string;
  /** The ways that gave wrong numbers. */
  readonly wrong?: readonly string[];
}

export type Order =
  | { readonly order: "prepare"; readonly entries: readonly Entry[] }
  | { readonly order: "round"; readonly keys: readonly string[] };

export type Report =
  | { readonly report: "preparing" | "measuring"; readonly key: string }
  | { readonly report: "prepared"; readonly prepared: readonly Prepared[] }
  /** Milliseconds a call, by key. */
  | { readonly report: "measured"; readonly times: Readonly<Record<string, number>> };

interface Ready {
  readonly runner: Runner;
  readonly calls: number;
  /** Whether a call is so short that the first of a batch would spoil it. */
  readonly brief: boolean;
}

/** Milliseconds of calls that go before: when an entry is made ready, and each time that it is timed. */
const WARM_UP = 400;
const RUN_UP = 30;
/** Milliseconds that are timed as one piece, at the least. */
const SHORTEST_BATCH = 10;
const BRIEF = 20;

/** Frees what is young. A full collection would throw optimised code away, if all objects that it made are garbage. */
const collect = (): void => (globalThis as { gc?: (options: { type: "minor" }) => void }).gc?.({ type: "minor" });
const ready = new Map<string, Ready>();
const inputs = new Map<string, Inputs>();
const send = (report: Report): void => void process.send?.(report);

function inputsFor(entry: Entry): Inputs {
  const name = JSON.stringify(entry.case);
  const made = inputs.get(name) ?? inputsOf(entry.case);
  inputs.set(name, made);
  return made;
}

const isPromise = (x: unknown): x is Promise<unknown> => x instanceof Promise;

/** Milliseconds a call. What is not asynchronous is not awaited. */
async function time(runner: Runner, calls: number): Promise<number> {
  const { run } = runner;
  const start = performance.now();
  const first = run();
  if (isPromise(first)) {
    await first;
    for (let i = 1; i < calls; i++) await run();
  } else for (let i = 1; i < calls; i++) run();
  return (performance.now() - start) / calls;
}

/** Calls until compilers and caches have settled; milliseconds of a call at the end of it. */
async function warmUp(runner: Runner, duration = WARM_UP): Promise<number> {
  const times: number[] = [];
  for (let spent = 0; spent < duration; ) {
    const batch = Math.max(1, Math.min(1000, Math.floor(SHORTEST_BATCH / (times.at(-1) ?? SHORTEST_BATCH))));
    const call = await time(runner, batch);
    times.push(call);
    spent += call * batch;
  }
  return median(times.slice(-Math.ceil(times.length / 2)));
}

interface Tried {
  readonly way: Way;
  readonly runner: Runner;
  readonly call: number;
}

/** One way made ready, checked and warm; a sentence where its numbers are wrong. */
async function tryWay(entry: Entry, way: Way): Promise<Tried | string> {
  const given = inputsFor(entry);
  const runner = await way.prepare(entry.case, given);
  if (!isMark(entry.peer)) {
    const wrong = disagreement(entry.case, given, runner.output(await runner.run()));
    if (wrong) {
      await runner.dispose?.();
      return wrong;
    }
  }
  return { way, runner, call: await warmUp(runner) };
}

async function prepare(entry: Entry): Promise<Prepared> {
  const { key, peer, form } = entry;
  const all = peers[peer].ways(entry.case);
  if (typeof all === "string") return { key, why: all };
  const wrong: string[] = [];
  const failed: string[] = [];
  let best: Tried | undefined;
  for (const way of all.filter((way) => form === undefined || way.form === form)) {
    try {
      const tried = await tryWay(entry, way);
      if (typeof tried === "string") wrong.push(`${way.name}: ${tried}`);
      else if (best && best.call <= tried.call) await tried.runner.dispose?.();
      else {
        await best?.runner.dispose?.();
        best = tried;
      }
    } catch (error) {
      failed.push(`${way.name}: ${(error as Error).message}`);
    }
  }
  if (!best) return { key, why: failed.join("; ") || "gives wrong numbers", ...(wrong.length > 0 && { wrong }) };
  const { way, runner, call } = best;
  ready.set(key, { runner, calls: Math.max(1, Math.ceil(SHORTEST_BATCH / call)), brief: call < BRIEF });
  return { key, way: way.name, call, ...(wrong.length > 0 && { wrong }) };
}

async function measure(key: string): Promise<number> {
  const { runner, calls, brief } = ready.get(key) as Ready;
  collect();
  if (brief) await warmUp(runner, RUN_UP);
  return time(runner, calls);
}

async function obey(order: Order): Promise<Report> {
  if (order.order === "prepare") {
    const prepared: Prepared[] = [];
    for (const entry of order.entries) {
      send({ report: "preparing", key: entry.key });
      prepared.push(await prepare(entry));
    }
    return { report: "prepared", prepared };
  }
  const times: Record<string, number> = {};
  for (const key of order.keys) {
    if (!(ready.get(key) as Ready).brief) send({ report: "measuring", key });
    times[key] = await measure(key);
  }
  return { report: "measured", times };
}

process.once("disconnect", () => process.exit());
process.on("message", async (order: Order) => send(await obey(order)));
