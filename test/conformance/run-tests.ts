import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { TestResult } from "./coverage";

interface JsonReport {
  testResults: {
    name: string;
    message?: string;
    assertionResults: { ancestorTitles: string[]; title: string; status: string }[];
  }[];
}

/**
 * Runs every test of the tree that has a statement's id in its name.
 * @param root - of the repository, absolute
 * @throws {Error} when Vitest gives no results, or a file of tests could not be loaded
 */
export function runStatementTests(root: string): TestResult[] {
  const outputFile = `${root}.cache/conformance.json`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      `${root}node_modules/vitest/vitest.mjs`,
      ...["run", "--config", "test/vitest.config.ts", "--testNamePattern", "\\[MQTT-"],
      ...["--reporter=json", `--outputFile=${outputFile}`],
    ],
    { cwd: root, encoding: "utf8" },
  );
  if (status === null) throw new Error(`vitest was ended\n${stderr}`);
  return resultsOf(JSON.parse(readFileSync(outputFile, "utf8")) as JsonReport, root);
}

function resultsOf(report: JsonReport, root: string): TestResult[] {
  return report.testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(root, name);
    if (assertionResults.length === 0) throw new Error(`${file} has no tests: ${message}`);
    return assertionResults
      .filter(({ status }) => status === "passed" || status === "failed")
      .map(({ ancestorTitles, title, status }) => ({
        file,
        ancestors: ancestorTitles,
        title,
        passed: status === "passed",
      }));
  });
}
