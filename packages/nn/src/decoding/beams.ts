// Beam search over any model. Knows its logits alone.
import { wrongValue } from "@attn/core/engine";
import { exp } from "./exp.ts";

export interface BeamOptions {
  readonly beams: number;
  /** Default 1. */
  readonly lengthPenalty?: number | undefined;
  readonly maximumTokens: number;
  readonly stop: readonly number[];
  readonly suppressed?: readonly number[] | undefined;
}

export interface Hypothesis {
  /** Without the token that ended it. */
  readonly tokens: readonly number[];
  readonly score: number;
}

/** Logits [beams·V] of new beams: the i-th is the old beam parents[i], and behind it tokens[i]. */
export type BeamStep = (parents: readonly number[], tokens: readonly number[]) => Float32Array;

interface Beam {
  readonly parent: number;
  readonly token: number;
  readonly tokens: readonly number[];
  /** The sum of its tokens' log-probabilities. */
  readonly sum: number;
}

/**
 * Up to `beams` texts, best first; score = sum of log-probabilities / tokens^lengthPenalty, where the token that ends a text
 * counts, too. As transformers' BeamSearchScorer with early_stopping false: in each step the best of all continuations;
 * one that ends is a result if it is among the first `beams`, the first `beams` others go on; it is over when there are as
 * many results and the best continuation, at its present length, is no better than the worst of them.
 *
 * @param first Logits [V] of the first token.
 */
export function searchBeams(
  api: string,
  first: Float32Array,
  step: BeamStep,
  options: BeamOptions,
): readonly Hypothesis[] {
  const { beams: B, lengthPenalty = 1, maximumTokens, suppressed = [] } = options;
  const V = first.length;
  const stop = new Set(options.stop);
  const barred = new Set(suppressed);
  const width = Math.max(2, 1 + stop.size) * B;
  const results: Hypothesis[] = [];
  const finish = (tokens: readonly number[], sum: number, length: number): void => {
    insert(results, { tokens, score: sum / length ** lengthPenalty }, ({ score }) => score, B);
  };

  let logits = first;
  let live: readonly Beam[] = [{ parent: 0, token: -1, tokens: [], sum: 0 }];
  for (let length = 1; ; length++) {
    const best: Beam[] = [];
    for (const [parent, beam] of live.entries()) {
      const row = logits.subarray(parent * V, (parent + 1) * V);
      const base = beam.sum - logSumExp(row);
      for (let token = 0; token < V; token++) {
        const sum = base + (row[token] as number);
        const worst = best.length === width ? (best[width - 1] as Beam).sum : Number.NEGATIVE_INFINITY;
        if (sum > worst && !barred.has(token))
          insert(best, { parent, token, tokens: beam.tokens, sum }, (x) => x.sum, width);
      }
    }
    if (best.length === 0) throw wrongValue(api, "logits", "be finite for at least one token", logits);

    const next: Beam[] = [];
    for (const [rank, beam] of best.entries()) {
      if (next.length === B) break;
      if (!stop.has(beam.token)) next.push({ ...beam, tokens: [...beam.tokens, beam.token] });
      else if (rank < B) finish(beam.tokens, beam.sum, length);
    }
    const attainable = (best[0] as Beam).sum / length ** lengthPenalty;
    if (results.length === B && (results[B - 1] as Hypothesis).score >= attainable) return results;
    live = next;
    if (length === maximumTokens || live.length === 0) {
      for (const { tokens, sum } of live) finish(tokens, sum, length);
      return results;
    }
    logits = step(
      live.map(({ parent }) => parent),
      live.map(({ token }) => token),
    );
  }
}

/** Puts x into a list that descends, behind its equals, and drops what is then past `most`. */
function insert<T>(list: T[], x: T, value: (x: T) => number, most: number): void {
  let at = list.length;
  while (at > 0 && value(list[at - 1] as T) < value(x)) at--;
  list.splice(at, 0, x);
  if (list.length > most) list.pop();
}

function logSumExp(row: Float32Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < row.length; i++) if ((row[i] as number) > most) most = row[i] as number;
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += exp((row[i] as number) - most);
  return most + Math.log(sum);
}
