// A growing sequence, or several of one length: a decoder's caches, and passes of what comes next. Knows no filters and no search.

import type { Tensor } from "@attn/core";
import { checkBoolean, checkCount, Frame, TokenStore, wrongValue } from "@attn/core/engine";
import { formatOf } from "../engine/attention.ts";
import type { Kernel, Matrix } from "../engine/kernel.ts";
import { checkTokens } from "../layers/ids.ts";
import type { Attentions, CacheDtype, Sequence, StartOptions, Tokens } from "../types.ts";
import { checkHeadMask } from "./encode.ts";
import { Forward, type Memory, type Pass, type StackAt } from "./forward.ts";
import type { HeadAt } from "./head.ts";
import { isCounted, joined, positionsOf } from "./tokens.ts";

/** Tokens that go through the blocks together when a prompt is long: what bounds the memory of a pass. */
const CHUNK = 256;
/** The most tokens that a sequence has room for unless told. */
const ROOM = 2048;

/** What a decoder's sequences are made of. */
export interface Decoding {
  readonly stack: StackAt;
  readonly head: HeadAt;
  readonly cacheDtype: CacheDtype;
  /** Error where the model is disposed. */
  readonly assertLive: (api: string) => void;
}

/** Keys and values of the encoder's output for each block: computed once, shared by what attends to them. */
export class CrossMemory {
  readonly #caches: readonly TokenStore[];
  readonly length: number;

