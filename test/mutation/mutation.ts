import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { coverageOf, type StatementCoverage, type TestResult } from "../conformance/coverage";
import { runStatementTests } from "../conformance/run-tests";
import { parseStatements, VERSIONS } from "../conformance/statements";
import { type MutationReport, parseExcuses, resultOf, textOf } from "./report";

/** Percent of the mutants that tests have to kill. */
const GOAL = 90;

/**
 * The command `npm run mutation`: Stryker, then the report. `--report` reports on the last run; other options go to Stryker:
 * `--mutate device/mqtt/topic.ts`, `--force` (nothing is taken from the last run).
 * @param root - of the repository, absolute
 * @returns its exit code: 0 when the goal is reached and every statement is proven
 */
export function main(root: string, parameters: string[]): number {
  if (!parameters.includes("--report")) {
    const stryker = `${root}node_modules/@stryker-mutator/core/bin/stryker.js`;
    const { status } = spawnSync(
      process.execPath,
      [stryker, "run", "test/mutation/stryker.config.mjs", ...parameters],
      { cwd: root, stdio: "inherit" },
    );
    if (status !== 0) return status ?? 1;
  }
  const read = (file: string): string => readFileSync(root + file, "utf8");
  const report = JSON.parse(read(".cache/mutation/mutation.json")) as MutationReport;
  const tests = runStatementTests(root);
  const statements = coveredBy(tests, read);
  const result = resultOf(report, statements, tests, parseExcuses(read("test/mutation/survivors.tsv")));
  writeFileSync(`${root}.cache/mutation/result.json`, JSON.stringify(result, undefined, 1));
  process.stdout.write(`${textOf(result)}\n`);
  return result.score >= GOAL && result.unproven.length === 0 ? 0 : 1;
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
