// What a user's project imports; compiled under the settings of settings.test.ts, not run.
import {
  type Attention,
  attention,
  createAttention,
  createKvCache,
  type EngineOptions,
  loadAttention,
  tensor,
} from "@attn/core";
import { Allocation, type Engine, engineOf, Frame } from "@attn/core/engine";
import { createAttention as createSlim } from "@attn/core/slim";

const x = tensor([[1, 2]]);
export const lse: number | undefined = attention(x, x, x, { returnLse: true }).lse.data[0];
export const engine: Attention = createAttention({ variant: "simd" });
export const slim: Attention = createSlim({ module: new Uint8Array(8) });
export const loaded: Promise<Attention> = loadAttention("relaxed.wasm");
export const options: EngineOptions = { maximumBytes: 2 ** 20 };
createKvCache({ heads: 1, headSize: 2, capacity: 3 }).dispose();

export const door: Engine = engineOf("consumer", engine);
export const block: Allocation = new Allocation(door, "consumer", 64, {});
export const frame: Frame = new Frame(door.memory, "consumer");
