// A forward pass of a stack, by address: rows of tokens go in, rows come out, and all that lies between stays in wasm memory.
//
//   x         [T, E]             what runs through the blocks
//   h         [T, E]             a norm of it, or a part's result with x added
//   qkv       [T, (H + 2G)·D]    queries, keys and values side by side; attention reads them where they are
//   attended  [T, H·D]           heads' results
//   inner     [T, F]             of the feed-forward layer; gated, `up` beside it
//
// T tokens are several sequences one behind the other (a packed batch), or what comes next of one or several (decoding).
import { Allocation, Frame, type Slot, wrongValue } from "@attn/core/engine";
import { type AttentionCall, attend, attentionScratch, formatOf } from "../engine/attention.ts";
import type { Kernel, Matrix, NormAt, Packed } from "../engine/kernel.ts";
import type { CacheDtype } from "../types.ts";
import type * as Data from "./architecture.ts";
import type { Placed } from "./parameters.ts";
import { relativeBucket } from "./relative.ts";

interface LinearAt {
  readonly weight: Packed;
  readonly bias: number;
}
interface BlockAt {
  readonly data: Data.Block;
  readonly projection: LinearAt;
  readonly output: LinearAt;
  readonly attentionNorm: NormAt;
  readonly cross?:
    | { readonly query: LinearAt; readonly keyValue: LinearAt; readonly output: LinearAt; readonly norm: NormAt }
    | undefined;
  readonly input: LinearAt;
  readonly up?: LinearAt | undefined;
  readonly down: LinearAt;
  readonly feedForwardNorm: NormAt;
}

/** Keys and values that a block's attention reads beside or instead of its own: a cache of core, or the encoder's. */
export interface Memory {
  /** Tokens of each batch element. */
  readonly length: number;
  readonly key: AttentionCall["key"];
  readonly value: AttentionCall["value"];
  readonly format: number;
  readonly scales?: AttentionCall["scales"];
}

/** How keys and values are stored. */
export interface Formats {
  readonly own: CacheDtype;
  readonly cross: CacheDtype;
}

/** One pass. */
export interface Pass {
  /** Lengths of the sequences; their sum is T. With caches all are alike. */
  readonly lengths: readonly number[];
  /** [T] */
  readonly ids: Int32Array;
  /** [T]: the row of the table of positions, or the factor of its angles, for each token. */
  readonly positions: Int32Array;
  /** [T]; all 0 where they are absent. */
  readonly types?: Int32Array | undefined;
  /** Address of [N, H] f32 factors; 0 = none. */
  readonly headMask?: Slot | undefined;
  /** Puts block n's new keys and values where they stay, and tells what attention then reads; absent: they are read where they are. */
  readonly store?: ((n: number, key: Matrix, value: Matrix) => Memory) | undefined;
  /** How the keys and values are stored that attention reads: its own, and the encoder's. */
  readonly formats: Formats;
  /** Keys and values of the encoder's output for block n. */
  readonly memory?: ((n: number) => Memory) | undefined;
  /** Position of the first of the new tokens, where they are stored. */
  readonly start: number;
  /** Takes the attention of sequence i in block n: [H, L, S] at `address`. */
  readonly onWeights?:
    | ((kind: "self" | "cross", n: number, i: number, address: number, shape: readonly number[]) => void)
    | undefined;
  /** Takes x: behind the embeddings (0) and each block. */
  readonly onHidden?: ((n: number, address: number) => void) | undefined;
}

const linearAt = (placed: ReadonlyMap<Data.Parameter, Placed>, { weight, bias }: Data.Linear): LinearAt => ({
  weight: placed.get(weight)?.packed as Packed,
  bias: bias ? (placed.get(bias)?.address as number) : 0,
});
const normAt = (placed: ReadonlyMap<Data.Parameter, Placed>, { kind, eps, weight, bias }: Data.Norm): NormAt => ({
  kind,
  eps,
  weight: placed.get(weight)?.address as number,
  bias: bias ? (placed.get(bias)?.address as number) : 0,
});

