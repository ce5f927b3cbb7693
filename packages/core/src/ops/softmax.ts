// softmax(): over the last dimension.
import type { Engine } from "../engine/engine.ts";
import { wrongValue } from "../engine/errors.ts";
import { Frame } from "../engine/frame.ts";
import { checkOut, checkTensor } from "../plan/tensors.ts";
import { checkOptions } from "../plan/values.ts";
import type { SoftmaxFunction, SoftmaxOptions, Tensor } from "../types.ts";

const API = "softmax";

export function makeSoftmax(engine: Engine): SoftmaxFunction {
  return (input, given): Tensor => {
    engine.assertLive(API);
    const options = checkOptions<SoftmaxOptions>(API, given);
    const x = checkTensor(API, "x", input);
    const n = x.shape.at(-1);
    if (n === undefined) throw wrongValue(API, "x", "have rank 1 or more", "rank 0");
    const { size: length } = x;
    const out = checkOut(API, options.out, length, [x.data]);

    const frame = new Frame(engine.memory, API);
    const from = frame.input("x", x);
    const to = frame.output(length, out);
    const scratch = frame.space(engine.kernel.softmax_f32_scratch());
    frame.open();

    if (length > 0) engine.kernel.softmax_f32_rows(frame.at(to), frame.at(from), length / n, n, frame.at(scratch));

    return frame.result(to, x.shape, out);
  };
}
