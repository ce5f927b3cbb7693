import { defineConfig, type UserConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import solid from "vite-plugin-solid";

const config: UserConfig = defineConfig({
  plugins: [
    solid(),
    // Offline after the first load: everything that the build makes is kept by a service worker.
    VitePWA({
      registerType: "autoUpdate",
      injectRegister: "script-defer",
      manifest: false,
      workbox: { globPatterns: ["**/*.{html,js,css,woff2}"], inlineWorkboxRuntime: true },
    }),
  ],
  // Relative, so that dist/ works under any path of any host.
  base: "./",
  // The first versions that have CSS light-dark(), which the whole theme rests on.
  build: { target: ["chrome123", "firefox120", "safari17.5"] },
});
export default config;
