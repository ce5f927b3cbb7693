// The demo's entry: prints the four mechanisms, then serves the page until it is interrupted. Owns the process (its
// streams, signals and exit codes); what is printed and served is decided elsewhere.
import chalk from "chalk";
import { type Messages, messagesIn } from "../i18n/index.ts";
import { notebook } from "../notebook.ts";
import { readArguments } from "./arguments.ts";
import { printMechanisms } from "./print.ts";
import type { Served } from "./serve.ts";

const widestPrint = 100;
const narrowestPrint = 60;

let served: Served | undefined;

/** An interrupt is how the demo is meant to end, also while it is still starting: exit code 0. */
async function end(): Promise<void> {
  // The terminal has echoed ^C: the shell's prompt gets a line of its own.
  if (process.stdout.isTTY) process.stdout.write("\n");
  try {
    await served?.close();
  } finally {
    process.exit(0);
  }
}

async function main(): Promise<void> {
  const request = readArguments(process.argv.slice(2), process.env);
  const messages = messagesIn[request.language];
  if (request.kind === "error") return fail(2, request.message);
  if (request.kind === "help") return console.log(messages.terminal.help);

  const width = Math.min(widestPrint, Math.max(narrowestPrint, process.stdout.columns ?? 80));
  process.stdout.write(printMechanisms(notebook, { messages, chalk, width }));
  if (!request.once) await servePage(request.port, messages.terminal);
}

async function servePage(
  port: number,
  { served: servedAt, stop, notBuilt, failed }: Messages["terminal"],
): Promise<void> {
  // Imported late: the server is large, and the print should not wait for it.
  const { isBuilt, serve } = await import("./serve.ts");
  if (!isBuilt()) return fail(1, notBuilt);
  try {
    served = await serve(port);
  } catch (error) {
    return fail(1, failed((error as Error).message));
  }
  console.log(`\n${chalk.bold(servedAt(served.url))}\n${stop}`);
}

function fail(code: number, message: string): void {
  console.error(message);
  process.exitCode = code;
}

process.once("SIGINT", end);
process.once("SIGTERM", end);
// The reader of a pipe may leave early (`… | head`): nothing is left to do then.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

await main();
