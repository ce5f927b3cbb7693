// What the families that generate share: heads, tied or not, and the tokens that texts begin and end with.
import type { Generation, Head, Parameter } from "./architecture.ts";
import type { Config } from "./config.ts";
import { matrix } from "./parts.ts";

/** The tokens of a config. `start` is the decoder's first, of an encoder-decoder. */
export function generation(config: Config, V: number, stop?: number, start?: number): Generation {
  const words = config.raw("bad_words_ids") ?? [];
  // A word of several tokens is a sequence, which no step can rule out by itself.
  const single = (word: unknown): word is [number] =>
    Array.isArray(word) && word.length === 1 && Number.isInteger(word[0]);
  if (!Array.isArray(words) || !words.every(single))
    throw config.wrong("bad_words_ids", "be a list of single tokens, [[id], …]");
  if (start !== undefined && start >= V) throw config.wrong("decoder_start_token_id", `be below the vocabulary's ${V}`);
  return {
    start,
    stop: config.tokens("eos_token_id", stop),
    suppressed: words.map(([id]) => id).filter((id) => id >= 0 && id < V),
  };
}

/** A table of tokens and the head [V, E]: one parameter where they are tied, under the names of both. */
export function tiedHead(
  names: string | readonly string[],
  V: number,
  E: number,
  tied: boolean,
  scale = 1,
): { readonly tokens: Parameter; readonly head: Head } {
  const name = "lm_head.weight";
  const tokens = matrix(tied ? [names, name].flat() : names, V, E);
  return { tokens, head: { weight: tied ? tokens : matrix(name, V, E), scale } };
}
