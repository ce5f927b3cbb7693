// Times the entries of a row: in turn, round after round, the order turned about each time, so that what the machine does
// meanwhile falls on all of them alike. Peers that cannot live together have a process each, and take turns too.
import { type ChildProcess, fork } from "node:child_process";
import type { Order, Prepared, Report } from "./child.ts";
import { groupOf } from "./peers/index.ts";
import type { Entry } from "./rows.ts";

/** What came of an entry: samples, in milliseconds a call, or the reason why there are none. */
export interface Measured extends Prepared {
  readonly samples: readonly number[];
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Told what is being done, for a human who waits. */
  onProgress(text: string): void;
}

/** What one entry may take in all rounds, in milliseconds; slow ones sit rounds out. */
const BUDGET = 4000;
const FEWEST_SAMPLES = 3;

/** Of what a process wrote to stderr, the line that says what was wrong. */
export const lastError = (words: string): string => {
  const lines = words.trim().split("\n");
  return lines.findLast((line) => /^\w*(Error|abort)/i.test(line)) ?? lines.at(-1) ?? "";
};

/** One process that hosts peers. */
class Host {
  readonly #child: ChildProcess;
  readonly #onReport: (report: Report) => void;

  constructor(onReport: (report: Report) => void) {
    this.#onReport = onReport;
    this.#child = fork(new URL("./child.ts", import.meta.url), {
      // Optimised functions that pause for a while keep their bytecode, so that collecting garbage costs nobody speed.
      execArgv: ["--expose-gc", "--no-flush-bytecode"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
  }

  /** The report that an order ends with; an Error with the last words of a process that died of it. */
  ask(order: Order): Promise<Report> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      let words = "";
      const listen = (chunk: Buffer): void => {
        words = (words + chunk).slice(-2000);
      };
      const onMessage = (report: Report): void => {
        if (report.report === "preparing" || report.report === "measuring") this.#onReport(report);
        else {
          leave();
          resolve(report);
        }
      };
      const onExit = (code: number | null, signal: string | null): void => {
        leave();
        reject(new Error(`the process ended with ${signal ?? code}: ${lastError(words)}`));
      };
      const leave = (): void => {
        child.off("message", onMessage).off("exit", onExit);
        child.stderr?.off("data", listen);
      };
      child.stderr?.on("data", listen);
      child.on("message", onMessage).on("exit", onExit);
      child.send(order);
    });
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Whether an entry that may have `samples` of `rounds` is timed in this round: they are spread evenly. */
const takesPart = (round: number, rounds: number, samples: number): boolean =>
  Math.floor(((round + 1) * samples) / rounds) > Math.floor((round * samples) / rounds);

const samplesOf = ({ call = 0 }: Prepared, rounds: number): number =>
  Math.min(rounds, Math.max(FEWEST_SAMPLES, Math.floor(BUDGET / call)));

/** The entries of one process, and how it went. */
interface Party {
  readonly host: Host;
  readonly entries: readonly Entry[];
  prepared: readonly Prepared[];
}

/** Prepares, checks and times all entries; the result is in their order. */
export async function measure(entries: readonly Entry[], { rounds, onProgress }: MeasureOptions): Promise<Measured[]> {
  const groups = Map.groupBy(entries, ({ peer }) => groupOf(peer));
  const samples = new Map<string, number[]>(entries.map(({ key }) => [key, []]));
  let current = "";
  const parties: Party[] = [...groups.values()].map((entries) => ({
    host: new Host(({ report, ...rest }) => onProgress(`${current}${report} ${"key" in rest ? rest.key : ""}`)),
    entries,
    prepared: [],
  }));
  try {
    for (const party of parties) {
      try {
        const report = await party.host.ask({ order: "prepare", entries: party.entries });
        if (report.report === "prepared") party.prepared = report.prepared;
      } catch (error) {
        party.prepared = party.entries.map(({ key }) => ({ key, why: (error as Error).message }));
      }
    }
    for (let round = 0; round < rounds; round++) {
      current = `round ${round + 1} of ${rounds}: `;
      onProgress(current);
      const turned = <T>(list: readonly T[]): readonly T[] => (round % 2 === 0 ? list : list.toReversed());
      for (const party of turned(parties)) {
        const keys = party.prepared
          .filter((entry) => entry.call !== undefined && takesPart(round, rounds, samplesOf(entry, rounds)))
          .map(({ key }) => key);
        if (keys.length === 0) continue;
        try {
          const report = await party.host.ask({ order: "round", keys: turned(keys) });
          if (report.report !== "measured") continue;
          for (const [key, time] of Object.entries(report.times)) samples.get(key)?.push(time);
        } catch (error) {
          party.prepared = party.entries.map(({ key }) => ({ key, why: (error as Error).message }));
        }
      }
    }
  } finally {
    for (const { host } of parties) host.end();
  }
  const prepared = new Map(parties.flatMap((party) => party.prepared).map((entry) => [entry.key, entry]));
  return entries.map(({ key }) => ({ ...(prepared.get(key) ?? { key }), samples: samples.get(key) ?? [] }));
}
