// The exports of the module "attention". Stateless: no globals, no data, no allocation; the one import is the memory.
export { encode_f16, encode_int8 } from "../lib/encode";
export { matmul_f32, matmul_f32_scratch } from "../lib/matmul";
export { softmax_f32_rows, softmax_f32_scratch } from "../lib/softmax";
export { attention_f32 } from "./attention";
export { attention_f32_scratch } from "./group";
export { merge_f32, merge_f32_scratch } from "./merge";
