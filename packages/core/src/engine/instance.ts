// One place that knows about variants: which one a module is, and how it becomes an instance.
import { type KernelExports, type Variant, version } from "@attn/kernel/interface";
import { describe, wrongKind, wrongValue } from "./errors.ts";
import { compileFailure, hasRelaxed, lacksRelaxed, refusal } from "./runtime.ts";

/** Modules of other realms (vm contexts, workers' message ports) are modules too. */
const isModule = (x: unknown): boolean => Object.prototype.toString.call(x) === "[object WebAssembly.Module]";

/** Where a user's module came from, for errors: createAttention's "module", or loadAttention's "source". */
export interface Origin {
  readonly api: string;
  readonly argument: string;
}

/** The words of a module's custom section "attn": "<module> <variant> <version>". */
export function wordsOf(module: WebAssembly.Module): (string | undefined)[] {
  const [section] = WebAssembly.Module.customSections(module, "attn");
  return section ? new TextDecoder().decode(section).split(" ") : [];
}

/** What a module says it is. */
function identify(module: WebAssembly.Module, { api, argument }: Origin): Variant {
  const [kind, variant, ofVersion] = wordsOf(module);
  if (variant !== "simd" && variant !== "relaxed")
    throw wrongValue(api, argument, "be simd.wasm or relaxed.wasm of @attn/kernel", "another WebAssembly module");
  if (kind !== "attention")
    throw wrongValue(api, argument, 'be the "attention" module of @attn/kernel', `its "${kind}" module`);
  if (ofVersion !== version) throw wrongValue(api, argument, `be of @attn/kernel ${version}`, `version ${ofVersion}`);
  return variant;
}

/** What to do with an address, which some bundlers and runtimes import a .wasm as. */
const unread = (x: unknown): string =>
  typeof x === "string" || x instanceof URL ? ": read its bytes, or give it to loadAttention" : "";

function fromUser(module: unknown, { api, argument }: Origin): WebAssembly.Module {
  if (isModule(module)) return module as WebAssembly.Module;
  const tag = Object.prototype.toString.call(module);
  if (!ArrayBuffer.isView(module) && !tag.endsWith("ArrayBuffer]"))
    throw wrongKind(api, argument, "be a WebAssembly.Module or its bytes", module, unread(module));
  try {
    // Bytes of any view: some runtimes take no DataView.
    const bytes = ArrayBuffer.isView(module)
      ? new Uint8Array(module.buffer, module.byteOffset, module.byteLength)
      : (module as ArrayBuffer);
    return new WebAssembly.Module(bytes as BufferSource);
  } catch (cause) {
    const refused = refusal(api, cause as Error);
    if (refused) throw refused;
    const expected = `"${argument}" must be WebAssembly that this runtime can compile`;
    const got = `${describe(module)} ${compileFailure(cause as Error)}`;
    throw new RangeError(`${api}: ${expected}, got ${got}`, { cause });
  }
}

export interface Instance {
  readonly variant: Variant;
  readonly kernel: KernelExports;
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
    throw wrongValue(origin.api, "variant", `be "${variant}", which "${origin.argument}" is`, describe(wanted));
  if (variant === "relaxed" && !hasRelaxed()) throw lacksRelaxed(origin.api);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { variant, kernel: exports as unknown as KernelExports };
}
