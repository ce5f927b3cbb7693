// Hugging Face's config.json, read key by key: what is read is checked, and what nobody read is refused unless it is known to
// change nothing. Knows no family.
import { describe, wrongKind, wrongValue } from "@attn/core/engine";
import { quote } from "../errors.ts";
import type { Activation } from "./architecture.ts";

/**
 * Keys that change no result here: how a model was trained, saved, named and classified; what transformers' generate() does
 * unless told otherwise, which each call says here; and sizes that follow from others.
 */
const HARMLESS = [
  /^_|dropout|_pdrop$|layerdrop$|_version$|^(torch_)?dtype$|^init(ializer)?_|^gradient_checkpointing$|^unsloth_/,
  /^(model_type|architectures|auto_map|name_or_path|tokenizer_class|prefix|task_specific_params|transformers\.js_config)$/,
  /^(id2label|label2id|num_labels|problem_type|finetuning_task|directionality|(summary|pooler|classifier)_\w+)$/,
  /^(use_cache|output_\w+|return_dict\w*|torchscript|use_bfloat16|tf_legacy_loss|chunk_size_feed_forward)$/,
  /^(is_llama_config|pretraining_tp|reorder_and_upcast_attn|attn_implementation|tie_weights_)$/,
  /^((bos|eos|sep|cls|mask|unk)_token_id|forced_eos_token_id|force_bos_token_to_be_generated|predict_special_tokens)$/,
  /^((max|min)_(new_tokens|length|sequence_length)|do_sample|early_stopping|num_return_sequences|remove_invalid_values)$/,
  /^(num_beams|num_beam_groups|diversity_penalty|length_penalty|repetition_penalty|temperature|top_k|top_p|typical_p)$/,
];

/** Whether a key says nothing, or that something is off. */
const isNothing = (x: unknown): boolean => !x || (typeof x === "object" && Object.keys(x).length === 0);

/** By their names in configs. */
export const activations: ReadonlyMap<unknown, Activation> = new Map<string, Activation>([
  ["relu", "relu"],
  ["gelu", "gelu"],
  ["gelu_python", "gelu"],
  ["gelu_new", "gelu_tanh"],
  ["gelu_fast", "gelu_tanh"],
  ["gelu_pytorch_tanh", "gelu_tanh"],
  ["silu", "silu"],
  ["swish", "silu"],
]);
export const activationNames = (): string => `one of ${[...activations.keys()].map(describe).join(", ")}`;

type Key = string | readonly string[];
const first = (key: Key): string => (typeof key === "string" ? key : (key[0] as string));

export class Config {
  readonly api: string;
  /** How the whole is called in errors. */
  readonly #argument: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #known = new Set<string>();

  constructor(api: string, values: unknown, argument = "config") {
    if (typeof values !== "object" || values === null || Array.isArray(values))
      throw wrongKind(api, argument, "be an object, as config.json has it", values);
    this.api = api;
    this.#argument = argument;
    this.#values = values as Record<string, unknown>;
  }

  /** Of a key, or of one of several names of the same: undefined where it is absent. */
  raw(key: Key): unknown {
    let found: unknown;
    for (const name of typeof key === "string" ? [key] : key) {
      this.#known.add(name);
      const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
      if (found !== undefined && value !== undefined && value !== found)
        throw this.#wrong(name, `be ${describe(found)}, like ${quote(first(key))}`, value);
      found ??= value;
    }
    return found;
  }

  /** A whole number of at least `least`; null is as absent. */
  count(key: Key, absent: number, least = 1): number {
    const value = this.raw(key) ?? absent;
    if (typeof value !== "number") throw wrongKind(this.api, this.#name(first(key)), "be a number", value);
    if (!Number.isInteger(value) || value < least || value > 2 ** 31 - 1)
      throw this.#wrong(first(key), `be an integer from ${least} to 2^31-1`, value);
    return value;
  }

  /** How many layers; each is an object here. */
  layers(key: Key, absent: number): number {
    const count = this.count(key, absent);
    if (count > 10_000) throw this.#wrong(first(key), "be at most 10000", count);
    return count;
  }

  /** A finite number above 0. */
  positive(key: string, absent?: number): number {
    const value = this.raw(key) ?? absent;
    if (typeof value !== "number") throw wrongKind(this.api, this.#name(key), "be a number", value);
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw this.#wrong(key, "be finite and above 0", value);
    return value;
  }

  flag(key: string, absent: boolean): boolean {
    const value = this.raw(key) ?? absent;
    if (typeof value !== "boolean") throw wrongKind(this.api, this.#name(key), "be a boolean", value);
    return value;
  }

  /** One of these words, or numbers; the first is for a key that is absent. */
  choice<T extends string | number | boolean>(key: string, ...choices: readonly [T, ...T[]]): T {
    const value = this.raw(key) ?? choices[0];
    if (!choices.includes(value as T)) throw this.#wrong(key, `be ${choices.map(describe).join(" or ")}`, value);
    return value as T;
  }

  activation(key: string, absent: string): Activation {
    const value = this.raw(key) ?? absent;
    const known = activations.get(value);
    if (!known) throw this.#wrong(key, `be ${activationNames()}`, value);
    return known;
  }

  /** A token, or none where it is null, absent or negative. */
  token(key: string, absent?: number): number | undefined {
    return this.tokens(key, absent)[0];
  }

  /** Tokens, of which a config has one or several. */
  tokens(key: string, absent?: number): readonly number[] {
    const value = this.raw(key);
    const given: unknown = value === undefined ? (absent ?? []) : (value ?? []);
    const list: readonly unknown[] = Array.isArray(given) ? given : [given];
    for (const id of list)
      if (!Number.isInteger(id)) throw wrongKind(this.api, this.#name(key), "be a token's number", value);
    return (list as number[]).filter((id) => id >= 0);
  }

  /** Heads of a width that has to be a multiple of them. */
  heads(key: Key, absent: number, width: number): number {
    const heads = this.count(key, absent);
    if (width % heads !== 0) throw this.#wrong(first(key), `be a divisor of the width ${width}`, heads);
    return heads;
  }

  /** An object within. */
  inner(key: string): Config | undefined {
    const value = this.raw(key);
    return value === undefined || value === null ? undefined : new Config(this.api, value, this.#name(key));
  }

  /** Keys that are known, and do not matter. */
  skip(...keys: readonly string[]): void {
    for (const key of keys) this.#known.add(key);
  }

  /** Throws where there is a key that nobody read and that could change a result. */
  finish(what: string): void {
    const unknown = Object.keys(this.#values).filter(
      (key) => !this.#known.has(key) && !isNothing(this.#values[key]) && !HARMLESS.some((known) => known.test(key)),
    );
    const [key] = unknown;
    if (key === undefined) return;
    const others = unknown.length > 1 ? ` (likewise ${unknown.slice(1).map(quote).join(", ")})` : "";
    throw this.#wrong(
      key,
      `be absent, since ${what} has no such switch here; remove it where it changes no result${others}`,
      this.#values[key],
    );
  }

  #name(key: string): string {
    return `${this.#argument}.${key}`;
  }

  #wrong(key: string, expected: string, got: unknown): RangeError {
    return wrongValue(this.api, this.#name(key), expected, describe(got));
  }

  /** An error about a key. */
  wrong(key: string, expected: string): RangeError {
    return this.#wrong(key, expected, this.raw(key));
  }
}
