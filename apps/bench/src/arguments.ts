// What the command line asks for. Reads it; does nothing about it.
import { parseArgs } from "node:util";

export interface Request {
  readonly kind: "run" | "list" | "help";
  readonly json: boolean;
  readonly check: boolean;
  /** Benchmarks of @attn/nn instead of @attn/core's. */
  readonly models: boolean;
  /** Of both packages, benchmarks whose id or title it matches. */
  readonly only: RegExp | undefined;
  /** Where to write the chart. */
  readonly svg: string | undefined;
  readonly rounds: number;
  readonly cpuTime: boolean;
}

export const help = `Usage: bench [options]

Times @attn/core, or @attn/nn, beside its peers, after checking that all of them compute the same.

  --models         the benchmarks of @attn/nn: layers, models, loading
  --only <regex>   only benchmarks whose name or title matches, of both packages
  --rounds <n>     rounds of each benchmark, 15 by default; slow cases sit some out
  --cpu-time       the thread's time on a processor instead of the clock's: for a machine that does other things meanwhile
  --json           everything measured, as JSON
  --svg <file>     writes a chart of it, too
  --check          exit with 1 where a target is missed
  --list           the benchmarks, by name
  --help           this`;

/** The request, or a sentence that says what is wrong with it. */
export function readArguments(args: readonly string[]): Request | string {
  try {
    const { values } = parseArgs({
      // pnpm hands a separating "--" on.
      args: args.filter((argument) => argument !== "--"),
      options: {
        only: { type: "string" },
        rounds: { type: "string", default: "15" },
        models: { type: "boolean", default: false },
        "cpu-time": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        svg: { type: "string" },
        check: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1)
      return `"--rounds" must be a whole number from 1, got ${values.rounds}`;
    return {
      kind: values.help ? "help" : values.list ? "list" : "run",
      models: values.models,
      json: values.json,
      check: values.check,
      only: values.only === undefined ? undefined : new RegExp(values.only, "i"),
      svg: values.svg,
      rounds,
      cpuTime: values["cpu-time"],
    };
  } catch (error) {
    return (error as Error).message;
  }
}