/** A stack whose parameters are in memory. */
export class StackAt {
  readonly data: Data.Stack;
  readonly kernel: Kernel;
  readonly blocks: readonly BlockAt[];
  readonly tokens: Packed;
  /** Addresses of tables [·, E] of token types and of learned positions; 0 = none. */
  readonly types: number;
  readonly table: number;
  /** Address of the frequencies, f64, of rotary or sinusoidal positions; 0 = none. */
  readonly frequencies: number;
  readonly embeddingNorm: NormAt | undefined;
  readonly norm: NormAt | undefined;
  readonly relative: RelativeTable | undefined;
  readonly #frequencies: Constants | undefined;
  /** One weight of each number of inputs, and one block's data for each kind of attention: what scratch is asked for. */
  readonly #weights: readonly Packed[];
  readonly #kinds: readonly Data.Block[];
  /** Columns of the widest of each matrix, and the most heads. */
  readonly widest: {
    readonly qkv: number;
    readonly attended: number;
    readonly inner: number;
    readonly up: number;
    readonly heads: number;
  };

  constructor(kernel: Kernel, data: Data.Stack, placed: ReadonlyMap<Data.Parameter, Placed>) {
    const { embedding, blocks } = data;
    const linear = (part: Data.Linear) => linearAt(placed, part);
    const norm = (part: Data.Norm) => normAt(placed, part);
    const address = (parameter: Data.Parameter | undefined) => (parameter && placed.get(parameter)?.address) ?? 0;
    const { positions } = embedding;
    this.kernel = kernel;
    this.data = data;
    this.tokens = placed.get(embedding.tokens)?.packed as Packed;
    this.types = address(embedding.types);
    this.table = positions?.kind === "learned" ? address(positions.table) : 0;
    const frequencies =
      positions?.kind === "sinusoidal" ? positions.frequencies : blocks[0]?.attention.rope?.frequencies;
    this.#frequencies = frequencies && new Constants(kernel, Float64Array.from(frequencies));
    this.frequencies = this.#frequencies?.address ?? 0;
    this.embeddingNorm = embedding.norm && norm(embedding.norm);
    this.norm = data.norm && norm(data.norm);
    this.blocks = blocks.map((block): BlockAt => {
      const { attention, cross, crossNorm, feedForward } = block;
      return {
        data: block,
        projection: linear(attention.projection),
        output: linear(attention.output),
        attentionNorm: norm(block.attentionNorm),
        cross: cross && {
          query: linear(cross.query),
          keyValue: linear(cross.keyValue),
          output: linear(cross.output),
          norm: norm(crossNorm as Data.Norm),
        },
        input: linear(feedForward.input),
        up: feedForward.up && linear(feedForward.up),
        down: linear(feedForward.output),
        feedForwardNorm: norm(block.feedForwardNorm),
      };
    });
    const weights = new Map<number, Packed>();
    const kinds = new Map<string, Data.Block>();
    const widest = { qkv: 0, attended: 0, inner: 0, up: 0, heads: 0 };
    for (const { data: block, projection, output, input, up, down, cross } of this.blocks) {
      for (const part of [projection, output, input, down, cross?.query, cross?.output])
        if (part) weights.set(part.weight.columns, part.weight);
      const { attention: self, cross: other } = block;
      kinds.set([self.heads, self.keyValueHeads, self.headSize, other?.heads, other?.headSize].join(), block);
      widest.qkv = Math.max(widest.qkv, projection.weight.rows, cross?.query.weight.rows ?? 0);
      widest.attended = Math.max(widest.attended, output.weight.columns, cross?.output.weight.columns ?? 0);
      widest.inner = Math.max(widest.inner, input.weight.rows);
      widest.up = Math.max(widest.up, up?.weight.rows ?? 0);
      widest.heads = Math.max(widest.heads, self.heads, other?.heads ?? 0);
    }
    this.#weights = [...weights.values()];
    this.#kinds = [...kinds.values()];
    this.widest = widest;
    const bias = blocks[0]?.attention.relativeBias;
    this.relative = bias && new RelativeTable(kernel, bias, address(bias.table));
  }

