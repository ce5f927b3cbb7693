// Times the entries of a row: in turn, round after round, the order turned about each time, so that what the machine does
// meanwhile falls on all of them alike. Peers that cannot live together have a process each, and take turns too.
import { type ChildProcess, fork } from "node:child_process";
import type { Order, Prepared, Report } from "./child.ts";
import { groupOf } from "./peers/index.ts";
import type { Entry } from "./row.ts";

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
  #words = "";
  /** What it was doing when it was last heard of. */
  current = "";

  constructor(onReport: (report: Report) => void) {
    this.#onReport = onReport;
    this.#child = fork(new URL("./child.ts", import.meta.url), {
      // Optimised functions that pause for a while keep their bytecode, so that collecting garbage costs nobody speed.
      execArgv: ["--expose-gc", "--no-flush-bytecode"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#words = (this.#words + chunk).slice(-2000);
    });
  }

  /** The report that an order ends with; an Error with the last words of a process that died of it. */
  ask(order: Order): Promise<Report> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const onMessage = (report: Report): void => {
        if (report.report === "preparing" || report.report === "measuring") {
          this.current = report.key;
          this.#onReport(report);
          return;
        }
        leave();
        resolve(report);
      };
      const onExit = (code: number | null, signal: string | null): void => {
        leave();
        reject(new Error(`the process ended with ${signal ?? code}: ${lastError(this.#words)}`));
      };
      const leave = (): void => {
        child.off("message", onMessage).off("exit", onExit);
      };
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

/** The entries of one process, and what came of them. */
interface Party {
  host: Host;
  prepared: readonly Prepared[];
}

/** Makes entries ready in a process; one that it dies of is left out, and the others have another process. */
async function prepareParty(entries: readonly Entry[], newHost: () => Host): Promise<Party> {
  const fatal: Prepared[] = [];
  for (;;) {
    const host = newHost();
    try {
      const alive = entries.filter(({ key }) => !fatal.some((one) => one.key === key));
      const report = await host.ask({ order: "prepare", entries: alive });
      return { host, prepared: [...fatal, ...(report.report === "prepared" ? report.prepared : [])] };
    } catch (error) {
      const { message } = error as Error;
      fatal.push({ key: host.current, why: message });
      if (host.current === "") return { host, prepared: entries.map(({ key }) => ({ key, why: message })) };
    }
  }
}

/** Times those who take part in this round, and adds to their samples. */
async function timeParty(party: Party, round: number, rounds: number, samples: Map<string, number[]>): Promise<void> {
  const keys = party.prepared
    .filter((entry) => entry.call !== undefined && takesPart(round, rounds, samplesOf(entry, rounds)))
    .map(({ key }) => key);
  if (keys.length === 0) return;
  try {
    const report = await party.host.ask({ order: "round", keys: turned(keys, round) });
    if (report.report !== "measured") return;
    for (const [key, time] of Object.entries(report.times)) samples.get(key)?.push(time);
  } catch (error) {
    party.prepared = party.prepared.map(({ key }) => ({ key, why: (error as Error).message }));
  }
}

const turned = <T>(list: readonly T[], round: number): readonly T[] => (round % 2 === 0 ? list : list.toReversed());

/** Prepares, checks and times all entries; the result is in their order. */
export async function measure(entries: readonly Entry[], { rounds, onProgress }: MeasureOptions): Promise<Measured[]> {
  let current = "";
  const hosts: Host[] = [];
  const newHost = (): Host => {
    const host = new Host((report) => onProgress(`${current}${report.report} ${"key" in report ? report.key : ""}`));
    hosts.push(host);
    return host;
  };
  const samples = new Map<string, number[]>(entries.map(({ key }) => [key, []]));
  const parties: Party[] = [];
  try {
    for (const group of Map.groupBy(entries, ({ peer }) => groupOf(peer)).values())
      parties.push(await prepareParty(group, newHost));
    for (let round = 0; round < rounds; round++) {
      current = `round ${round + 1} of ${rounds}: `;
      onProgress(current);
      for (const party of turned(parties, round)) await timeParty(party, round, rounds, samples);
    }
  } finally {
    for (const host of hosts) host.end();
  }
  const prepared = new Map(parties.flatMap((party) => party.prepared).map((entry) => [entry.key, entry]));
  return entries.map(({ key }) => ({ ...(prepared.get(key) ?? { key }), samples: samples.get(key) ?? [] }));
}
