import { expect, test } from "vitest";
import type { StatementCoverage, TestResult } from "../conformance/coverage";
import { type MutationReport, parseExcuses, resultOf, textOf } from "./report";

const source = "const a = 1;\nif (a < 2) {\n  run();\n}\n";
const condition = { start: { line: 2, column: 5 }, end: { line: 2, column: 10 } };
const block = { start: { line: 2, column: 12 }, end: { line: 4, column: 2 } };

const report: MutationReport = {
  files: {
    "device/a.ts": {
      source,
      mutants: [
        { mutatorName: "EqualityOperator", replacement: "a <= 2", status: "Survived", location: condition },
        { mutatorName: "BlockStatement", replacement: "{}", status: "NoCoverage", location: block },
        {
          mutatorName: "Boolean",
          replacement: "false",
          status: "Killed",
          location: condition,
          killedBy: ["1"],
        },
        { mutatorName: "Boolean", replacement: "true", status: "Timeout", location: condition },
      ],
    },
  },
  testFiles: {
    "test/a.test.ts": {
      tests: [
        { id: "1", name: "a [MQTT-1.0.0-1] does it" },
        { id: "2", name: "a [MQTT-1.0.0-2] does it" },
      ],
    },
  },
};

const tests: TestResult[] = ["MQTT-1.0.0-1", "MQTT-1.0.0-2"].map((id) => ({
  file: "test/a.test.ts",
  ancestors: ["a"],
  title: `[${id}] does it`,
  passed: true,
}));

function statement(id: string, ...names: string[]): StatementCoverage {
  return { version: "3.1.1", id, who: "both", paraphrase: id, tests: names };
}

const proven = statement("MQTT-1.0.0-1", "test/a.test.ts > a > [MQTT-1.0.0-1] does it");
const unproven = statement("MQTT-1.0.0-2", "test/a.test.ts > a > [MQTT-1.0.0-2] does it");
const untested = statement("MQTT-1.0.0-3");

test("the score is killed and timed out of all", () => {
  const result = resultOf(report, [], tests, []);
  expect(result.counts).toEqual({ Survived: 1, NoCoverage: 1, Killed: 1, Timeout: 1 });
  expect([result.score, result.scoreWithReasons]).toEqual([50, 50]);
});

test("survivors are told by place and code, and a reason takes them out of the second score", () => {
  const excuses = parseExcuses("file\toriginal\treplacement\treason\ndevice/a.ts\ta < 2\t*\tthe same\n");
  const result = resultOf(report, [], tests, excuses);
  expect(result.survivors).toMatchObject([
    { line: 2, column: 5, original: "a < 2", replacement: "a <= 2", covered: true, reason: "the same" },
    { original: "{ run(); }", replacement: "{}", covered: false },
  ]);
  expect([result.score, Math.round(result.scoreWithReasons)]).toEqual([50, 67]);
  expect(textOf(result)).toContain("device/a.ts:2:5 EqualityOperator: a < 2 -> a <= 2\n    the same");
  expect(textOf(result)).toContain("{ run(); } -> {}\n    NO TEST REACHES IT");
});

test("a statement is unproven when it has tests and none of them kills a mutant", () => {
  const result = resultOf(report, [proven, unproven, untested], tests, []);
  expect(result.unproven).toEqual([unproven]);
  expect(textOf(result)).toContain("unproven: 3.1.1 [MQTT-1.0.0-2]");
});
