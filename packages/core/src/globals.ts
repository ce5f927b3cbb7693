// Types of the runtime that not every project's settings have: a Worker's or a server's may be without "DOM".

/** URL, where the settings know it. */
export type UrlObject = typeof globalThis extends { URL: { prototype: infer T } } ? T : { readonly href: string };

/** Response, where the settings know it. */
export type FetchResponse = typeof globalThis extends { Response: { prototype: infer T } }
  ? T
  : { readonly ok: boolean; readonly status: number; arrayBuffer(): Promise<ArrayBuffer> };

/** WebAssembly.Memory, where the settings know it. */
export type WasmMemory = typeof globalThis extends { WebAssembly: { Memory: { prototype: infer T } } }
  ? T
  : { readonly buffer: ArrayBuffer };
