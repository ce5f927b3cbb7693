// The whole print: inputs → text. Pure; the caller says which colours and how wide, and writes it out.
import type { ChalkInstance } from "chalk";
import { asScore, asShare } from "../format.ts";
import type { Messages } from "../i18n/index.ts";
import type { Inputs, Sequence } from "../inputs.ts";
import { type MechanismResult, mechanisms } from "../mechanisms/index.ts";
import { numpyPrint } from "../numpy.ts";
import { drawLegend, drawTables, type Table } from "./table.ts";
import { displayWidth, padRight, wrap } from "./width.ts";

export interface PrintOptions {
  readonly messages: Messages;
  readonly chalk: ChalkInstance;
  /** Columns of the terminal. */
  readonly width: number;
}

const margin = "  ";

function vectorLines({ words, vectors }: Sequence, { glosses }: Messages): string[] {
  const wordWidth = Math.max(...words.map(displayWidth));
  return words.map((word, i) => {
    const gloss = glosses[word];
    return `${padRight(word, wordWidth)}  [${vectors[i]?.map(asScore).join(" ")}]${gloss ? `  ${gloss}` : ""}`;
  });
}

/** The notebook's scores, the proper weights and output: rows of tables that belong side by side. */
function tablesOf({ notebook, proper }: MechanismResult, { terms }: Messages): Table[][] {
  const { heads } = notebook;
  const scores = heads.map((matrix, h) => ({
    formula: notebook.formula,
    title: `${heads.length > 1 ? terms.head(h + 1) : terms.scores} (${terms.notebook})`,
    matrix,
    format: asScore,
  }));
  const weights = proper.weights.map((matrix, h) => ({
    formula: proper.formulas.weights[h] ?? "",
    title:
      proper.weights.length > 1 ? `${terms.head(h + 1)}: ${terms.headAsks[h]}` : `${terms.weights} (${terms.proper})`,
    matrix,
    format: asShare,
  }));
  const output = {
    title: `${terms.output} (${terms.features})`,
    formula: proper.formulas.output,
    matrix: proper.output,
    format: asShare,
  };
  const projections = proper.projections.map(({ name, matrix }) => ({
    title: name,
    formula: "",
    matrix,
    format: asScore,
  }));
  return heads.length > 1
    ? [scores, weights, [output, ...projections]]
    : [[...scores, ...weights, output, ...projections]];
}

function printMechanism(
  result: MechanismResult,
  number: number,
  inputs: Inputs,
  { messages, chalk, width }: PrintOptions,
): string[] {
  const { title, what, difference } = messages.mechanisms[result.id];
  const { terms } = messages;
  const text = (sentence: string): string[] => wrap(sentence, width - margin.length).map((line) => margin + line);
  const strips = tablesOf(result, messages).flatMap((tables) => drawTables(chalk, tables, width - margin.length));
  const sequences =
    result.id === "cross"
      ? (["question", "answer"] as const).flatMap((name) => [
          "",
          `${margin}${terms[name]}`,
          ...vectorLines(inputs[name], messages).map((line) => margin + line),
        ])
      : [];
  return [
    chalk.bold(`${number}. ${title}`),
    ...text(what),
    ...sequences,
    "",
    // At the left edge and line by line as the notebook has it, to be compared or copied.
    result.notebook.heading,
    ...numpyPrint(result.notebook.printed).split("\n"),
    ...strips.flatMap((strip) => ["", ...strip.map((line) => margin + line)]),
    "",
    ...text(`${terms.difference}: ${difference}`),
    ...(result.proper.projections.length > 0 ? text(messages.projections) : []),
  ];
}

export function printMechanisms(inputs: Inputs, options: PrintOptions): string {
  const { messages, chalk, width } = options;
  const rule = chalk.dim("─".repeat(width));
  const lines = [
    chalk.bold(messages.title),
    ...wrap(messages.lead, width),
    "",
    chalk.bold(messages.terminal.vectors),
    ...vectorLines(inputs.sentence, messages).map((line) => margin + line),
    "",
    ...wrap(messages.reading, width),
    `${drawLegend(chalk)}   ${messages.terminal.legend}`,
    ...mechanisms.flatMap((mechanism, i) => [
      "",
      rule,
      "",
      ...printMechanism(mechanism.compute(inputs), i + 1, inputs, options),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}
