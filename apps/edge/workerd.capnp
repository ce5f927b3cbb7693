# The worker in bare workerd, on loopback. `wrangler deploy` does without: see wrangler.jsonc.
# A worker has 128 MB there; this one's heap gets half of it, for it also holds buffers and the kernel's memory.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "main")],
  v8Flags = ["--max-heap-size=64"],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "dist/worker.js"),
    (name = "attention.simd.wasm", wasm = embed "dist/attention.simd.wasm"),
    (name = "attention.relaxed.wasm", wasm = embed "dist/attention.relaxed.wasm"),
  ],
  bindings = [
    (name = "CORS_ORIGINS", fromEnvironment = "CORS_ORIGINS"),
    (name = "TIMEOUT_MS", fromEnvironment = "TIMEOUT_MS"),
  ],
  compatibilityDate = "2026-11-01",
);