  /** Bytes of scratch of T rows in B sequences: L queries of each meet S keys, and `crossKeys` of the encoder's. */
  scratch(T: number, B: number, L: number, S: number, crossKeys: number, { own, cross }: Formats): number {
    const { kernel } = this;
    let bytes = 0;
    for (const weight of this.#weights) bytes = Math.max(bytes, kernel.linearScratch(T, weight));
    for (const { attention, cross: other } of this.#kinds) {
      const { heads: H, keyValueHeads: G, headSize: D } = attention;
      bytes = Math.max(bytes, attentionScratch(kernel, B, H, G, L, S, D, formatOf(own)));
      if (other)
        bytes = Math.max(
          bytes,
          attentionScratch(kernel, B, other.heads, other.heads, L, crossKeys, other.headSize, formatOf(cross)),
        );
    }
    return bytes;
  }

  /** A text of more tokens than there are learned positions is an Error. */
  checkLength(api: string, argument: string, tokens: number): void {
    const { length } = this.data;
    if (this.table !== 0 && tokens > length)
      throw wrongValue(api, argument, `have at most ${length} tokens, the positions of this model`, `${tokens}`);
  }

  /** Gives back what the stack has beside the model's parameters. Idempotent. */
  release(): void {
    this.relative?.release();
    this.#frequencies?.release();
  }
}

/** Numbers that stay in memory. */
class Constants {
  readonly #allocation: Allocation;

  constructor({ engine, memory }: Kernel, values: Float64Array) {
    this.#allocation = new Allocation(engine, "createModel", values.byteLength, this);
    memory.u8.set(new Uint8Array(values.buffer), this.address);
  }

  get address(): number {
    return this.#allocation.start;
  }

  release(): void {
    this.#allocation.release();
  }
}

/** What a pass has in its frame. */
type Place =
  | "ids"
  | "angles"
  | "turns"
  | "x"
  | "h"
  | "qkv"
  | "attended"
  | "inner"
  | "up"
  | "weights"
  | "offsets"
  | "scratch";

/** One pass through a stack: asks for its place in a frame, then runs in it. */
export class Forward {
  readonly #stack: StackAt;
  readonly #frame: Frame;
  readonly #pass: Pass;
  readonly #T: number;
  /** The longest sequence, and the most keys that a query may meet. */
  readonly #L: number;
  readonly #slots: Readonly<Record<Place, Slot>>;

  /** `crossKeys`: tokens of the encoder's output. */
  constructor(stack: StackAt, frame: Frame, pass: Pass, crossKeys = 0) {
    const { data } = stack;
    const { lengths } = pass;
    const T = lengths.reduce((sum, n) => sum + n, 0);
    const L = Math.max(0, ...lengths);
    const S = pass.start + L;
    const B = pass.store ? lengths.length : 1;
    const { widest } = stack;
    const matrix = (columns: number) => frame.space(4 * T * columns);
    this.#stack = stack;
    this.#frame = frame;
    this.#pass = pass;
    this.#T = T;
    this.#L = L;
    const pairs = data.blocks[0]?.attention.rope?.frequencies.length ?? 0;
    const sinusoidal = data.embedding.positions?.kind === "sinusoidal";
    this.#slots = {
      ids: frame.input("tokens", pass.ids),
      // Factors of angles are f64.
      angles: frame.input(
        "tokens",
        new Uint8Array(stack.frequencies === 0 ? new ArrayBuffer(0) : Float64Array.from(pass.positions).buffer),
      ),
      turns: matrix(2 * pairs + (sinusoidal ? data.width : 0)),
      x: matrix(data.width),
      h: matrix(data.width),
      qkv: matrix(widest.qkv),
      attended: matrix(widest.attended),
      inner: matrix(widest.inner),
      up: matrix(widest.up),
      weights: frame.space(pass.onWeights ? 4 * B * widest.heads * L * Math.max(S, crossKeys) : 0),
      offsets: frame.space(4 * B),
      scratch: frame.space(stack.scratch(T, B, L, S, crossKeys, pass.formats)),
    };
    stack.relative?.reserve(S);
  }

