import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { countOf, coverageOf, idsOf, isComplete, reportOf, type TestResult, versionOf } from "./coverage";
import {
  bindsClient,
  parseReasons,
  parseStatements,
  type Reason,
  type Statement,
  VERSIONS,
} from "./statements";

const statements: Statement[] = [
  { version: "3.1.1", id: "MQTT-1.0.0-1", who: "client", paraphrase: "one" },
  { version: "3.1.1", id: "MQTT-1.0.0-2", who: "both", paraphrase: "two" },
  { version: "3.1.1", id: "MQTT-1.0.0-3", who: "server", paraphrase: "three" },
  { version: "5.0", id: "MQTT-1.0.0-1", who: "client", paraphrase: "one of five" },
];

function passed(title: string, file: string = "test/a.test.ts", ...ancestors: string[]): TestResult {
  return { file, ancestors, title, passed: true };
}

const everything = [
  passed("[MQTT-1.0.0-1] [MQTT-1.0.0-2] does both"),
  passed("[MQTT-1.0.0-1] does it", "test/mqtt/version-5/a.test.ts"),
];

test("the tables of both versions have 73 and 134 statements that bind a client, each id once", () => {
  const counts = VERSIONS.map((version) => {
    const text = readFileSync(new URL(`normative-${version}.tsv`, import.meta.url), "utf8");
    const rows = parseStatements(version, text);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    return rows.filter(bindsClient).length;
  });
  expect(counts).toEqual([73, 134]);
});

test("a table with other columns, an empty cell, a wrong id or a wrong party is refused", () => {
  const table = (...rows: string[]) =>
    parseStatements("3.1.1", ["id\twho\tparaphrase", ...rows, ""].join("\n"));
  expect(table("MQTT-1.5.3-1\tboth\ttext")).toEqual([
    { version: "3.1.1", id: "MQTT-1.5.3-1", who: "both", paraphrase: "text" },
  ]);
  for (const row of ["MQTT-1.5.3-1\tboth", "MQTT-1.5.3-1\tboth\t", "MQTT-1\tboth\tt", "MQTT-1.5.3-1\tme\tt"])
    expect(() => table(row)).toThrow();
  expect(() => parseStatements("3.1.1", "id\ttext\n")).toThrow("columns");
  expect(() => parseReasons("version\tid\treason\n4\tMQTT-1.0.0-1\tno\n")).toThrow("version");
});

test("a test claims the ids that its title starts with, and no others", () => {
  expect(idsOf("[MQTT-3.3.1-2] at QoS 0")).toEqual(["MQTT-3.3.1-2"]);
  expect(idsOf("[MQTT-3.3.1-2] [MQTT-2.3.1-5], [MQTT-4.2-1] x")).toEqual([
    "MQTT-3.3.1-2",
    "MQTT-2.3.1-5",
    "MQTT-4.2-1",
  ]);
  expect(idsOf("reads a PUBLISH ([MQTT-3.3.1-2])")).toEqual([]);
});

test("a test is of 5.0 by its folder or by a describe around it, else of 3.1.1", () => {
  const file = "test/mqtt/a.test.ts";
  expect(versionOf({ file, ancestors: [] })).toBe("3.1.1");
  expect(versionOf({ file: "test/version-5.test.ts", ancestors: [] })).toBe("3.1.1");
  expect(versionOf({ file: "test/mqtt/version-5/a.test.ts", ancestors: [] })).toBe("5.0");
  expect(versionOf({ file, ancestors: ["topics", "MQTT 5.0: topics"] })).toBe("5.0");
  expect(versionOf({ file, ancestors: ["MQTT 3.1.1"] })).toBe("3.1.1");
});

test("the same id is a different statement in each version", () => {
  const coverage = coverageOf(statements, [], everything.slice(0, 1));
  expect(countOf(coverage, "3.1.1")).toEqual({ covered: 2, total: 2 });
  expect(countOf(coverage, "5.0")).toEqual({ covered: 0, total: 1 });
  expect(isComplete(coverage)).toBe(false);
  expect(reportOf(coverage)).toBe(
    [
      "3.1.1: 2 of 2, 5.0: 0 of 1",
      "  5.0 [MQTT-1.0.0-1] client: one of five",
      "    NO TEST AND NO REASON",
    ].join("\n"),
  );
});

test("with a test for each statement it is complete", () => {
  const coverage = coverageOf(statements, [], everything);
  expect(isComplete(coverage)).toBe(true);
  expect(reportOf(coverage)).toBe("3.1.1: 2 of 2, 5.0: 1 of 1");
});

test("a reason stands in for a test", () => {
  const reasons: Reason[] = [{ version: "5.0", id: "MQTT-1.0.0-1", reason: "cannot be seen from outside" }];
  const coverage = coverageOf(statements, reasons, everything.slice(0, 1));
  expect(isComplete(coverage)).toBe(true);
  expect(reportOf(coverage)).toContain("    cannot be seen from outside");
});

test("a failed test, an unknown id and a reason without need are faults", () => {
  const failed = { ...passed("[MQTT-1.0.0-1] [MQTT-1.0.0-2] does both"), passed: false };
  const fault = (reasons: Reason[], ...results: TestResult[]) =>
    coverageOf(statements, reasons, [...everything, ...results]).faults;
  expect(fault([], failed)).toEqual(["failed: test/a.test.ts > [MQTT-1.0.0-1] [MQTT-1.0.0-2] does both"]);
  expect(fault([], passed("[MQTT-9.0.0-1] x"))).toEqual([
    "3.1.1 has no MQTT-9.0.0-1: test/a.test.ts > [MQTT-9.0.0-1] x",
  ]);
  const reason = "why";
  expect(fault([{ version: "5.0", id: "MQTT-1.0.0-1", reason }])).toEqual([
    "5.0 MQTT-1.0.0-1 has tests, and a reason for having none",
  ]);
  expect(fault([{ version: "3.1.1", id: "MQTT-1.0.0-3", reason }])).toEqual([
    "a reason for 3.1.1 MQTT-1.0.0-3, which binds no client",
  ]);
});

test("only a failed test counts as failed when it claims a statement", () => {
  const coverage = coverageOf(
    statements,
    [],
    [...everything, { ...passed("something else"), passed: false }],
  );
  expect(isComplete(coverage)).toBe(true);
});
