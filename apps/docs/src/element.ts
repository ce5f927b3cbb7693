/**
 * `<attn-heatmap>`, which registers itself where this is imported.
 * @module @attn/viz/element
 */
export * from "@attn/viz/element";
