import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withMarkedSection } from "../support/marked-section";
import { type MutationSummary, section, summaryOf } from "./summary";

const survivor = {
  file: "device/a.ts",
  line: 1,
  column: 1,
  mutator: "Boolean",
  original: "true",
  replacement: "false",
  covered: true,
};

test("the summary counts what is killed, what lives, and what of that has a reason", () => {
  const summary = summaryOf(
    {
      counts: { Killed: 7, Timeout: 1, Survived: 2, Ignored: 5 },
      score: 80.04,
      scoreWithReasons: 88.9,
      survivors: [survivor, { ...survivor, reason: "equivalent" }],
      unproven: [],
    },
    new Date("2026-11-23T12:00:00Z"),
  );
  const expected = { date: "2026-11-23", killed: 8, survived: 2, explained: 1, score: 80, unproven: 0 };
  expect(summary).toEqual(expected);
  expect(section(summary)).toContain("**80 %** of 10 mutants; of the 2 survivors 1 have a reason");
});

test("README.md shows the committed score, which reaches the goal", () => {
  const summary = JSON.parse(readFileSync("test/mutation/results.json", "utf8")) as MutationSummary;
  const readme = readFileSync("README.md", "utf8");
  expect(withMarkedSection(readme, "mutation", section(summary))).toBe(readme);
  expect(summary.score).toBeGreaterThanOrEqual(90);
  expect(summary.unproven).toBe(0);
});
