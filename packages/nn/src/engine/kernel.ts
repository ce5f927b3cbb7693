// The kernel's two modules on one memory, called by address: what layers and models are computed with. Checks nothing, and
// allocates only the blocks in which its calls are described.
import type { Attention } from "@attn/core";
import { attach, type Engine, engineOf, type Memory } from "@attn/core/engine";
import { formats, words } from "@attn/kernel/interface";
import { activations, compile, words as linearWords, type NnExports, weightFormats } from "@attn/kernel/nn";
import type { Activation } from "../models/architecture.ts";
import type { WeightDtype } from "../types.ts";

/** A weight [rows, columns] as pack_weight leaves it: addresses in bytes, 0 for the scales that f32 has not. */
export interface Packed {
  readonly dtype: WeightDtype;
  readonly rows: number;
  readonly columns: number;
  readonly weight: number;
  readonly scales: number;
}

/** Of a packed weight's rows, `rows` from `first` on, a multiple of 8. */
export interface RowRange {
  readonly first: number;
  readonly rows: number;
}

/** A matrix of f32 in memory: the address of its first row, and bytes from one row to the next. */
export interface Matrix {
  readonly address: number;
  readonly stride: number;
}

/** A norm over the last axis: addresses of weight and bias, 0 = none. */
export interface NormAt {
  readonly kind: "layer" | "rms";
  readonly eps: number;
  readonly weight: number;
  readonly bias: number;
}

/** What a linear layer does beside multiplying: absent where undefined. */
export interface Epilogue {
  /** Address of [N]; 0 = none. */
  readonly bias: number;
  readonly activation?: Activation | undefined;
  readonly multiplier?: Matrix | undefined;
  readonly residual?: Matrix | undefined;
}

/** Heads of query, key, value or output: an address, and bytes to the next batch element, head and token. */
export interface Heads {
  readonly address: number;
  readonly batch: number;
  readonly head: number;
  readonly token: number;
}

/** One attention by addresses. */
export interface AttentionCall {
  readonly B: number;
  readonly H: number;
  readonly G: number;
  readonly L: number;
  readonly S: number;
  readonly D: number;
  readonly query: Heads;
  readonly key: Heads;
  readonly value: Heads;
  readonly output: Heads;
  /** How keys and values are stored. */
  readonly format: number;
  readonly scales?: { readonly key: number; readonly value: number; readonly batch: number; readonly head: number };
  readonly scale: number;
  /** How many keys before and after its own position a query sees; -1 = all. */
  readonly left: number;
  readonly right: number;
  /** Address of [B] i32: the key that query 0 stands at; 0 = key 0. */
  readonly offsets: number;
  /** f32 by head, query and key. */
  readonly bias?: { readonly address: number; readonly head: number; readonly query: number; readonly key: number };
  /** Address of [B, H, L, S]; 0 = not wanted. */
  readonly weights: number;
  readonly scratch: number;
}

// By the kernel's names: reading its numbers here, at import, would keep a bundler from leaving this file out.
const STORED = { f32: "F32", f16: "F16", int8: "INT8", f16Finite: "F16_FINITE" } as const;
const PACKED = { f32: "F32", f16: "F16", int8: "INT8" } as const;
const ACTIVATIONS = { relu: "RELU", gelu: "GELU", gelu_tanh: "GELU_TANH", silu: "SILU" } as const;

/** How keys and values are stored, as the kernel's number. */
export const formatOf = (dtype: keyof typeof STORED): number => formats[STORED[dtype]];
/** How a weight is packed, as the kernel's number. */
export const weightFormatOf = (dtype: WeightDtype): number => weightFormats[PACKED[dtype]];

const kernels = new WeakMap<Engine, Kernel>();

export class Kernel {
  readonly engine: Engine;
  readonly nn: NnExports;
  /** Byte addresses of the argument blocks of attention and of linear layers. */
  readonly #attention: number;
  readonly #linear: number;

  private constructor(api: string, engine: Engine) {
    this.engine = engine;
    this.nn = attach<NnExports>(api, engine, "nn", compile);
    // As long as the engine; an Allocation would keep it from ever being collected.
    this.#attention = engine.memory.allocate(api, 4 * (words.size + linearWords.size));
    this.#linear = this.#attention + 4 * words.size;
  }

  /** On the engine behind a public object, or on the one that all functions share. */
  static of(api: string, attention?: Attention): Kernel {
    const engine = engineOf(api, attention);
    engine.assertLive(api);
    let kernel = kernels.get(engine);
    if (!kernel) {
      kernel = new Kernel(api, engine);
      kernels.set(engine, kernel);
    }
    return kernel;
  }

  get memory(): Memory {
    return this.engine.memory;
  }

