// One place that knows about variants: which the runtime can run, which a module is, and how one becomes an instance.
import { type KernelExports, type Variant, version } from "@attn/kernel/interface";
import { describe, wrongKind, wrongValue } from "./errors.ts";

/** (module (func (param v128 v128 v128) (result v128) … f32x4.relaxed_madd)): valid exactly where relaxed SIMD is. */
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2,
  253, 133, 2, 11,
]);

/** Modules of other realms (vm contexts, workers' message ports) are modules too. */
const isModule = (x: unknown): boolean => Object.prototype.toString.call(x) === "[object WebAssembly.Module]";

/** Where a user's module came from, for errors: createAttention's "module", or loadAttention's "source". */
export interface Origin {
  readonly api: string;
  readonly argument: string;
}

/** What a module says it is, in its custom section "attn": "<variant> <version>". */
function identify(module: WebAssembly.Module, { api, argument }: Origin): Variant {
  const [section] = WebAssembly.Module.customSections(module, "attn");
  const [variant, ofVersion] = section ? new TextDecoder().decode(section).split(" ") : [];
  if (variant !== "simd" && variant !== "relaxed")
    throw wrongValue(api, argument, "simd.wasm or relaxed.wasm of @attn/kernel", "another WebAssembly module");
  if (ofVersion !== version) throw wrongValue(api, argument, `of @attn/kernel ${version}`, `version ${ofVersion}`);
  return variant;
}

function fromUser(module: unknown, { api, argument }: Origin): WebAssembly.Module {
  if (isModule(module)) return module as WebAssembly.Module;
  const tag = Object.prototype.toString.call(module);
  if (!ArrayBuffer.isView(module) && !tag.endsWith("ArrayBuffer]"))
    throw wrongKind(api, argument, "a WebAssembly.Module or its bytes", module);
  try {
    // Bytes of any view: some runtimes take no DataView.
    const bytes = ArrayBuffer.isView(module)
      ? new Uint8Array(module.buffer, module.byteOffset, module.byteLength)
      : (module as ArrayBuffer);
    return new WebAssembly.Module(bytes as BufferSource);
  } catch (cause) {
    const expected = `"${argument}" must be WebAssembly that this runtime can compile`;
    throw new RangeError(`${api}: ${expected}, got ${describe(module)} (${(cause as Error).message})`, { cause });
  }
}

export interface Instance {
  readonly variant: Variant;
  readonly kernel: KernelExports;
}

const hasRelaxed = (): boolean => WebAssembly.validate(RELAXED_PROBE);

/** The variant to run: relaxed, if nothing else is wanted and the runtime has it. */
export const chosenVariant = (wanted: Variant | "auto"): Variant =>
  wanted === "auto" ? (hasRelaxed() ? "relaxed" : "simd") : wanted;

/** Why a module of this variant cannot run here; undefined where it can. */
export function lacking(api: string, variant: Variant): Error | undefined {
  if (variant === "simd" || hasRelaxed()) return undefined;
  const advice = 'which this runtime has not; use "auto" or "simd"';
  return new Error(`${api}: "variant" "relaxed" needs WebAssembly relaxed SIMD, ${advice}`);
}

/** Instantiates a module, given or the package's own, on a memory. */
export function instantiate(
  origin: Origin,
  wanted: Variant | "auto",
  given: unknown,
  memory: WebAssembly.Memory,
): Instance {
  const module = fromUser(given, origin);
  const variant = identify(module, origin);
  if (wanted !== "auto" && wanted !== variant)
    throw wrongValue(origin.api, "variant", `"${variant}", which "${origin.argument}" is`, describe(wanted));
  const missing = lacking(origin.api, variant);
  if (missing) throw missing;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { variant, kernel: exports as unknown as KernelExports };
}
