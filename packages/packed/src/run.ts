// Runs a command to its end, a package's script on Windows included. Knows nothing of what it runs.
import { xSync } from "tinyexec";

/**
 * What it prints; an Error with all that it said where it fails. Commands are looked for in the folder's node_modules, too.
 * `env` is put over the environment of this process; undefined takes a variable away.
 */
export function run(
  cwd: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): string {
  const { exitCode, stdout, stderr } = xSync(command, args, { nodeOptions: { cwd, env } });
  if (exitCode !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${exitCode}\n${stdout}${stderr}`);
  return stdout;
}
