// empty(): tensors in wasm memory, which calls read and write with no copy.
import { Allocation } from "../engine/allocation.ts";
import type { Engine } from "../engine/engine.ts";
import { checkShape } from "../plan/tensors.ts";
import { sizeOf } from "../shape.ts";
import type { WasmTensor } from "../types.ts";

const API = "empty";

/** The tensor of each view: who keeps the view keeps the tensor, so that the collector does not free its memory. */
const tensors = new WeakMap<Float32Array, WasmTensor>();

export function makeEmpty(engine: Engine): (shape: readonly number[]) => WasmTensor {
  return (given) => {
    engine.assertLive(API);
    const shape = checkShape(API, given);
    const size = sizeOf(shape);
    let view: Float32Array<ArrayBuffer> | undefined;
    const dispose = (): void => {
      view = undefined;
      allocation.release();
    };
    const result: WasmTensor = {
      get data() {
        engine.assertLive(`${API}().data`);
        if (allocation.released) throw new Error(`${API}().data: this tensor is disposed`);
        const { memory } = engine;
        if (!view || !memory.holds(view)) {
          view = new Float32Array(memory.wasm.buffer as ArrayBuffer, allocation.start, size);
          tensors.set(view, result);
        }
        return view;
      },
      shape,
      dispose,
      [Symbol.dispose]: dispose,
    };
    const allocation = new Allocation(engine, API, size * 4, result);
    engine.memory.lend(allocation.start, size * 4);
    result.data.fill(0);
    return result;
  };
}
