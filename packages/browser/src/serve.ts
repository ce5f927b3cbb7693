// A folder over HTTP on this machine alone, as a static host would serve it.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import sirv from "sirv";

export interface Served extends AsyncDisposable {
  /** Ends in a slash. */
  readonly url: string;
  close(): Promise<void>;
}

/** `headers` come with every answer: a Content-Security-Policy, for one. */
export async function serve(
  folder: string,
  { headers = {} }: { headers?: Record<string, string> } = {},
): Promise<Served> {
  const files = sirv(folder, { dev: true });
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    files(request, response, () => void response.writeHead(404).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close, [Symbol.asyncDispose]: close };
}
