/**
 * Attention with the kernel inside: one import, synchronous, in every runtime.
 * @module @attn/core
 */
export * from "@attn/core";
