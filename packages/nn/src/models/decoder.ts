// Decoders: GPT-2, Llama and their kin. Logits of a text, sequences that grow, and text token by token.
import type { Tensor } from "@attn/core";
import { checkOptions, Frame } from "@attn/core/engine";
import { checkTokens } from "../layers/ids.ts";
import type { Decoder, GenerateOptions, Sequence, StartOptions, Tokens } from "../types.ts";
import type * as Data from "./architecture.ts";
import { Forward, type StackAt } from "./forward.ts";
import { checkGenerate, generateFrom } from "./generate.ts";
import type { HeadAt } from "./head.ts";
import { type Loaded, LoadedModel } from "./model.ts";
import { type CrossMemory, type Decoding, WasmSequence } from "./sequence.ts";
import { positionsOf } from "./tokens.ts";

/** Rows of logits that are computed at a time. */
const ROWS = 64;

/** Logits [L, V] at every position of `ids`. */
export function allLogits(
  api: string,
  { stack, head, cacheDtype }: Decoding,
  ids: Int32Array,
  cross?: CrossMemory,
): Tensor {
  const { memory } = stack.kernel;
  const V = head.size;
  const frame = new Frame(memory, api);
  const forward = new Forward(
    stack,
    frame,
    {
      lengths: [ids.length],
      ids,
      positions: positionsOf(ids, 0, stack.data.embedding.positions),
      start: 0,
      formats: { own: "f32", cross: cacheDtype },
      memory: cross && ((n) => cross.of(api, n)),
    },
    cross?.length,
  );
  const project = head.request(frame, Math.min(ROWS, ids.length));
  frame.open();
  const x = forward.run();
  const data = new Float32Array(ids.length * V);
  for (let row = 0; row < ids.length; row += ROWS)
    data.set(project({ ...x, address: x.address + row * x.stride }, Math.min(ROWS, ids.length - row)), row * V);
  return { data, shape: [ids.length, V] };
}

export class DecoderModel extends LoadedModel implements Decoder {
  readonly kind = "decoder";
  readonly #decoding: Decoding;
  readonly #generation: Data.Generation;

  constructor(
    loaded: Loaded,
    stack: StackAt,
    head: HeadAt,
    generation: Data.Generation,
    cacheDtype: Decoding["cacheDtype"],
  ) {
    super(loaded);
    this.#decoding = { stack, head, cacheDtype, assertLive: (api) => this.assertLive(api) };
    this.#generation = generation;
  }

  start(given?: StartOptions): Sequence {
    const api = "start";
    this.assertLive(api);
    return new WasmSequence(api, this.#decoding, checkOptions<StartOptions>(api, given));
  }

  logits(tokens: Tokens): Tensor {
    const api = "logits";
    this.assertLive(api);
    const { stack } = this.#decoding;
    const ids = checkTokens(api, "tokens", tokens, stack.tokens.rows);
    stack.checkLength(api, "tokens", ids.length);
    return allLogits(api, this.#decoding, ids);
  }

  generate(prompt: Tokens, given?: GenerateOptions): Generator<number, void, undefined> {
    const api = "generate";
    this.assertLive(api);
    const options = checkOptions<GenerateOptions>(api, given);
    const ids = checkTokens(api, "prompt", prompt, this.#decoding.stack.tokens.rows);
    const plan = checkGenerate(api, this.#decoding, this.#generation, ids, options);
    return generateFrom(api, plan, ids, (start) => new WasmSequence(api, this.#decoding, start));
  }
}
