// rope() and sinusoidalPositions(): where a token stands, as angles. Their tables are made in float64.
import type { Tensor, TensorInput } from "@attn/core";
import {
  checkCount,
  checkFinite,
  checkOptions,
  checkTensor,
  Frame,
  shapeText,
  wrongChoice,
  wrongKind,
  wrongValue,
} from "@attn/core/engine";
import { Kernel } from "../engine/kernel.ts";
import type { RopeOptions, SinusoidalOptions } from "../types.ts";

/** Angles beyond it, in radians, lose digits that a float32 has. */
const FARTHEST = 2 ** 20;

/** The base of the frequencies, from 1 on: with it no angle is larger than its position. */
function checkTheta(api: string, theta: unknown): number {
  const value = checkFinite(api, "theta", theta, 10000);
  if (value < 1) throw wrongValue(api, "theta", "be at least 1", value);
  return value;
}

function checkPosition(api: string, argument: string, x: unknown): number {
  if (typeof x !== "number") throw wrongKind(api, argument, "be a number", x);
  if (!(Math.abs(x) <= FARTHEST)) throw wrongValue(api, argument, "be between -2^20 and 2^20", x);
  return x;
}

/** The position of the first of `rows` consecutive ones. */
function checkFirst(api: string, argument: string, x: unknown, rows: number): number {
  const first = checkPosition(api, argument, x);
  if (first + rows - 1 > FARTHEST) throw wrongValue(api, argument, `leave ${rows} rows before 2^20`, first);
  return first;
}

/** Positions of L rows: the first of consecutive ones, of which so many are used, or a list. */
function checkPositions(api: string, x: unknown, L: number, used: number): number | Float64Array {
  if (x === undefined || typeof x === "number") return checkFirst(api, "positions", x ?? 0, used);
  const list = x as ArrayLike<unknown> | null;
  if (typeof list !== "object" || typeof list?.length !== "number")
    throw wrongKind(api, "positions", "be a number, or a list of numbers [L]", x);
  if (list.length !== L)
    throw wrongValue(api, "positions", `have ${L} numbers [L], one for each row`, `${list.length}`);
  return Float64Array.from({ length: L }, (_, i) => checkPosition(api, `positions[${i}]`, list[i]));
}

/**
 * Rotary positions (Su et al. 2021) of x [..., L, D]: the pair (a, b) of a row turns by φ = position·theta^(-2i/dimensions)
 * into (a·cos φ - b·sin φ, b·cos φ + a·sin φ), i the pair's number. So the product of a query and a key that both are turned
 * depends on the distance of their positions.
 *
 * style has no default, since files disagree and a wrong one gives plausible nonsense: "half" pairs i with i + dimensions/2
 * (Hugging Face's Llama), "interleaved" 2i with 2i + 1 (Meta's, llama2.c). Dimensions past `dimensions` stay as they are.
 * Positions need not be whole.
 *
 * @example
 * ```ts
 * import { rope } from "@attn/nn";
 *
 * const quarter = Math.PI / 2;
 * console.log(rope([[1, 2, 0, 0]], { style: "interleaved", positions: quarter, theta: 1 })); // → [[-2, 1, 0, 0]]
 * console.log(rope([[1, 2, 0, 0]], { style: "half", positions: [quarter], theta: 1 })); // → [[0, 0, 1, 2]]
 * ```
 * @throws RangeError for a wrong value or shape: x of rank 0 or 1, dimensions that are odd or more than D, theta below 1, a
 * position beyond 2^20 (where the sine of it would be wrong in f32), or a list that has not L of them; TypeError for an
 * argument of the wrong kind, and where style is absent. Nothing is computed then.
 */
