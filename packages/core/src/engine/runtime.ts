// One place that knows about runtimes: what this one can run, and the errors that say what it lacks and what to do.

/** (module (func (result v128) v128.const 0)): valid exactly where SIMD is. */
const SIMD_PROBE = /* @__PURE__ */ new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 22, 1, 20, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 11,
]);

/** (module (func (param v128 v128 v128) (result v128) … f32x4.relaxed_madd)): valid exactly where relaxed SIMD is. */
const RELAXED_PROBE = /* @__PURE__ */ new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2,
  253, 133, 2, 11,
]);

/** (module): a runtime that does not compile it compiles nothing. */
const EMPTY = /* @__PURE__ */ SIMD_PROBE.slice(0, 8);

const SINCE = "Chrome 91, Firefox 89, Safari 16.4, Node 16.4 and later do";

export const hasRelaxed = (): boolean => WebAssembly.validate(RELAXED_PROBE);

/** Throws where no variant can run. */
export function checkRuntime(api: string): void {
  const lacking =
    typeof WebAssembly === "undefined" ? "WebAssembly" : WebAssembly.validate(SIMD_PROBE) ? "" : "WebAssembly SIMD";
  if (lacking) throw new Error(`${api}: this runtime does not support ${lacking}; ${SINCE}`);
}

/** For "relaxed" where it cannot run. */
export const lacksRelaxed = (api: string): Error =>
  new Error(
    `${api}: this runtime does not support WebAssembly relaxed SIMD, which "variant" "relaxed" needs; use "auto" or "simd"`,
  );

/** Why a binary that is right does not compile: the runtime is told to compile none. Undefined where it does compile. */
export function refusal(api: string, cause: Error): Error | undefined {
  try {
    new WebAssembly.Module(EMPTY);
    return undefined;
  } catch {
    const advice =
      "a page with a Content-Security-Policy must allow 'wasm-unsafe-eval' in its script-src; " +
      'a bundler for an edge runtime must resolve the condition "workerd" or "edge-light", or hand over a WebAssembly.Module';
    return new Error(`${api}: this runtime refuses to compile WebAssembly (${cause.message}): ${advice}`, { cause });
  }
}

/** Ends the sentence about a user's .wasm that does not compile: why, and what may be the matter. */
export function compileFailure({ message }: Error): string {
  const hint = hasRelaxed()
    ? ""
    : "; this runtime does not support relaxed SIMD, which relaxed.wasm needs: use simd.wasm";
  return `(${message})${hint}`;
}
