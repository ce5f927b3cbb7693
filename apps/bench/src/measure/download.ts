// What a page fetches before it can attend: each library's few imports bundled and minified, and the .wasm that it loads
// beside them, gzipped. Runs none of it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import type { DownloadBenchmark } from "../benchmark.ts";
import { folderOf, onnxruntimeModules } from "../packages.ts";
import type { Measurement, MeasureOptions } from "./rounds.ts";

const gzipped = (bytes: string | Uint8Array): number => gzipSync(bytes, { level: 9 }).length;

async function bundle(code: string): Promise<string> {
  const entry = fileURLToPath(new URL("../entry.js", import.meta.url));
  const build = await rolldown({
    input: entry,
    platform: "browser",
    resolve: { modules: ["node_modules", onnxruntimeModules] },
    logLevel: "silent",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? { code, moduleSideEffects: true } : null),
      },
    ],
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  await build.close();
  return output.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("");
}

export async function measureDownloads(
  { downloads }: DownloadBenchmark,
  { onProgress }: MeasureOptions,
): Promise<Measurement[]> {
  const measured: Measurement[] = [];
  for (const { key, name, code, fetched } of downloads) {
    onProgress(`bundling ${name}`);
    try {
      const wasm = fetched ? gzipped(readFileSync(join(folderOf(fetched[0]), fetched[1]))) : 0;
      measured.push({ key, samples: [gzipped(await bundle(code)) + wasm] });
    } catch (error) {
      measured.push({ key, samples: [], why: (error as Error).message.split("\n")[0] ?? "" });
    }
  }
  return measured;
}
