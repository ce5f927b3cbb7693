// Serves the built page on this machine only. Knows where it was built to and how to find a free port; no printing.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { preview } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

export const isBuilt = (): boolean => existsSync(new URL("../../dist/index.html", import.meta.url));

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on localhost at `port`, or at the next one that is free. */
export async function serve(port: number): Promise<Served> {
  const server = await preview({
    root,
    configFile: false,
    logLevel: "error",
    preview: { host: "localhost", port, strictPort: false },
  });
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error(`no local address for port ${port}`);
  return { url, close: () => server.close() };
}
