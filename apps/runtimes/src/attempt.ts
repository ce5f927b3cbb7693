// One run of the program: where, how, and what came of it.
import { disagreement, type Result } from "@attn/packed";

/** Runs the program somewhere; undefined where that is not to be had on this machine. */
export type Run = () => Promise<Result | undefined>;
export type Attempt = (where: string, how: string, run: Run) => Promise<void>;

export interface Outcome {
  readonly where: string;
  readonly how: string;
  readonly state: "passed" | "failed" | "missing";
  readonly got?: Result;
  readonly why?: string;
}

export async function attempt(where: string, how: string, run: Run): Promise<Outcome> {
  try {
    const got = await run();
    if (!got) return { where, how, state: "missing", why: "not on this machine" };
    const why = disagreement(got);
    return why === undefined ? { where, how, got, state: "passed" } : { where, how, got, state: "failed", why };
  } catch (error) {
    const { stderr, message } = error as { stderr?: unknown; message: string };
    const lines = String(stderr || message)
      .trim()
      .split("\n");
    return { where, how, state: "failed", why: lines.find((line) => /error/i.test(line)) ?? message };
  }
}
