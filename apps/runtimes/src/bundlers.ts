// Each bundler as a user has it who configures nothing: run.js and what it imports become one file.
import { join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

/** Writes `to` in the folder. */
export type Bundle = (folder: string, to: string) => Promise<void>;

const runWebpack: Bundle = (folder, filename) =>
  new Promise((resolve, reject) => {
    const settings: webpack.Configuration = {
      mode: "production",
      context: folder,
      entry: "./run.js",
      target: "web",
      performance: false,
      output: { path: folder, filename },
    };
    webpack(settings, (error, stats) => {
      if (error ?? stats?.hasErrors()) reject(error ?? new Error(stats?.toString("errors-only")));
      else resolve();
    });
  });

export const bundlers: Readonly<Record<string, Bundle>> = {
  async esbuild(folder, to) {
    await esbuild({
      entryPoints: [join(folder, "run.js")],
      bundle: true,
      format: "esm",
      minify: true,
      outfile: join(folder, to),
    });
  },
  async Rollup(folder, to) {
    const bundle = await rollup({ input: join(folder, "run.js"), plugins: [nodeResolve({ browser: true })] });
    await bundle.write({ file: join(folder, to), format: "esm" });
  },
  async Vite(folder, to) {
    const input = { main: join(folder, "run.js") };
    const rolldownOptions = { input, output: { entryFileNames: to } };
    await vite({
      root: folder,
      logLevel: "error",
      build: { outDir: ".", emptyOutDir: false, modulePreload: false, rolldownOptions },
    });
  },
  webpack: runWebpack,
};
