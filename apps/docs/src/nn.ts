/**
 * Models and layers with the weights that people have: config.json and safetensors.
 * @module @attn/nn
 */
export * from "@attn/nn";
