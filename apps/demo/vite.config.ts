import { defineConfig, type UserConfig } from "vite";
import solid from "vite-plugin-solid";

const config: UserConfig = defineConfig({
  plugins: [solid()],
  // Relative, so that dist/ works under any path of any host.
  base: "./",
  // The first versions that have CSS light-dark(), which the whole theme rests on.
  build: { target: ["chrome123", "firefox120", "safari17.5"] },
});
export default config;
