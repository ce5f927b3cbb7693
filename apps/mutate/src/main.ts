// Whether the tests are worth their time: puts one classic bug after the other into a copy of the sources, runs the suites
// that should catch it, and ends with 1 where none does.
//   mutate [words…]    only bugs with one of the words in their name or file; --list names them
import { parseArgs } from "node:util";
import { root } from "@attn/packed";
import chalk from "chalk";
import Table from "cli-table3";
import { applied, type Bug, type Suite, withBug } from "./bug.ts";
import { bugs } from "./bugs.ts";
import { makeCopy } from "./copy.ts";
import { type Outcome, runTests } from "./tests.ts";

const { positionals, values } = parseArgs({
  // pnpm hands a separating "--" on.
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  allowPositionals: true,
  options: { list: { type: "boolean" } },
});
const words = positionals.map((word) => word.toLowerCase());
const isChosen = ({ name, file }: Bug): boolean =>
  words.length === 0 || words.some((word) => `${name} ${file}`.toLowerCase().includes(word));
const chosen = bugs.filter(isChosen);

/** Every bug of the list has its place, also those that are not chosen: all that is wrong is said at once. */
function checkAll(): void {
  const wrong = bugs.flatMap((bug) => {
    try {
      applied(bug, root);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

const suiteName = ({ folder, file, only }: Suite): string =>
  `${folder.replace(/^(packages|apps)\//, "")}/${file}${only ? `: ${only}` : ""}`;
const say = (text: string): void => void process.stderr.write(text);
const isCaught = ({ failed }: Outcome): boolean => failed > 0;

function verdict(outcome: Outcome): string {
  if (outcome.broken !== undefined) return chalk.red("broken");
  return isCaught(outcome) ? `${outcome.failed} of ${outcome.failed + outcome.passed}` : chalk.red("not caught");
}

/** Without a bug everything passes: else nothing that fails would say anything. */
async function checkBaseline(copy: string): Promise<void> {
  const suites = new Map(chosen.map(({ suite }) => [suiteName(suite), suite]));
  for (const [name, suite] of suites) {
    say(`without a bug, ${name} … `);
    const { passed, failed, broken } = await runTests(copy, suite);
    if (failed > 0 || broken !== undefined)
      throw new Error(`without a bug ${name} must pass, got ${failed} failed of ${passed + failed}\n${broken ?? ""}`);
    say(`${passed} passed\n`);
  }
}

async function mutate(): Promise<void> {
  using copy = makeCopy();
  await checkBaseline(copy.root);
  const outcomes: [bug: Bug, outcome: Outcome][] = [];
  for (const [i, bug] of chosen.entries()) {
    say(`${i + 1} of ${chosen.length}, ${bug.name} … `);
    const begin = performance.now();
    const outcome = await withBug(bug, copy.root, () => runTests(copy.root, bug.suite));
    outcomes.push([bug, outcome]);
    say(`${verdict(outcome)} (${((performance.now() - begin) / 1000).toFixed(0)} s)\n`);
    if (outcome.broken !== undefined) say(`${outcome.broken}\n`);
  }
  const table = new Table({ head: ["bug", "in", "tests", "caught by"], style: { head: [], border: [] } });
  for (const [{ name, file, suite }, outcome] of outcomes)
    table.push([name, file.replace(/^(packages|apps)\//, ""), suiteName(suite), verdict(outcome)]);
  console.log(table.toString());
  const caught = outcomes.filter(([, outcome]) => isCaught(outcome)).length;
  console.log(`${caught} caught, ${outcomes.length - caught} not caught`);
  if (caught < outcomes.length) process.exitCode = 1;
}

try {
  checkAll();
  if (chosen.length === 0) throw new Error(`no bug has one of these words: ${words.join(", ")}; --list names them`);
  if (values.list) for (const { name, file, suite } of chosen) console.log(`${name}\n  ${file} · ${suiteName(suite)}`);
  else await mutate();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
