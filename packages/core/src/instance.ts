// One place that knows about variants: which the runtime can run, which a module is, and how one becomes an instance.
import { compile, type KernelExports, type Variant, version } from "@attn/kernel";
import { describe, wrongChoice, wrongKind, wrongValue } from "./errors.ts";

/** (module (func (param v128 v128 v128) (result v128) … f32x4.relaxed_madd)): valid exactly where relaxed SIMD is. */
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2,
  253, 133, 2, 11,
]);

const compiled = new Map<Variant, WebAssembly.Module>();

/** The package's own module of a variant, compiled once. */
function builtIn(variant: Variant): WebAssembly.Module {
  let module = compiled.get(variant);
  if (!module) {
    module = compile(variant);
    compiled.set(variant, module);
  }
  return module;
}

/** Modules of other realms (vm contexts, workers' message ports) are modules too. */
const isModule = (x: unknown): x is WebAssembly.Module =>
  Object.prototype.toString.call(x) === "[object WebAssembly.Module]";

/** What a module says it is, in its custom section "attn": "<variant> <version>". */
function identify(module: WebAssembly.Module): Variant {
  const [section] = WebAssembly.Module.customSections(module, "attn");
  const [variant, ofVersion] = section ? new TextDecoder().decode(section).split(" ") : [];
  if (variant !== "simd" && variant !== "relaxed") {
    throw wrongValue(
      "createAttention",
      "module",
      "simd.wasm or relaxed.wasm of @attn/kernel",
      "another WebAssembly module",
    );
  }
  if (ofVersion !== version)
    throw wrongValue("createAttention", "module", `of @attn/kernel ${version}`, `version ${ofVersion}`);
  return variant;
}

function fromUser(module: unknown): WebAssembly.Module {
  if (isModule(module)) return module;
  if (!(ArrayBuffer.isView(module) || Object.prototype.toString.call(module).endsWith("ArrayBuffer]"))) {
    throw wrongKind("createAttention", "module", "a WebAssembly.Module or its bytes", module);
  }
  try {
    return new WebAssembly.Module(module as unknown as BufferSource);
  } catch (cause) {
    throw new RangeError(
      `createAttention: "module" must be WebAssembly that this runtime can compile, got ${describe(module)} (${(cause as Error).message})`,
      { cause },
    );
  }
}

export interface Instance {
  readonly variant: Variant;
  readonly kernel: KernelExports;
}

/** Instantiates the wanted variant, or the given module, on a memory. */
export function instantiate(wanted: unknown, given: unknown, memory: WebAssembly.Memory): Instance {
  if (wanted !== undefined && wanted !== "auto" && wanted !== "simd" && wanted !== "relaxed") {
    throw wrongChoice("createAttention", "variant", '"auto", "simd" or "relaxed"', wanted);
  }
  const module = given === undefined ? undefined : fromUser(given);
  const relaxed = WebAssembly.validate(RELAXED_PROBE);
  const variant = module
    ? identify(module)
    : wanted === "simd" || (wanted !== "relaxed" && !relaxed)
      ? "simd"
      : "relaxed";
  if (module && wanted !== undefined && wanted !== "auto" && wanted !== variant) {
    throw wrongValue("createAttention", "variant", `"${variant}", which "module" is`, describe(wanted));
  }
  if (variant === "relaxed" && !relaxed) {
    throw new Error(
      'createAttention: "variant" "relaxed" needs WebAssembly relaxed SIMD, which this runtime has not; use "auto" or "simd"',
    );
  }
  const { exports } = new WebAssembly.Instance(module ?? builtIn(variant), { env: { memory } });
  return { variant, kernel: exports as unknown as KernelExports };
}
