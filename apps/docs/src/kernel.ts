/**
 * The kernel by itself: compiled modules, and the types of what they export.
 * @module @attn/kernel
 */
export * from "@attn/kernel";
