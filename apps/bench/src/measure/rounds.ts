// Times the cases of a benchmark: in turn, round after round, their order reversed each round, so that what the machine does
// meanwhile falls on all of them alike. Peers that cannot share a process have groups of their own, which take turns too.
import { type ChildProcess, fork } from "node:child_process";
import type { Case } from "../benchmark.ts";
import { groupOf } from "../peers/index.ts";
import type { Command, Preparation, Reply } from "./process.ts";

/** What came of a case: samples, in milliseconds a call, or the reason why there are none. */
export interface Measurement extends Preparation {
  readonly samples: readonly number[];
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Time on a processor instead of the clock's. */
  readonly cpuTime: boolean;
  /** Told what is being done, for a human who waits. */
  onProgress(text: string): void;
}

/** What one case may take in all rounds, in milliseconds; slow ones sit rounds out. */
const BUDGET = 4000;
const FEWEST_SAMPLES = 3;

/** Of what a process wrote to stderr, the line that says what was wrong. */
export const lastError = (words: string): string => {
  const lines = words.trim().split("\n");
  return lines.findLast((line) => /^\w*(Error|abort)/i.test(line)) ?? lines.at(-1) ?? "";
};

/** One process that processes peers. */
class PeerProcess {
  readonly #child: ChildProcess;
  readonly #onReply: (reply: Reply) => void;
  #words = "";
  /** What it was doing when it was last heard of. */
  current = "";

  constructor(cpuTime: boolean, onReply: (reply: Reply) => void) {
    this.#onReply = onReply;
    this.#child = fork(new URL("./process.ts", import.meta.url), cpuTime ? ["--cpu-time"] : [], {
      // Optimised functions that pause for a while keep their bytecode, so that collecting garbage costs nobody speed.
      execArgv: ["--expose-gc", "--no-flush-bytecode"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#words = (this.#words + chunk).slice(-2000);
    });
  }

  /** The reply that a command ends with; an Error with the last words of a process that died of it. */
  ask(command: Command): Promise<Reply> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const onMessage = (reply: Reply): void => {
        if (reply.reply === "preparing" || reply.reply === "measuring") {
          this.current = reply.key;
          this.#onReply(reply);
          return;
        }
        leave();
        resolve(reply);
      };
      const onExit = (code: number | null, signal: string | null): void => {
        leave();
        reject(new Error(`the process ended with ${signal ?? code}: ${lastError(this.#words)}`));
      };
      const leave = (): void => {
        child.off("message", onMessage).off("exit", onExit);
      };
      child.on("message", onMessage).on("exit", onExit);
      child.send(command);
    });
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Whether a case that may have `samples` of `rounds` is timed in this round: they are spread evenly. */
const isTimedIn = (round: number, rounds: number, samples: number): boolean =>
  Math.floor(((round + 1) * samples) / rounds) > Math.floor((round * samples) / rounds);

const samplesOf = ({ call = 0 }: Preparation, rounds: number): number =>
  Math.min(rounds, Math.max(FEWEST_SAMPLES, Math.floor(BUDGET / call)));

/** The cases that share a process, and what came of preparing them. */
interface ProcessGroup {
  process: PeerProcess;
  prepared: readonly Preparation[];
}

/** Makes cases ready in a process; one that it dies of is left out, and the others have another process. */
async function prepareGroup(cases: readonly Case[], start: () => PeerProcess): Promise<ProcessGroup> {
  const fatal: Preparation[] = [];
  for (;;) {
    const process = start();
    try {
      const alive = cases.filter(({ key }) => !fatal.some((one) => one.key === key));
      const reply = await process.ask({ command: "prepare", cases: alive });
      return { process, prepared: [...fatal, ...(reply.reply === "prepared" ? reply.prepared : [])] };
    } catch (error) {
      const { message } = error as Error;
      fatal.push({ key: process.current, why: message });
      if (process.current === "") return { process, prepared: cases.map(({ key }) => ({ key, why: message })) };
    }
  }
}

/** Times those who take part in this round, and adds to their samples. */
async function timeGroup(
  group: ProcessGroup,
  round: number,
  rounds: number,
  samples: Map<string, number[]>,
): Promise<void> {
  const keys = group.prepared
    .filter((each) => each.call !== undefined && isTimedIn(round, rounds, samplesOf(each, rounds)))
    .map(({ key }) => key);
  if (keys.length === 0) return;
  try {
    const reply = await group.process.ask({ command: "round", keys: alternated(keys, round) });
    if (reply.reply !== "measured") return;
    for (const [key, time] of Object.entries(reply.times)) samples.get(key)?.push(time);
  } catch (error) {
    group.prepared = group.prepared.map(({ key }) => ({ key, why: (error as Error).message }));
  }
}

const alternated = <T>(list: readonly T[], round: number): readonly T[] => (round % 2 === 0 ? list : list.toReversed());

/** Prepares, checks and times all cases; the result is in their order. */
export async function measure(
  cases: readonly Case[],
  { rounds, cpuTime, onProgress }: MeasureOptions,
): Promise<Measurement[]> {
  let current = "";
  const processes: PeerProcess[] = [];
  const start = (): PeerProcess => {
    const process = new PeerProcess(cpuTime, (reply) =>
      onProgress(`${current}${reply.reply} ${"key" in reply ? reply.key : ""}`),
    );
    processes.push(process);
    return process;
  };
  const samples = new Map<string, number[]>(cases.map(({ key }) => [key, []]));
  const groups: ProcessGroup[] = [];
  try {
    for (const group of Map.groupBy(cases, ({ peer }) => groupOf(peer)).values())
      groups.push(await prepareGroup(group, start));
    for (let round = 0; round < rounds; round++) {
      current = `round ${round + 1} of ${rounds}: `;
      onProgress(current);
      for (const group of alternated(groups, round)) await timeGroup(group, round, rounds, samples);
    }
  } finally {
    for (const process of processes) process.end();
  }
  const prepared = new Map(groups.flatMap((group) => group.prepared).map((each) => [each.key, each]));
  return cases.map(({ key }) => ({ ...(prepared.get(key) ?? { key }), samples: samples.get(key) ?? [] }));
}
