// The parts of a transformer layer one after the other, each with a residual and a norm: their parameters and settings, read,
// and how they run in a frame. What lies between them stays in wasm memory:
//
//   x       [B·L, E]   as it was given
//   y       [B·L, E]   what runs through the parts, at last the output
//   h       [B·L, E]   a norm of it, or a part's result with the residual added
//   inner   [B·L, F]   of the feed-forward layer
import { type AttentionPlan, checkBoolean, type Slot, wrongChoice } from "@attn/core/engine";
import type { Matrix } from "../engine/kernel.ts";
import type { LayerOptions } from "../types.ts";
import type { MultiheadStep } from "./multihead-step.ts";
import { checkEps } from "./norms.ts";
import type { MatrixParameter, Numbers, ParameterReader } from "./parameters.ts";
import type { Sequences } from "./sequences.ts";
import { LinearStep, NormStep, type Workspace } from "./steps.ts";

export interface Affine {
  readonly weight: Numbers;
  readonly bias: Numbers | undefined;
}
export interface Linear {
  readonly weight: MatrixParameter;
  readonly bias: Numbers | undefined;
}

export const readNorm = (reader: ParameterReader, name: string, E: number): Affine => ({
  weight: reader.requiredVector(`${name}.weight`, E),
  bias: reader.vector(`${name}.bias`, E),
});

export function readFeedForward(reader: ParameterReader, E: number): readonly [Linear, Linear] {
  const linear = (name: string, rows: number | undefined, columns: number): Linear => {
    const weight = reader.matrix(`${name}.weight`, rows, columns);
    return { weight, bias: reader.vector(`${name}.bias`, weight.rows) };
  };
  const input = linear("linear1", undefined, E);
  return [input, linear("linear2", E, input.weight.rows)];
}

/** The options that both layers have. */
export interface Settings {
  readonly activation: "relu" | "gelu";
  readonly normFirst: boolean;
  readonly eps: number;
  readonly result: AttentionPlan["result"];
}

export function checkSettings(api: string, options: Partial<LayerOptions>): Settings {
  const { activation = "relu" } = options;
  if (activation !== "relu" && activation !== "gelu")
    throw wrongChoice(api, "activation", 'be "relu" or "gelu"', activation);
  const weights = checkBoolean(api, "returnWeights", options.returnWeights) ? "heads" : "none";
  return {
    activation,
    normFirst: checkBoolean(api, "normFirst", options.normFirst),
    eps: checkEps(api, options.eps, 1e-5),
    result: { sinks: undefined, weights, scores: false, lse: false },
  };
}

/** A part, with the norm before it or behind it: reads `from`, writes its result with `residual` added to `to`. */
export interface Part {
  readonly norm: NormStep;
  run(from: Matrix, to: Matrix, residual: Matrix): void;
}

/** The parts of a layer one after the other, in a frame. */
export class Parts {
  readonly #space: Workspace;
  readonly #x: Sequences;
  readonly #settings: Settings;
  readonly #slots: { readonly x: Slot; readonly y: Slot; readonly h: Slot };
  readonly #parts: Part[] = [];

  constructor(space: Workspace, x: Sequences, settings: Settings) {
    const rows = x.B * x.L;
    this.#space = space;
    this.#x = x;
    this.#settings = settings;
    this.#slots = { x: space.input(x), y: space.frame.output(rows * x.E), h: space.rows(rows, x.E) };
  }

  /** The output's slot. */
  get y(): Slot {
    return this.#slots.y;
  }

  add({ weight, bias }: Affine, run: Part["run"]): void {
    this.#parts.push({ norm: new NormStep(this.#space, "layer", { weight, bias, eps: this.#settings.eps }), run });
  }

  /** Attention over the rows themselves, or over memory's. */
  addAttention(norm: Affine, step: MultiheadStep, memory?: { readonly slot: Slot; readonly E: number }): void {
    this.add(norm, (from, to, residual) => {
      const rows = memory ? this.#space.matrix(memory.slot, memory.E) : from;
      step.run(to, [from, rows, rows], residual);
    });
  }

  addFeedForward(norm: Affine, [first, second]: readonly [Linear, Linear]): void {
    const space = this.#space;
    const { activation } = this.#settings;
    const M = this.#x.B * this.#x.L;
    const F = first.weight.rows;
    const input = new LinearStep(space, M, first.weight, first.bias);
    const output = new LinearStep(space, M, second.weight, second.bias);
    const slot = space.rows(M, F);
    this.add(norm, (from, to, residual) => {
      const inner = space.matrix(slot, F);
      input.run(inner, from, M, { activation });
      output.run(to, inner, M, { residual });
    });
  }

  /** y = x + part(norm(x)) for each, with normFirst; else y = norm(x + part(x)). */
  run(): void {
    const { B, L, E } = this.#x;
    const at = (slot: Slot) => this.#space.matrix(slot, E);
    const [y, h] = [at(this.#slots.y), at(this.#slots.h)];
    let x = at(this.#slots.x);
    for (const { norm, run } of this.#parts) {
      if (this.#settings.normFirst) {
        norm.run(h, x, B * L, E);
        run(h, y, x);
      } else {
        run(x, h, x);
        norm.run(y, h, B * L, E);
      }
      x = y;
    }
  }
}