  #matrix(name: Place, columns: number): Matrix {
    return { address: this.#frame.at(this.#slots[name]), stride: 4 * columns };
  }

  /** Once the frame is open: all blocks, and the stack's norm. The rows that come out. */
  run(): Matrix {
    const stack = this.#stack;
    const { kernel, data, blocks } = stack;
    const { onHidden } = this.#pass;
    const E = data.width;
    const x = this.#matrix("x", E);
    this.#embed(x);
    const rope = blocks[0]?.data.attention.rope;
    if (rope) this.#sinusoids(rope.frequencies.length, true);
    onHidden?.(0, x.address);
    for (const [n, block] of blocks.entries()) {
      this.#part(x, block.attentionNorm, (from, to) => this.#attend(n, block, from, to, x));
      const { cross } = block;
      if (cross) this.#part(x, cross.norm, (from, to) => this.#cross(n, block, cross, from, to, x));
      this.#part(x, block.feedForwardNorm, (from, to) => this.#feedForward(block, from, to, x));
      if (n + 1 < blocks.length) onHidden?.(n + 1, x.address);
    }
    if (stack.norm) kernel.norm(x, x, this.#T, E, stack.norm);
    if (blocks.length > 0) onHidden?.(blocks.length, x.address);
    return x;
  }

  /** x + part(norm(x)), or norm(x + part(x)). `part` writes its result, with x added, to `to`. */
  #part(x: Matrix, norm: NormAt, part: (from: Matrix, to: Matrix) => void): void {
    const { kernel, data } = this.#stack;
    const h = this.#matrix("h", data.width);
    if (data.normFirst) {
      kernel.norm(h, x, this.#T, data.width, norm);
      part(h, x);
    } else {
      part(x, h);
      kernel.norm(x, h, this.#T, data.width, norm);
    }
  }

  #embed(x: Matrix): void {
    const stack = this.#stack;
    const { kernel, data } = stack;
    const frame = this.#frame;
    const T = this.#T;
    const { ids, positions, types } = this.#pass;
    const { width: E, embedding } = data;
    kernel.embed(x, frame.at(this.#slots.ids), T, stack.tokens, embedding.scale);
    if (stack.table !== 0) kernel.addRows(x, positions, stack.table, E);
    if (embedding.positions?.kind === "sinusoidal") this.#addSinusoids(x, embedding.positions.padding);
    if (stack.types !== 0) kernel.addRows(x, types ?? new Int32Array(ids.length), stack.types, E);
    if (stack.embeddingNorm) kernel.norm(x, x, T, data.width, stack.embeddingNorm);
  }

  /** [T, 2·pairs] of cosines and then sines, or of sines and then cosines, by the pass's positions. */
  #sinusoids(pairs: number, cosinesFirst: boolean): number {
    const { kernel, frequencies } = this.#stack;
    const table = this.#frame.at(this.#slots.turns);
    const [cosines, sines] = cosinesFirst ? [table, table + 4 * pairs] : [table + 4 * pairs, table];
    const positions = this.#frame.at(this.#slots.angles);
    kernel.nn.sinusoids_f32(sines, pairs, cosines, pairs, 4, 8 * pairs, this.#T, frequencies, 0, positions);
    return table;
  }

  #addSinusoids(x: Matrix, padding: number | undefined): void {
    const { kernel, data } = this.#stack;
    const { ids } = this.#pass;
    const E = data.width;
    const table = this.#sinusoids(E / 2, false);
    const { f32 } = kernel.memory;
    for (let t = ids.indexOf(padding ?? -1); t >= 0; t = ids.indexOf(padding ?? -1, t + 1))
      f32.fill(0, table / 4 + t * E, table / 4 + (t + 1) * E);
    kernel.nn.add_f32_rows(x.address, x.stride, x.address, x.stride, 1, table, 4 * E, this.#T, E);
  }

  #linear(
    to: Matrix,
    from: Matrix,
    { weight, bias }: LinearAt,
    epilogue: Omit<Parameters<Kernel["linear"]>[4], "bias"> = {},
  ): void {
    this.#stack.kernel.linear(to, from, this.#T, weight, { bias, ...epilogue }, this.#frame.at(this.#slots.scratch));
  }

  #attend(n: number, block: BlockAt, from: Matrix, to: Matrix, x: Matrix): void {
    const { kernel, relative } = this.#stack;
    const frame = this.#frame;
    const pass = this.#pass;
    const { heads: H, keyValueHeads: G, headSize: D, scale, causal, window, rope } = block.data.attention;
    const width = (H + 2 * G) * D;
    const qkv = this.#matrix("qkv", width);
    this.#linear(qkv, from, block.projection);
    // Queries and keys lie side by side, and so turn together.
    if (rope) {
      const pairs = rope.frequencies.length;
      kernel.nn.rope_f32(qkv.address, qkv.stride, 4 * D, this.#T, H + G, pairs, 0, frame.at(this.#slots.turns));
    }

    const attended = this.#matrix("attended", H * D);
    const columns = (matrix: Matrix, first: number): Matrix => ({ ...matrix, address: matrix.address + 4 * first });
    const [key, value] = [columns(qkv, H * D), columns(qkv, (H + G) * D)];
    const heads = ({ address, stride }: Matrix, row: number, length: number) => ({
      address: address + row * stride,
      batch: length * stride,
      head: 4 * D,
      token: stride,
    });
    const common = {
      H,
      G,
      D,
      scale,
      left: window ?? -1,
      right: causal ? 0 : -1,
      scratch: frame.at(this.#slots.scratch),
    };
    const weights = pass.onWeights ? frame.at(this.#slots.weights) : 0;
    const stored = pass.store?.(n, key, value);
    if (stored) {
      const B = pass.lengths.length;
      const [L, S] = [this.#L, stored.length];
      const offsets = frame.at(this.#slots.offsets);
      kernel.memory.i32.fill(pass.start, offsets >>> 2, (offsets >>> 2) + B);
      const { format, scales } = stored;
      attend(kernel, {
        ...common,
        B,
        L,
        S,
        query: heads(qkv, 0, L),
        key: stored.key,
        value: stored.value,
        output: heads(attended, 0, L),
        format,
        ...(scales && { scales }),
        offsets,
        ...(relative && { bias: relative.from(pass.start) }),
        weights,
      });
      pass.onWeights?.("self", n, 0, weights, [H, L, S]);
    } else {
      let row = 0;
      for (const [i, L] of pass.lengths.entries()) {
        attend(kernel, {
          ...common,
          format: formatOf("f32"),
          B: 1,
          L,
          S: L,
          query: heads(qkv, row, L),
          key: heads(key, row, L),
          value: heads(value, row, L),
          output: heads(attended, row, L),
          offsets: 0,
          ...(relative && { bias: relative.from(0) }),
          weights,
        });
        pass.onWeights?.("self", n, i, weights, [H, L, L]);
        row += L;
      }
    }
    if (pass.headMask !== undefined)
      kernel.nn.scale_heads_f32(
        attended.address,
        attended.stride,
        4 * D,
        this.#T,
        H,
        D,
        frame.at(pass.headMask) + 4 * n * H,
      );
    this.#linear(to, attended, block.output, { residual: x });
  }

  #cross(n: number, block: BlockAt, cross: NonNullable<BlockAt["cross"]>, from: Matrix, to: Matrix, x: Matrix): void {
    const { kernel } = this.#stack;
    const frame = this.#frame;
    const { onWeights, memory, lengths } = this.#pass;
    const { heads: H, headSize: D, scale } = block.data.cross as Data.CrossAttention;
    const query = this.#matrix("qkv", H * D);
    const attended = this.#matrix("attended", H * D);
    this.#linear(query, from, cross.query);
    const { length: S, key, value, format, scales } = (memory as NonNullable<Pass["memory"]>)(n);
    const weights = onWeights ? frame.at(this.#slots.weights) : 0;
    const [B, L] = [lengths.length, this.#L];
    const heads = ({ address, stride }: Matrix) => ({ address, batch: L * stride, head: 4 * D, token: stride });
    attend(kernel, {
      B,
      H,
      G: H,
      L,
      S,
      D,
      query: heads(query),
      key,
      value,
      output: heads(attended),
      format,
      ...(scales && { scales }),
      scale,
      left: -1,
      right: -1,
      offsets: 0,
      weights,
      scratch: frame.at(this.#slots.scratch),
    });
    onWeights?.("cross", n, 0, weights, [H, L, S]);
    this.#linear(to, attended, cross.output, { residual: x });
  }

  #feedForward(block: BlockAt, from: Matrix, to: Matrix, x: Matrix): void {
    const { activation } = block.data.feedForward;
    const inner = this.#matrix("inner", block.input.weight.rows);
    if (block.up) {
      const up = this.#matrix("up", block.up.weight.rows);
      this.#linear(up, from, block.up);
      this.#linear(inner, from, block.input, { activation, multiplier: up });
    } else this.#linear(inner, from, block.input, { activation });
    this.#linear(to, inner, block.down, { residual: x });
  }
}

/**
 * T5's bias of a stack, which depends on the distance of query and key alone: for each head the biases of distances
 * -(size - 1) … size - 1, in a row. Attention reads it with a step of +1 a key and -1 a query, so no matrix of it exists.
 */
class RelativeTable {
  readonly #kernel: Kernel;
  readonly #data: Data.RelativeBias;
  /** Address of [buckets, H]. */
  readonly #table: number;
  #allocation: Allocation | undefined;
  #size = 0;

  constructor(kernel: Kernel, data: Data.RelativeBias, table: number) {
    this.#kernel = kernel;
    this.#data = data;
    this.#table = table;
  }

  /** Makes room for `size` keys and queries, before a frame is open. */
  reserve(size: number): void {
    if (size <= this.#size) return;
    const { memory, engine, nn } = this.#kernel;
    const H = this.#data.table.shape[1] as number;
    const room = Math.max(64, 2 ** Math.ceil(Math.log2(size)));
    const distances = 2 * room - 1;
    const allocation = new Allocation(engine, "createModel", 4 * H * distances, this);
    this.#allocation?.release();
    this.#allocation = allocation;
    this.#size = room;
    const frame = new Frame(memory, "createModel");
    const buckets = frame.input(
      "buckets",
      Int32Array.from({ length: distances }, (_, i) => relativeBucket(i - (room - 1), this.#data)),
    );
    frame.open();
    nn.relative_bias_f32(allocation.start, 4 * distances, this.#table, H, frame.at(buckets), distances);
  }

  /** For queries from position `start` on. */
  from(start: number): NonNullable<AttentionCall["bias"]> {
    const room = this.#size;
    const address = (this.#allocation as Allocation).start + 4 * (room - 1 - start);
    return { address, head: 4 * (2 * room - 1), query: -4, key: 4 };
  }

  release(): void {
    this.#allocation?.release();
  }
}
