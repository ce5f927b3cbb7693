/**
 * The same engine without a kernel inside, for those who host simd.wasm or relaxed.wasm themselves.
 * @module @attn/core/slim
 */
export { createAttention, loadAttention, tensor } from "@attn/core/slim";
