# The worker in bare workerd, on loopback. `wrangler deploy` does without: see wrangler.jsonc.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "dist/worker.js"),
    (name = "attention.simd.wasm", wasm = embed "dist/attention.simd.wasm"),
    (name = "attention.relaxed.wasm", wasm = embed "dist/attention.relaxed.wasm"),
  ],
  compatibilityDate = "2026-11-01",
);
