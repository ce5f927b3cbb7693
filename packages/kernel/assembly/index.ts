// The kernel's exports. Stateless: no globals, no data, no allocation; the one import is the memory.
export { attention_f32 } from "./attention";
export { encode_f16, encode_int8 } from "./cache";
export { attention_f32_scratch } from "./group";
export { matmul_f32, matmul_f32_scratch } from "./matmul";
export { merge_f32, merge_f32_scratch } from "./merge";
export { softmax_f32_rows, softmax_f32_scratch } from "./softmax";
