// empty(): tensors in wasm memory, which calls read and write with no copy.
import { checkShapeArgument } from "./check/tensors.ts";
import type { Engine } from "./engine.ts";
import { Holding } from "./holding.ts";
import { sizeOf } from "./tensor.ts";
import type { WasmTensor } from "./types.ts";

const API = "empty";

/** The tensor of each view: who keeps the view keeps the tensor, so that the collector does not free its memory. */
const tensors = new WeakMap<Float32Array, WasmTensor>();

export function makeEmpty(engine: Engine): (shape: readonly number[]) => WasmTensor {
  return (given) => {
    engine.assertLive(API);
    const shape = checkShapeArgument(API, given);
    const size = sizeOf(shape);
    let view: Float32Array<ArrayBuffer> | undefined;
    const dispose = (): void => {
      view = undefined;
      holding.release();
    };
    const result: WasmTensor = {
      get data() {
        engine.assertLive(`${API}().data`);
        if (holding.released) throw new Error(`${API}().data: this tensor is disposed`);
        const { memory } = engine;
        if (!view || !memory.holds(view)) {
          view = new Float32Array(memory.wasm.buffer as ArrayBuffer, holding.start, size);
          tensors.set(view, result);
        }
        return view;
      },
      shape,
      dispose,
      [Symbol.dispose]: dispose,
    };
    const holding = new Holding(engine, API, size * 4, result);
    engine.memory.lend(holding.start, size * 4);
    result.data.fill(0);
    return result;
  };
}
