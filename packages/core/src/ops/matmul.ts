// matmul(): products of matrices, with broadcast leading dimensions.
import type { Engine } from "../engine/engine.ts";
import { wrongValue } from "../engine/errors.ts";
import { Frame } from "../engine/frame.ts";
import { broadcastStrides, offsetOf } from "../plan/layout.ts";
import { checkBroadcast, checkOut, checkTensor } from "../plan/tensors.ts";
import { checkBoolean, checkOptions } from "../plan/values.ts";
import { shapeText, sizeOf } from "../shape.ts";
import type { MatmulFunction, MatmulOptions, Tensor } from "../types.ts";

const API = "matmul";

/** Leading dimensions of a and b, broadcast; RangeError where they do not. */
function leading(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length) - 2;
  return Array.from({ length: rank }, (_, i) => {
    const m = a[a.length - 2 - rank + i] ?? 1;
    const n = b[b.length - 2 - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1)
      throw wrongValue(API, "b", `have leading dimensions that broadcast with ${shapeText(a)}`, shapeText(b));
    return m === 1 ? n : m;
  });
}

export function makeMatmul(engine: Engine): MatmulFunction {
  return (left, right, given): Tensor => {
    engine.assertLive(API);
    const options = checkOptions<MatmulOptions>(API, given);
    const a = checkTensor(API, "a", left);
    const b = checkTensor(API, "b", right);
    if (a.shape.length < 2) throw wrongValue(API, "a", "have rank 2 or more [..., M, K]", shapeText(a.shape));
    const transposeB = checkBoolean(API, "transposeB", options.transposeB);
    const form = transposeB ? "[..., N, K]" : "[..., K, N]";
    if (b.shape.length < 2) throw wrongValue(API, "b", `have rank 2 or more ${form}`, shapeText(b.shape));
    const [M, K] = a.shape.slice(-2) as [number, number];
    const [N, inner] = (transposeB ? b.shape.slice(-2) : b.shape.slice(-2).reverse()) as [number, number];
    if (inner !== K) throw wrongValue(API, "b", `be ${form} with K = ${K}, like a`, shapeText(b.shape));
    const outer = leading(a.shape, b.shape);
    const shape = [...outer, M, N];
    const length = sizeOf(shape);
    const bias = options.bias === undefined ? undefined : checkTensor(API, "bias", options.bias);
    const biasStrides = bias && checkBroadcast(API, "bias", bias.shape, shape);
    const out = checkOut(API, options.out, length, [a.data, b.data, bias?.data]);

    const frame = new Frame(engine.memory, API);
    const from = {
      a: frame.input("a", a),
      b: frame.input("b", b),
      bias: bias && frame.input("bias", bias),
    };
    const to = frame.output(length, out);
    // One matrix b for all of a: its leading dimensions are rows.
    const count = sizeOf(outer);
    const shared = b.size === K * N && a.size === count * M * K;
    const rows = shared ? count * M : M;
    const scratch = frame.space(engine.kernel.matmul_f32_scratch(rows, N, K) >>> 0);
    frame.open();

    const c = frame.at(to);
    if (biasStrides) expand(engine, c, frame.at(from.bias), shape, biasStrides);
    const strides = {
      a: broadcastStrides(a.shape.slice(0, -2), outer) as number[],
      b: broadcastStrides(b.shape.slice(0, -2), outer) as number[],
    };
    // None where there is no element, however many matrices without one there are.
    const products = length === 0 ? 0 : shared ? 1 : count;
    for (let i = 0; i < products; i++) {
      engine.kernel.matmul_f32(
        c + i * M * N * 4,
        frame.at(from.a) + offsetOf(i, outer, strides.a) * M * K * 4,
        frame.at(from.b) + offsetOf(i, outer, strides.b) * K * N * 4,
        rows,
        N,
        K,
        transposeB ? 1 : 0,
        bias ? 1 : 0,
        frame.at(scratch),
      );
    }

    return frame.result(to, shape, out);
  };
}

/** Writes a broadcast tensor out in full. */
function expand(engine: Engine, to: number, from: number, shape: readonly number[], strides: readonly number[]): void {
  const { f32 } = engine.memory;
  const n = shape.at(-1) as number;
  const step = strides.at(-1) as number;
  const rows = n === 0 ? 0 : sizeOf(shape) / n;
  const [outer, outerStrides] = [shape.slice(0, -1), strides.slice(0, -1)];
  for (let r = 0; r < rows; r++) {
    const source = (from >>> 2) + offsetOf(r, outer, outerStrides);
    const target = (to >>> 2) + r * n;
    if (step === 1) f32.copyWithin(target, source, source + n);
    else f32.fill(f32[source] as number, target, target + n);
  }
}
