// What the module "nn" exports: the layers of a transformer around attention.
export { activate_f32, activate_f32_scratch } from "./activations";
export { linear_f32, linear_f32_scratch } from "./linear";
export { layer_norm_f32, rms_norm_f32 } from "./norms";
export { frequencies_f64, relative_bias_f32, rope_f32, sinusoids_f32 } from "./positions";
export { add_f32_rows, argmax_f32, mean_f32_rows, normalize_f32_rows, scale_heads_f32 } from "./rows";
export { embed_f32, pack_weight, pack_weight_scratch, weight_bytes } from "./weights";
