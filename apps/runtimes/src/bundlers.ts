// Each bundler as a user has it who configures nothing: an entry and what it imports become files in a folder.
import { join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

/** Writes `name`.js, made of the entry `name`.js of the project, into a folder. */
export type Bundle = (project: string, name: string, folder: string) => Promise<void>;

const runWebpack: Bundle = (project, name, path) =>
  new Promise((resolve, reject) => {
    const settings: webpack.Configuration = {
      mode: "production",
      context: project,
      entry: { [name]: `./${name}.js` },
      target: "web",
      performance: false,
      output: { path, filename: "[name].js" },
    };
    webpack(settings, (error, stats) => {
      if (error ?? stats?.hasErrors()) reject(error ?? new Error(stats?.toString("errors-only")));
      else resolve();
    });
  });

export const bundlers: Readonly<Record<string, Bundle>> = {
  async esbuild(project, name, folder) {
    await esbuild({
      entryPoints: [join(project, `${name}.js`)],
      bundle: true,
      format: "esm",
      minify: true,
      outdir: folder,
    });
  },
  async Rollup(project, name, folder) {
    const bundle = await rollup({ input: join(project, `${name}.js`), plugins: [nodeResolve({ browser: true })] });
    await bundle.write({ dir: folder, format: "esm" });
  },
  async Vite(project, name, folder) {
    const rolldownOptions = { input: { [name]: join(project, `${name}.js`) }, output: { entryFileNames: "[name].js" } };
    await vite({
      root: project,
      base: "./",
      logLevel: "error",
      build: { outDir: folder, emptyOutDir: false, modulePreload: false, rolldownOptions },
    });
  },
  webpack: runWebpack,
};