export function rope(x: TensorInput, options: RopeOptions): Tensor {
  const api = "rope";
  const { style, positions: given, theta: base, dimensions: turning } = checkOptions<RopeOptions>(api, options);
  const checked = checkTensor(api, "x", x);
  const { shape, size } = checked;
  if (shape.length < 2) throw wrongValue(api, "x", "have rank 2 or more [..., L, D]", shapeText(shape));
  if (style !== "half" && style !== "interleaved")
    throw wrongChoice(
      api,
      "style",
      'be "half" (pairs i, i + D/2: Hugging Face) or "interleaved" (2i, 2i + 1: Meta)',
      style,
    );
  const [L, D] = shape.slice(-2) as [number, number];
  const dimensions = turning === undefined ? D : checkCount(api, "dimensions", turning, 0);
  if (dimensions % 2 !== 0 || dimensions > D)
    throw wrongValue(api, "dimensions", `be even and at most ${D}, x's last dimension`, dimensions);
  const theta = checkTheta(api, base);
  // Of what has no number, rows may be as many as numbers are.
  const rows = size === 0 ? 0 : L;
  const positions = checkPositions(api, given, L, rows);

  const { memory, nn } = Kernel.of(api);
  const pairs = dimensions / 2;
  const frame = new Frame(memory, api);
  const from = frame.input("x", checked);
  const to = frame.output(size);
  const list = typeof positions === "number" ? undefined : frame.input("positions", new Uint8Array(positions.buffer));
  const frequencies = frame.space(8 * pairs);
  const table = frame.space(4 * rows * dimensions);
  frame.open();

  const y = frame.at(to);
  memory.u8.copyWithin(y, frame.at(from), frame.at(from) + 4 * size);
  if (rows > 0 && pairs > 0) {
    const [cosines, sines, angles] = [frame.at(table), frame.at(table) + 4 * pairs, frame.at(frequencies)];
    const start = typeof positions === "number" ? positions : 0;
    nn.frequencies_f64(angles, pairs, dimensions, theta);
    nn.sinusoids_f32(sines, pairs, cosines, pairs, 4, 8 * pairs, L, angles, start, frame.at(list));
    const matrices = size / (L * D);
    nn.rope_f32(y, 4 * D, 4 * L * D, L, matrices, pairs, style === "interleaved" ? 1 : 0, cosines);
  }

  return frame.result(to, shape);
}

/**
 * The sinusoidal positions of Vaswani et al. 2017, [length, width]: pair i of row r is sin φ and cos φ with
 * φ = (start + r)·theta^(-2i/width); "interleaved" side by side, "halves" all sines and then all cosines. With an odd width
 * there is one more sine.
 *
 * @example
 * ```ts
 * import { sinusoidalPositions } from "@attn/nn";
 *
 * console.log(sinusoidalPositions(2, 4)); // → [[0, 1, 0, 1], [0.8415, 0.5403, 0.0099998, 0.99995]]
 * console.log(sinusoidalPositions(1, 4, { style: "halves", start: 1 })); // → [[0.8415, 0.0099998, 0.5403, 0.99995]]
 * ```
 * @throws RangeError for a length or width that is no count, theta below 1, or a position beyond 2^20; TypeError for an
 * argument of the wrong kind. Nothing is computed then.
 */
export function sinusoidalPositions(length: number, width: number, options?: SinusoidalOptions): Tensor {
  const api = "sinusoidalPositions";
  const { style = "interleaved", start: first, theta: base } = checkOptions<SinusoidalOptions>(api, options);
  const rows = checkCount(api, "length", length, 0);
  const E = checkCount(api, "width", width, 0);
  if (style !== "interleaved" && style !== "halves")
    throw wrongChoice(api, "style", 'be "interleaved" or "halves"', style);
  const theta = checkTheta(api, base);
  const start = checkFirst(api, "start", first ?? 0, rows);

  const { memory, nn } = Kernel.of(api);
  const [sines, cosines] = [Math.ceil(E / 2), Math.floor(E / 2)];
  const frame = new Frame(memory, api);
  const frequencies = frame.space(rows === 0 ? 0 : 8 * sines);
  const to = frame.output(rows * E);
  frame.open();

  const y = frame.at(to);
  const [step, second] = style === "interleaved" ? [8, y + 4] : [4, y + 4 * sines];
  if (rows * E > 0) {
    nn.frequencies_f64(frame.at(frequencies), sines, E, theta);
    nn.sinusoids_f32(y, sines, second, cosines, step, 4 * E, rows, frame.at(frequencies), start, 0);
  }

  return frame.result(to, [rows, E]);
}
