import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Coverage, countOf, coverageOf, isComplete, reportOf } from "./coverage";
import { runStatementTests } from "./run-tests";
import { parseReasons, parseStatements, VERSIONS } from "./statements";

/** What each normative statement that binds a client is tested by. @param root - of the repository, absolute */
export function measureConformance(root: string): Coverage {
  const read = (file: string): string => readFileSync(`${root}test/conformance/${file}`, "utf8");
  const statements = VERSIONS.flatMap((version) =>
    parseStatements(version, read(`normative-${version}.tsv`)),
  );
  return coverageOf(statements, parseReasons(read("reasons.tsv")), runStatementTests(root));
}

/** The command `npm run conformance [-- --json]`. @returns its exit code */
export function main(root: string, parameters: string[]): number {
  const { values } = parseArgs({ args: parameters, options: { json: { type: "boolean" } } });
  const coverage = measureConformance(root);
  const counts = Object.fromEntries(VERSIONS.map((version) => [version, countOf(coverage, version)]));
  const text = values.json ? JSON.stringify({ ...counts, ...coverage }, undefined, 2) : reportOf(coverage);
  process.stdout.write(`${text}\n`);
  return isComplete(coverage) ? 0 : 1;
}
