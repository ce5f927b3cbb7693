// The command line, read and judged: arguments and environment → what to do. Prints nothing and ends nothing.
import { parseArgs } from "node:util";
import { messagesIn } from "../i18n/index.ts";
import { isLanguage, type Language, languageOf } from "../language.ts";

export type Request =
  | { readonly kind: "run"; readonly language: Language; readonly once: boolean; readonly port: number }
  | { readonly kind: "help"; readonly language: Language }
  | { readonly kind: "error"; readonly language: Language; readonly message: string };

type Environment = Readonly<Record<string, string | undefined>>;

const options = {
  once: { type: "boolean" },
  port: { type: "string" },
  lang: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;
const isOption = (name: string): name is keyof typeof options => Object.hasOwn(options, name);

const defaultPort = "4173";

const isOn = (variable: string | undefined): boolean =>
  variable !== undefined && !["", "0", "false"].includes(variable.toLowerCase());

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : Number.NaN;
  return port <= 65535 ? port : undefined;
}

export function readArguments(argv: readonly string[], environment: Environment): Request {
  // Package managers differ in whether they hand on the "--" that stands before a script's own arguments.
  const own = argv.slice(argv.findIndex((argument) => argument !== "--"));
  const args = argv.every((argument) => argument === "--") ? [] : own;
  // Not strict: the errors are ours to word, in the reader's language.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });

  const given = new Map<string, string>();
  let language = languageOf(environment.LC_ALL || environment.LC_MESSAGES || environment.LANG);
  for (const token of tokens) {
    if (token.kind === "option" && token.name === "lang" && isLanguage(token.value)) language = token.value;
  }
  const { terminal } = messagesIn[language];
  const error = (message: string): Request => ({ kind: "error", language, message: `${message}. ${terminal.seeHelp}` });

  for (const token of tokens) {
    if (token.kind === "positional") return error(terminal.unexpectedArgument(token.value));
    if (token.kind === "option-terminator") continue;
    const { name, rawName, value } = token;
    if (!isOption(name)) return error(terminal.unknownOption(rawName));
    if (options[name].type === "boolean" && value !== undefined) return error(terminal.needsNoValue(rawName));
    given.set(name, value ?? "");
  }

  if (given.has("help")) return { kind: "help", language };
  const lang = given.get("lang");
  if (lang !== undefined && !isLanguage(lang))
    return error(terminal.badValue("--lang", "ko | en", JSON.stringify(lang)));
  const portText = given.get("port") ?? defaultPort;
  const port = parsePort(portText);
  if (port === undefined) return error(terminal.badValue("--port", terminal.portRange, JSON.stringify(portText)));
  return { kind: "run", language, once: given.has("once") || isOn(environment.CI), port };
}
