/**
 * The kernel of the layers around attention, by itself: compiled modules, and the types of what they export.
 * @module @attn/kernel/nn
 */
export * from "@attn/kernel/nn";
