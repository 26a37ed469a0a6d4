import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { coverageOf, type StatementCoverage, type TestResult } from "../conformance/coverage";
import { runStatementTests } from "../conformance/run-tests";
import { parseStatements, VERSIONS } from "../conformance/statements";
import { withMarkedSection } from "../support/marked-section";
import { type MutationReport, parseExcuses, resultOf, textOf } from "./report";
import { type MutationSummary, section, summaryOf } from "./summary";

/** Percent of the mutants that tests have to kill. */
const GOAL = 90;

/** Files mutated in one run of Stryker, which keeps its results when it has ended: so little is lost when one is broken off. */
const FILES_IN_A_PART = 10;

/**
 * The command `npm run mutation`: Stryker, then the report. Results of mutants whose code and tests have not changed since are
 * kept in .cache/mutation. `--report` reports on the last run; other options go to Stryker: `--mutate device/mqtt/topic.ts`,
 * `--force` (nothing is taken from the last run). `--update` writes the score into test/mutation/results.json and README.md.
 * @param root - of the repository, absolute
 * @returns its exit code: 0 when the goal is reached and every statement is proven
 */
export function main(root: string, options: string[]): number {
  const parameters = options.filter((option) => option !== "--update");
  if (!parameters.includes("--report")) {
    const parts = parameters.includes("--mutate") ? [] : partsOf(root);
    for (const part of parts) if (!stryker(root, ["--mutate", part, ...parameters])) return 1;
    // Puts the parts together: all is known by now.
    const rest = parts.length > 0 ? parameters.filter((parameter) => parameter !== "--force") : parameters;
    if (!stryker(root, rest)) return 1;
  }
  const read = (file: string): string => readFileSync(root + file, "utf8");
  const report = JSON.parse(read(".cache/mutation/mutation.json")) as MutationReport;
  const tests = runStatementTests(root);
  const statements = coveredBy(tests, read);
  const result = resultOf(report, statements, tests, parseExcuses(read("test/mutation/survivors.tsv")));
  writeFileSync(`${root}.cache/mutation/result.json`, JSON.stringify(result, undefined, 1));
  process.stdout.write(`${textOf(result)}\n`);
  if (options.includes("--update")) update(root, summaryOf(result, new Date()));
  return result.score >= GOAL && result.unproven.length === 0 ? 0 : 1;
}

function update(root: string, summary: MutationSummary): void {
  writeFileSync(`${root}test/mutation/results.json`, `${JSON.stringify(summary, undefined, 2)}\n`);
  const readme = withMarkedSection(readFileSync(`${root}README.md`, "utf8"), "mutation", section(summary));
  if (readme === undefined) throw new Error("README.md has no <!-- mutation --> marks");
  writeFileSync(`${root}README.md`, readme);
}

function stryker(root: string, parameters: readonly string[]): boolean {
  const command = `${root}node_modules/@stryker-mutator/core/bin/stryker.js`;
  const { status } = spawnSync(
    process.execPath,
    [command, "run", "test/mutation/stryker.config.mjs", ...parameters],
    { cwd: root, stdio: "inherit" },
  );
  return status === 0;
}

/** What to mutate, in parts. As in stryker.config.mjs. */
function partsOf(root: string): string[] {
  const files = ["device/mqtt", "device/client"].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith("browser-timer.ts"))
      .map((file) => `${folder}/${file}`)
      .sort(),
  );
  return Array.from({ length: Math.ceil(files.length / FILES_IN_A_PART) }, (_, part) =>
    files.slice(part * FILES_IN_A_PART, (part + 1) * FILES_IN_A_PART).join(","),
  );
}

function coveredBy(
  tests: readonly TestResult[],
  read: (file: string) => string,
): readonly StatementCoverage[] {
  const statements = VERSIONS.flatMap((version) =>
    parseStatements(version, read(`test/conformance/normative-${version}.tsv`)),
  );
  return coverageOf(statements, [], tests).statements;
}
