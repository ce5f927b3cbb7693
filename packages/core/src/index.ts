// The whole public API. The functions run on one engine, made at their first call; createAttention makes another.
import { createAttention } from "./create.ts";
import type {
  Attention,
  AttentionFunction,
  CreateKvCacheFunction,
  CrossAttentionFunction,
  MatmulFunction,
  MergeAttentionFunction,
  MultiHeadSelfAttentionFunction,
  ScoresFunction,
  SelfAttentionFunction,
  SoftmaxFunction,
} from "./types.ts";

let shared: Attention | undefined;
const engine = (): Attention => {
  shared ??= createAttention();
  return shared;
};

export { createAttention } from "./create.ts";
export { loadAttention } from "./load.ts";
export { tensor } from "./tensor.ts";
export type * from "./types.ts";

export const attention: AttentionFunction = ((...args: Parameters<AttentionFunction>) =>
  engine().attention(...args)) as AttentionFunction;
export const scores: ScoresFunction = (query, key, options) => engine().scores(query, key, options);
export const mergeAttention: MergeAttentionFunction = (parts) => engine().mergeAttention(parts);
export const selfAttention: SelfAttentionFunction = (x, options) => engine().selfAttention(x, options);
export const multiHeadSelfAttention: MultiHeadSelfAttentionFunction = (x, options) =>
  engine().multiHeadSelfAttention(x, options);
export const maskedMultiHeadSelfAttention: MultiHeadSelfAttentionFunction = (x, options) =>
  engine().maskedMultiHeadSelfAttention(x, options);
export const crossAttention: CrossAttentionFunction = (x, memory, options) =>
  engine().crossAttention(x, memory, options);
export const matmul: MatmulFunction = (a, b, options) => engine().matmul(a, b, options);
export const softmax: SoftmaxFunction = (x, options) => engine().softmax(x, options);
export const createKvCache: CreateKvCacheFunction = (options) => engine().createKvCache(options);
