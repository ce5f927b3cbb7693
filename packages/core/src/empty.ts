// empty(): tensors in wasm memory, which calls read and write with no copy.
import { checkShapeArgument } from "./check/tensors.ts";
import type { Engine } from "./engine.ts";
import { Holding } from "./holding.ts";
import { sizeOf } from "./tensor.ts";
import type { WasmTensor } from "./types.ts";

const API = "empty";

export function makeEmpty(engine: Engine): (shape: readonly number[]) => WasmTensor {
  return (given) => {
    engine.assertLive(API);
    const shape = checkShapeArgument(API, given);
    const { memory } = engine;
    const size = sizeOf(shape);
    let view: Float32Array<ArrayBuffer> | undefined;
    const dispose = (): void => holding.release();
    const result: WasmTensor = {
      get data() {
        engine.assertLive(`${API}().data`);
        if (holding.released) throw new Error(`${API}().data: this tensor is disposed`);
        if (view?.buffer !== memory.wasm.buffer)
          view = new Float32Array(memory.wasm.buffer as ArrayBuffer, holding.start, size);
        return view;
      },
      shape,
      dispose,
      [Symbol.dispose]: dispose,
    };
    const holding = new Holding(memory, API, size * 4, result);
    memory.lend(holding.start, size * 4);
    result.data.fill(0);
    return result;
  };
}
