// Which family a config is of. Knows their names alone.
import { describe, wrongKind, wrongValue } from "@attn/core/engine";
import { quote } from "../errors.ts";
import type { Architecture } from "./architecture.ts";
import { Config } from "./config.ts";
import { bert } from "./families/bert.ts";
import { distilbert } from "./families/distilbert.ts";
import { gpt2 } from "./families/gpt2.ts";
import { llama } from "./families/llama.ts";
import { marian } from "./families/marian.ts";
import { t5 } from "./families/t5.ts";

const FAMILIES: ReadonlyMap<unknown, (config: Config, family: string) => Architecture> = new Map([
  ["bert", bert],
  ["roberta", bert],
  ["xlm-roberta", bert],
  ["distilbert", distilbert],
  ["gpt2", gpt2],
  ["llama", llama],
  ["mistral", llama],
  ["qwen2", llama],
  ["marian", marian],
  ["m2m_100", marian],
  ["t5", t5],
]);

/**
 * The architecture that a config.json describes, with transformers' own defaults for what it leaves out.
 *
 * @throws TypeError, RangeError for a key that cannot be, contradicts another, or is not known and could change a result.
 */
export function readConfig(api: string, given: unknown): Architecture {
  const config = new Config(api, given);
  const type = config.raw("model_type");
  if (typeof type !== "string") throw wrongKind(api, "config.model_type", "be a string", type);
  const family = FAMILIES.get(type);
  if (!family)
    throw wrongValue(
      api,
      "config.model_type",
      `be one of ${[...FAMILIES.keys()].map((x) => quote(`${x}`)).join(", ")}`,
      describe(type),
    );
  const architecture = family(config, type);
  config.finish(type);
  return architecture;
}
