// Encoder-decoders: Marian, M2M-100, T5. The source is encoded once; a decoder attends to it while it writes.
import type { Tensor } from "@attn/core";
import {
  checkCount,
  checkFinite,
  checkOptions,
  checkTensor,
  shapeText,
  wrongKind,
  wrongValue,
} from "@attn/core/engine";
import { searchBeams } from "../decoding/beams.ts";
import { checkTokens } from "../layers/ids.ts";
import type {
  Encoded,
  EncodeOptions,
  EncoderDecoder,
  Found,
  GenerateOptions,
  SearchOptions,
  Sequence,
  StartOptions,
  Tokens,
} from "../types.ts";
import type * as Data from "./architecture.ts";
import { allLogits } from "./decoder.ts";
import { encode } from "./encode.ts";
import type { StackAt } from "./forward.ts";
import { checkGenerate, checkStop, generateFrom } from "./generate.ts";
import type { HeadAt } from "./head.ts";
import { type Loaded, LoadedModel } from "./model.ts";
import { CrossMemory, type Decoding, Growth, WasmSequence } from "./sequence.ts";

export class EncoderDecoderModel extends LoadedModel implements EncoderDecoder {
  readonly kind = "encoder-decoder";
  readonly #encoder: StackAt;
  readonly #decoding: Decoding;
  readonly #generation: Data.Generation & { readonly start: number };

  constructor(
    loaded: Loaded,
    encoder: StackAt,
    decoder: StackAt,
    head: HeadAt,
    generation: Data.Generation,
    cacheDtype: Decoding["cacheDtype"],
  ) {
    super(loaded);
    this.#encoder = encoder;
    this.#decoding = { stack: decoder, head, cacheDtype, assertLive: (api) => this.assertLive(api) };
    this.#generation = generation as Data.Generation & { readonly start: number };
  }

  encode(batch: readonly Tokens[], options?: EncodeOptions): Encoded {
    this.assertLive("encode");
    return encode("encode", this.#encoder, batch, options);
  }

  start(memory: Tensor, given?: StartOptions): Sequence {
    const api = "start";
    this.assertLive(api);
    const options = checkOptions<StartOptions>(api, given);
    const checked = checkTensor(api, "memory", memory);
    const E = this.#encoder.data.width;
    if (checked.shape.length !== 2 || checked.shape[1] !== E || checked.shape[0] === 0)
      throw wrongValue(api, "memory", `have shape [S, ${E}], one of encode's outputs`, shapeText(checked.shape));
    return this.#start(api, checked, options);
  }

  #start(api: string, memory: Tensor, options: StartOptions): WasmSequence {
    const cross = new CrossMemory(api, this.#decoding, memory);
    try {
      return new WasmSequence(api, this.#decoding, options, cross);
    } catch (error) {
      cross.dispose();
      throw error;
    }
  }

  /** The encoder's output of one source. */
  #memory(api: string, source: Tokens): Tensor {
    const ids = checkTokens(api, "source", source, this.#encoder.tokens.rows);
    if (ids.length === 0) throw wrongValue(api, "source", "have at least one token", "none");
    return encode(api, this.#encoder, [ids], undefined).output[0] as Tensor;
  }

  logits(source: Tokens, target: Tokens): Tensor {
    const api = "logits";
    this.assertLive(api);
    const { stack } = this.#decoding;
    const ids = checkTokens(api, "target", target, stack.tokens.rows);
    stack.checkLength(api, "target", ids.length);
    const cross = new CrossMemory(api, this.#decoding, this.#memory(api, source));
    try {
      return allLogits(api, this.#decoding, ids, cross);
    } finally {
      cross.dispose();
    }
  }

  generate(source: Tokens, given?: GenerateOptions): Generator<number, void, undefined> {
    const api = "generate";
    this.assertLive(api);
    const options = checkOptions<GenerateOptions>(api, given);
    if (options.sequence !== undefined)
      throw wrongKind(api, "sequence", "be absent, since each source has a memory of its own", options.sequence);
    const prompt = Int32Array.of(this.#generation.start);
    const plan = checkGenerate(api, this.#decoding, this.#generation, prompt, options);
    const memory = this.#memory(api, source);
    return generateFrom(api, plan, prompt, (start) => this.#start(api, memory, start));
  }

  search(source: Tokens, given: SearchOptions): readonly Found[] {
    const api = "search";
    this.assertLive(api);
    const options = checkOptions<SearchOptions>(api, given);
    if (options.beams === undefined) throw wrongKind(api, "beams", "be a number", undefined);
    const beams = checkCount(api, "beams", options.beams, 1);
    const lengthPenalty = checkFinite(api, "lengthPenalty", options.lengthPenalty, 1);
    const { head } = this.#decoding;
    const stop = checkStop(api, options.stop, this.#generation, head.size);
    const prompt = Int32Array.of(this.#generation.start);
    const { maximumTokens, start } = checkGenerate(api, this.#decoding, this.#generation, prompt, {
      maximumTokens: options.maximumTokens,
    });
    if (maximumTokens < 1) return [];
    const memory = this.#memory(api, source);
    const cross = new CrossMemory(api, this.#decoding, memory, beams);
    try {
      const growth = new Growth(api, this.#decoding, { capacity: start.capacity, batch: beams, cross });
      try {
        const step = (ids: Int32Array) => growth.append(api, ids, (logits) => logits);
        const first = step(new Int32Array(beams).fill(this.#generation.start)).slice(0, head.size);
        return searchBeams(
          api,
          first,
          (parents, tokens) => {
            // The batch stays as large: what no beam needs repeats the first.
            const all = <T>(list: readonly T[]): T[] =>
              Array.from({ length: beams }, (_, i) => list[i] ?? (list[0] as T));
            growth.gather(api, all(parents));
            return step(Int32Array.from(all(tokens)));
          },
          { beams, lengthPenalty, maximumTokens, stop, suppressed: this.#generation.suppressed },
        );
      } finally {
        growth.dispose();
      }
    } finally {
      cross.dispose();
    }
  }
}
