// The kernel's module "nn" on an engine's memory, called by address: what layers and models are computed with. Checks nothing,
// and allocates only the blocks in which calls are described.
import type { Attention } from "@attn/core";
import { attach, type Engine, engineOf, type Memory } from "@attn/core/engine";
import { words } from "@attn/kernel/interface";
import {
  activations,
  compile,
  words as linearWords,
  type NnExports,
  sourceFormats,
  weightFormats,
} from "@attn/kernel/nn";
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

/** Rows first … first+count-1 of a weight where they are to be packed from: addresses and strides in bytes. */
export interface SourceRows {
  readonly first: number;
  readonly count: number;
  readonly source: keyof typeof sourceFormats;
  readonly address: number;
  readonly rowStride: number;
  /** From one number to the next. */
  readonly step: number;
  /** Of int8, one f32 a row; 0 for the others. */
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

// By the kernel's names: reading its numbers here, at import, would keep a bundler from leaving this file out.
const PACKED = { f32: "F32", f16: "F16", int8: "INT8" } as const;
/** The least that a number of a weight takes. */
const LEAST: Readonly<Record<WeightDtype, number>> = { f32: 4, f16: 2, int8: 1 };
const ACTIVATIONS = { relu: "RELU", gelu: "GELU", gelu_tanh: "GELU_TANH", silu: "SILU" } as const;

/** How a weight is packed, as the kernel's number. */
const weightFormatOf = (dtype: WeightDtype): number => weightFormats[PACKED[dtype]];

const kernels = new WeakMap<Engine, Kernel>();

export class Kernel {
  readonly engine: Engine;
  readonly nn: NnExports;
  /** Byte addresses of argument blocks: of attention (attention.ts), and of linear layers. */
  readonly attentionBlock: number;
  readonly #linear: number;

  private constructor(api: string, engine: Engine) {
    this.engine = engine;
    this.nn = attach<NnExports>(api, engine, "nn", compile);
    // As long as the engine; an Allocation would keep it from ever being collected.
    this.attentionBlock = engine.memory.allocate(api, 4 * (words.size + linearWords.size));
    this.#linear = this.attentionBlock + 4 * words.size;
  }

  /** On the engine behind a public object, or on the one that all functions share. */
  static of(api: string, attention?: Attention): Kernel {
    return Kernel.on(api, engineOf(api, attention));
  }

  static on(api: string, engine: Engine): Kernel {
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

  /** Bytes of a packed weight, without its scales. */
  weightBytes(dtype: WeightDtype, rows: number, columns: number): number {
    // The kernel counts to 2³²; no memory holds what is beyond.
    return Math.max(this.nn.weight_bytes(weightFormatOf(dtype), rows, columns) >>> 0, rows * columns * LEAST[dtype]);
  }

  /** Bytes of scratch to pack rows of so many columns. */
  packScratch(columns: number): number {
    return this.nn.pack_weight_scratch(columns) >>> 0;
  }

  /** Packs rows of a weight. */
  pack({ dtype, weight, scales, rows, columns }: Packed, from: SourceRows, scratch: number): void {
    const { first, count, source, address, rowStride, step } = from;
    // Rows without a number may be as many as numbers are, where they have no scale either.
    if (columns === 0 && scales === 0) return;
    const [format, sourceFormat] = [weightFormatOf(dtype), sourceFormats[source]];
    this.nn.pack_weight(
      ...([format, weight, scales, rows, columns, first, count] as const),
      ...([sourceFormat, address, rowStride, step, from.scales, scratch] as const),
    );
  }

  /** y = activation of n numbers x. */
  activate(y: number, x: number, n: number, activation: Activation, scratch: number): void {
    this.nn.activate_f32(y, x, n, activations[ACTIVATIONS[activation]], scratch);
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
}
