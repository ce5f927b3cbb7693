/**
 * Pictures of attention as pure functions: a matrix in, SVG out, or a canvas painted.
 * @module @attn/viz
 */
export * from "@attn/viz";
