// The installed packages: where they lie, and of which version they are.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** ONNX Runtime, and a published model, are installed by themselves. */
const onnxruntime = new URL("../onnxruntime/index.js", import.meta.url);
const useLite = new URL("../use-lite/package.json", import.meta.url);
export const onnxruntimeModules: string = fileURLToPath(new URL("node_modules", onnxruntime));

/** The folder of a package; its package.json need not be exported. */
export function folderOf(name: string): string {
  const from = name.startsWith("onnxruntime-")
    ? onnxruntime
    : name.startsWith("@energetic-ai/")
      ? useLite
      : import.meta.url;
  const entry = createRequire(from).resolve(name);
  const folder = join("node_modules", name);
  return entry.slice(0, entry.lastIndexOf(folder) + folder.length);
}

export function versionOf(name: string): string {
  return (JSON.parse(readFileSync(join(folderOf(name), "package.json"), "utf8")) as { version: string }).version;
}

/** What @attn/core is compared with. */
export const peerPackages = [
  "onnxruntime-web",
  "@tensorflow/tfjs-backend-wasm",
  "@jax-js/jax",
  "onnxruntime-node",
] as const;
