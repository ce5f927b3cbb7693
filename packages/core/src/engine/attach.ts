// Other stateless modules of the kernel on an engine's memory. Knows how one is instantiated, not what it computes.
import { type Variant, version, type WasmModule } from "@attn/kernel/interface";
import type { Engine } from "./engine.ts";
import { wrongValue } from "./errors.ts";
import { wordsOf } from "./instance.ts";
import type { Memory } from "./memory.ts";

/** By memory, not by engine: what is attached ends with the memory, whoever still holds the engine. */
const attached = new WeakMap<Memory, Map<string, WebAssembly.Exports>>();

/**
 * The exports of another module of @attn/kernel, such as "nn", on the memory of this engine: the engine's variant,
 * instantiated once. `compile` is asked for it at most once an engine.
 *
 * @throws Error where the engine is disposed; RangeError where what `compile` gives is another module, or is of another
 * variant or version.
 */
export function attach<Exports extends object>(
  api: string,
  engine: Engine,
  name: string,
  compile: (variant: Variant) => WasmModule,
): Exports {
  engine.assertLive(api);
  const { memory, variant } = engine;
  const instances = attached.get(memory) ?? new Map<string, WebAssembly.Exports>();
  attached.set(memory, instances);
  let exports = instances.get(name);
  if (!exports) {
    const module = compile(variant) as WebAssembly.Module;
    const [expected, got] = [`${name} ${variant} ${version}`, wordsOf(module).join(" ")];
    if (got !== expected) throw wrongValue(api, "module", `be "${expected}" of @attn/kernel`, `"${got}"`);
    ({ exports } = new WebAssembly.Instance(module, { env: { memory: memory.wasm } }));
    instances.set(name, exports);
  }
  return exports as Exports;
}