  /** `memory` [S, E of the encoder]. */
  constructor(api: string, { stack, cacheDtype }: Decoding, memory: Tensor, batch = 1) {
    const { kernel, blocks } = stack;
    const [S, E] = memory.shape as readonly [number, number];
    this.length = S;
    this.#caches = blocks.map(({ data }) => {
      const { heads, headSize } = data.cross as NonNullable<typeof data.cross>;
      return new TokenStore(api, kernel.engine, {
        B: batch,
        G: heads,
        D: headSize,
        Dv: headSize,
        capacity: S,
        dtype: cacheDtype,
      });
    });
    const frame = new Frame(kernel.memory, api);
    const rows = frame.input("memory", memory.data);
    const widest = Math.max(0, ...blocks.map(({ cross }) => cross?.keyValue.weight.rows ?? 0));
    const projected = frame.space(4 * S * widest);
    let scratchBytes = 0;
    for (const { cross } of blocks)
      if (cross) scratchBytes = Math.max(scratchBytes, kernel.linearScratch(S, cross.keyValue.weight));
    const scratch = frame.space(scratchBytes);
    frame.open();
    for (const [n, { data, cross }] of blocks.entries()) {
      if (!cross || !data.cross) continue;
      const { weight, bias } = cross.keyValue;
      const keys: Matrix = { address: frame.at(projected), stride: 4 * weight.rows };
      kernel.linear(keys, { address: frame.at(rows), stride: 4 * E }, S, weight, { bias }, frame.at(scratch));
      const values = { ...keys, address: keys.address + 4 * data.cross.heads * data.cross.headSize };
      // Each batch element has the same.
      (this.#caches[n] as TokenStore).append(
        api,
        S,
        rowsOf(keys, 0, data.cross.headSize),
        rowsOf(values, 0, data.cross.headSize),
      );
    }
  }

  of(api: string, n: number): Memory {
    return memoryOf(api, this.#caches[n] as TokenStore);
  }

  dispose(): void {
    for (const cache of this.#caches) cache.dispose();
  }
}

/** Heads of rows, `L` rows for each batch element. */
const rowsOf = ({ address, stride }: Matrix, L: number, headSize: number) => ({
  address,
  strides: { batch: L * stride, head: 4 * headSize, token: stride },
});

/** What attention reads of a cache. */
function memoryOf(api: string, cache: TokenStore): Memory {
  const { length, dtype, key, value, scales } = cache.tokens(api);
  return {
    length,
    key: { address: key.address, ...key.strides },
    value: { address: value.address, ...value.strides },
    format: formatOf(dtype),
    ...(scales && { scales: { key: scales.key, value: scales.value, ...scales.strides } }),
  };
}

/** `batch` sequences that grow together, a token or a chunk at a time. */
export class Growth {
  readonly #decoding: Decoding;
  readonly #kernel: Kernel;
  readonly #caches: readonly TokenStore[];
  readonly #cross: CrossMemory | undefined;
  readonly #headMask: Float32Array | undefined;
  readonly #batch: number;
  readonly capacity: number;
  /** Of each batch element, how many of its first t tokens are counted as positions. */
  #counted: Int32Array[];
  length = 0;
  /** Where to tell attentions, if anywhere. */
  onWeights: Pass["onWeights"];

  constructor(
    api: string,
    decoding: Decoding,
    options: {
      readonly capacity: number;
      readonly batch?: number;
      readonly headMask?: Float32Array | undefined;
      readonly cross?: CrossMemory | undefined;
    },
  ) {
    const { stack, cacheDtype } = decoding;
    const { capacity, batch = 1 } = options;
    this.#decoding = decoding;
    this.#kernel = stack.kernel;
    this.#batch = batch;
    this.#cross = options.cross;
    this.#headMask = options.headMask;
    this.capacity = capacity;
    this.#counted = Array.from({ length: batch }, () => new Int32Array(capacity + 1));
    const caches: TokenStore[] = [];
    try {
      for (const { data } of stack.blocks) {
        const { keyValueHeads, headSize } = data.attention;
        const sizes = { B: batch, G: keyValueHeads, D: headSize, Dv: headSize, capacity, dtype: cacheDtype };
        caches.push(new TokenStore(api, stack.kernel.engine, sizes));
      }
    } catch (error) {
      for (const cache of caches) cache.dispose();
      throw error;
    }
    this.#caches = caches;
  }

  /** Batch element i becomes what parents[i] was. */
  gather(api: string, parents: readonly number[]): void {
    for (const cache of this.#caches) cache.gather(api, parents);
    this.#counted = parents.map((parent) => (this.#counted[parent] as Int32Array).slice());
  }

  truncate(length: number): void {
    for (const cache of this.#caches) cache.truncate(length);
    this.length = length;
  }

  /**
   * T more tokens of each sequence, ids [batch·T]: hands the logits [batch, V] of the last of each, in memory until the next
   * call, to `take`.
   */
  append<T>(api: string, ids: Int32Array, take: (logits: Float32Array) => T): T {
    const B = this.#batch;
    const T = ids.length / B;
    const start = this.length;
    try {
      // A batch is of one token each, or its prompt is one sequence's.
      const chunk = this.onWeights || B > 1 ? T : CHUNK;
      for (let at = 0; at + chunk < T; at += chunk) this.#pass(api, ids.subarray(at, at + chunk), chunk);
      const rest = (T - 1) % chunk;
      const last = B > 1 ? ids : ids.subarray(T - 1 - rest);
      return this.#pass(api, last, last.length / B, take) as T;
    } catch (error) {
      // Nothing is half done: what was appended is forgotten.
      for (const cache of this.#caches) if (cache.length > start) cache.truncate(start);
      this.length = start;
      throw error;
    }
  }

  /** Of new tokens of batch element b, which are counted with them. */
  #positions(b: number, ids: Int32Array): Int32Array {
    const { positions } = this.#decoding.stack.data.embedding;
    const counted = this.#counted[b] as Int32Array;
    const before = counted[this.length] as number;
    for (const [t, id] of ids.entries())
      counted[this.length + t + 1] = (counted[this.length + t] as number) + (isCounted(id, positions) ? 1 : 0);
    return positionsOf(ids, before, positions);
  }

  #pass<T>(api: string, ids: Int32Array, T: number, take?: (logits: Float32Array) => T): T | undefined {
    const { stack, head, cacheDtype } = this.#decoding;
    const { memory } = this.#kernel;
    const B = this.#batch;
    const start = this.length;
    const frame = new Frame(memory, api);
    const pass: Pass = {
      lengths: Array<number>(B).fill(T),
      ids,
      positions: joined(this.#counted.map((_, b) => this.#positions(b, ids.subarray(b * T, (b + 1) * T)))),
      headMask: this.#headMask && frame.input("headMask", this.#headMask),
      start,
      formats: { own: cacheDtype, cross: cacheDtype },
      store: (n, key, value) => {
        const cache = this.#caches[n] as TokenStore;
        const { headSize } = (stack.blocks[n] as (typeof stack.blocks)[number]).data.attention;
        cache.append(api, T, rowsOf(key, T, headSize), rowsOf(value, T, headSize));
        return memoryOf(api, cache);
      },
      memory: this.#cross && ((n) => (this.#cross as CrossMemory).of(api, n)),
      onWeights: this.onWeights,
    };
    const forward = new Forward(stack, frame, pass, this.#cross?.length);
    const project = take && head.request(frame, B);
    frame.open();
    const x = forward.run();
    this.length = start + T;
    if (!take || !project) return undefined;
    // The last row of each sequence.
    const last = { address: x.address + (T - 1) * x.stride, stride: T * x.stride };
    return take(project(last, B));
  }

  dispose(): void {
    for (const cache of this.#caches) cache.dispose();
  }
}

/** Room for a sequence: as asked for, or what the model was made for, at most ROOM. */
export function checkCapacity(api: string, given: number | undefined, { stack }: Decoding): number {
  const { data, table } = stack;
  const capacity = given === undefined ? Math.min(data.length, ROOM) : checkCount(api, "capacity", given, 1);
  if (table !== 0 && capacity > data.length)
    throw wrongValue(api, "capacity", `be at most ${data.length}, the positions of this model`, capacity);
  return capacity;
}

export class WasmSequence implements Sequence {
  readonly #growth: Growth;
  readonly #decoding: Decoding;
  readonly #cross: CrossMemory | undefined;
  /** All that were appended. */
  #tokens: number[] = [];
  #attentions: Attentions | undefined;
  #disposed = false;

  /** Whether x is a sequence of this model. */
  static isOf(decoding: Decoding, x: unknown): x is WasmSequence {
    return typeof x === "object" && x !== null && #decoding in x && x.#decoding === decoding;
  }

  constructor(api: string, decoding: Decoding, options: StartOptions, cross?: CrossMemory) {
    const headMask = checkHeadMask(api, options.headMask, decoding.stack.data);
    const wantsWeights = checkBoolean(api, "returnWeights", options.returnWeights);
    this.#decoding = decoding;
    this.#cross = cross;
    this.#growth = new Growth(api, decoding, {
      capacity: checkCapacity(api, options.capacity, decoding),
      headMask,
      cross,
    });
    const { memory } = decoding.stack.kernel;
    if (wantsWeights)
      this.#growth.onWeights = (kind, n, _, address, shape) => {
        const size = shape.reduce((product, x) => product * x, 1);
        const all = (this.#attentions ??= {}) as { [K in "self" | "cross"]?: Tensor[] };
        all[kind] ??= [];
        (all[kind] as Tensor[])[n] = { data: memory.f32.slice(address >>> 2, (address >>> 2) + size), shape };
      };
  }

  get length(): number {
    return this.#growth.length;
  }

  get capacity(): number {
    return this.#growth.capacity;
  }

  get attentions(): Attentions | undefined {
    return this.#attentions;
  }

  get tokens(): readonly number[] {
    return this.#tokens;
  }

  #assertLive(api: string): void {
    this.#decoding.assertLive(api);
    if (this.#disposed) throw new Error(`${api}: this sequence is disposed`);
  }

  append(tokens: Tokens | number): Tensor {
    return this.read("Sequence.append", tokens, (logits) => ({ data: logits.slice(), shape: [logits.length] }));
  }

  /** The same, with the logits while they are in memory. */
  read<T>(api: string, tokens: Tokens | number, take: (logits: Float32Array) => T): T {
    this.#assertLive(api);
    const ids = checkTokens(
      api,
      "tokens",
      typeof tokens === "number" ? [tokens] : tokens,
      this.#decoding.stack.tokens.rows,
    );
    if (ids.length === 0) throw wrongValue(api, "tokens", "have at least one token", "none");
    const left = this.capacity - this.length;
    if (ids.length > left)
      throw wrongValue(
        api,
        "tokens",
        `have at most ${left} tokens, what is left of capacity ${this.capacity}`,
        `${ids.length}`,
      );
    this.#attentions = undefined;
    const result = this.#growth.append(api, ids, take);
    this.#tokens.push(...ids);
    return result;
  }

  truncate(length: number): void {
    const api = "Sequence.truncate";
    this.#assertLive(api);
    if (checkCount(api, "length", length, 0) > this.length)
      throw wrongValue(api, "length", `be at most ${this.length}, the tokens held`, length);
    this.#growth.truncate(length);
    this.#tokens.length = length;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#growth.dispose();
    this.#cross?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