  /** Bytes of scratch of a linear layer of M rows. */
  linearScratch(M: number, { dtype, columns }: Pick<Packed, "dtype" | "columns">): number {
    const { i32 } = this.memory;
    const block = this.#linear >> 2;
    i32[block + linearWords.rows] = M;
    i32[block + linearWords.inputs] = columns;
    i32[block + linearWords.format] = weightFormatOf(dtype);
    return this.nn.linear_f32_scratch(this.#linear) >>> 0;
  }

  /**
   * y [M, N] = activation(x·weightᵀ + bias)·multiplier + residual; y may be multiplier or residual, never x. With a range, the
   * N are those rows of the weight.
   */
  linear(
    y: Matrix,
    x: Matrix,
    M: number,
    weight: Packed,
    epilogue: Epilogue,
    scratch: number,
    { first, rows }: RowRange = { first: 0, rows: weight.rows },
  ): void {
    const { i32 } = this.memory;
    const block = this.#linear >> 2;
    const { activation, multiplier, residual } = epilogue;
    i32[block + linearWords.rows] = M;
    i32[block + linearWords.inputs] = weight.columns;
    i32[block + linearWords.outputs] = rows;
    i32[block + linearWords.format] = weightFormatOf(weight.dtype);
    i32[block + linearWords.x] = x.address;
    i32[block + linearWords.xStride] = x.stride;
    i32[block + linearWords.weight] = weight.weight;
    i32[block + linearWords.weightRows] = weight.rows;
    i32[block + linearWords.firstRow] = first;
    i32[block + linearWords.scales] = weight.scales && weight.scales + 4 * first;
    i32[block + linearWords.y] = y.address;
    i32[block + linearWords.yStride] = y.stride;
    i32[block + linearWords.bias] = epilogue.bias;
    i32[block + linearWords.activation] = activation ? activations[ACTIVATIONS[activation]] : activations.NONE;
    i32[block + linearWords.multiplier] = multiplier?.address ?? 0;
    i32[block + linearWords.multiplierStride] = multiplier?.stride ?? 0;
    i32[block + linearWords.residual] = residual?.address ?? 0;
    i32[block + linearWords.residualStride] = residual?.stride ?? 0;
    i32[block + linearWords.scratch] = scratch;
    this.nn.linear_f32(this.#linear);
  }

  /** y [rows, n] = norm(x + residual); y may be x, or residual. */
  norm(y: Matrix, x: Matrix, rows: number, n: number, norm: NormAt, residual?: Matrix): void {
    const { nn } = this;
    const [address, stride] = [residual?.address ?? 0, residual?.stride ?? 0];
    const { weight, bias, eps } = norm;
    if (norm.kind === "layer")
      nn.layer_norm_f32(y.address, y.stride, 0, 0, x.address, x.stride, address, stride, rows, n, weight, bias, eps);
    else nn.rms_norm_f32(y.address, y.stride, 0, 0, x.address, x.stride, address, stride, rows, n, weight, eps);
  }

  /** y [count, columns] = factor·row of a packed table for each id (i32 at `ids`). */
  embed(y: Matrix, ids: number, count: number, table: Packed, factor: number): void {
    const { dtype, weight, scales, rows, columns } = table;
    this.nn.embed_f32(y.address, y.stride, ids, count, weightFormatOf(dtype), weight, scales, rows, columns, factor, 0);
  }

  /** x [ids, n] += row of an f32 table [·, n] for each id. */
  addRows(x: Matrix, ids: Int32Array, table: number, n: number): void {
    for (let from = 0; from < ids.length; ) {
      // A run of one row, or of rows one behind the other, is a single call.
      const id = ids[from] as number;
      const step = (ids[from + 1] ?? id + 1) - id;
      let to = from + 1;
      while (to < ids.length && ids[to] === (ids[to - 1] as number) + step) to++;
      if (step !== 0 && step !== 1) to = from + 1;
      const at = x.address + from * x.stride;
      this.nn.add_f32_rows(at, x.stride, at, x.stride, 1, table + 4 * n * id, 4 * n * step, to - from, n);
      from = to;
    }
  }

  /** Bytes of scratch of an attention. */
  attentionScratch(B: number, H: number, G: number, L: number, S: number, D: number, format: number): number {
    this.#sizes(B, H, G, L, S, D, format);
    return this.engine.kernel.attention_f32_scratch(this.#attention) >>> 0;
  }

  attention(call: AttentionCall): void {
    this.#sizes(call.B, call.H, call.G, call.L, call.S, call.D, call.format);
    const { i32, f32 } = this.memory;
    const block = this.#attention >> 2;
    const place = (word: number, { address, batch, head, token }: Heads): void => {
      const at = block + word;
      i32[at] = address;
      i32[at + 1] = batch;
      i32[at + 2] = head;
      i32[at + 3] = token;
    };
    place(words.query, call.query);
    place(words.key, call.key);
    place(words.value, call.value);
    place(words.output, call.output);
    i32[block + words.keyScales] = call.scales?.key ?? 0;
    i32[block + words.valueScales] = call.scales?.value ?? 0;
    i32[block + words.scaleBatchStride] = call.scales?.batch ?? 0;
    i32[block + words.scaleHeadStride] = call.scales?.head ?? 0;
    f32[block + words.scale] = call.scale;
    i32[block + words.left] = call.left;
    i32[block + words.right] = call.right;
    i32[block + words.positions] = call.offsets;
    i32[block + words.bias] = call.bias?.address ?? 0;
    i32[block + words.biasHeadStride] = call.bias?.head ?? 0;
    i32[block + words.biasQueryStride] = call.bias?.query ?? 0;
    i32[block + words.biasKeyStride] = call.bias?.key ?? 0;
    i32[block + words.weights] = call.weights;
    i32[block + words.scratch] = call.scratch;
    this.engine.kernel.attention_f32(this.#attention);
  }

  /** All else in the block is zeros, which is absent. */
  #sizes(B: number, H: number, G: number, L: number, S: number, D: number, format: number): void {
    const { i32 } = this.memory;
    const block = this.#attention >> 2;
    i32.fill(0, block, block + words.size);
    i32[block + words.batch] = B;
    i32[block + words.heads] = H;
    i32[block + words.keyValueHeads] = G;
    i32[block + words.queryLength] = L;
    i32[block + words.keyLength] = S;
    i32[block + words.headSize] = D;
    i32[block + words.valueSize] = D;
    i32[block + words.format] = format;
  }
}
