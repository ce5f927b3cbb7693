// What is built. A module "x" is assembly/x/index.ts, which it is compiled from, and src/x.ts, which says what is to be
// known of it without having it; package.json exports what the build makes of the two (held to it by a test).

/** In two variants each. The first is the package's own: `import "@attn/kernel"`; others are `@attn/kernel/<name>`. */
export const modules: readonly string[] = ["attention", "nn"];

export const variants = ["simd", "relaxed"] as const;
export type Variant = (typeof variants)[number];

/** What package.json must export for a module. */
export function exportsOf(name: string): Record<string, unknown> {
  const first = name === modules[0];
  const path = first ? "." : `./${name}`;
  const door = (runtime: string) => `./dist/generated/${name}/${runtime}.js`;
  return {
    [path]: {
      types: `./dist/generated/${name}/index.d.ts`,
      workerd: door("workerd"),
      "edge-light": door("edge-light"),
      default: door("index"),
    },
    [first ? "./interface" : `${path}/interface`]: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
    ...Object.fromEntries(
      variants.map((variant) => [
        first ? `./${variant}.wasm` : `${path}.${variant}.wasm`,
        `./dist/${name}.${variant}.wasm`,
      ]),
    ),
  };
}
