import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assert, fuzzProperty } from "../fuzz-property";
import { properties } from "../properties";
import { batchSeed, planOf } from "./plan";
import { textOf } from "./report";
import { caseAt, runBatch } from "./run-batch";

describe("the plan of a long run", () => {
  it("has all runs, and of each property its share", () => {
    const plan = planOf(properties, 1_000_000, 1);
    expect(plan.reduce((sum, { runs }) => sum + runs, 0)).toBe(1_000_000);
    properties.forEach(({ share, batch }, index) => {
      const own = plan.filter(({ property }) => property === index);
      expect(own.reduce((sum, { runs }) => sum + runs, 0)).toBe(share * 1000);
      expect(Math.max(...own.map(({ runs }) => runs))).toBeLessThanOrEqual(batch);
    });
  });

  it("loses no run by rounding", () => {
    for (const runs of [1, 7, 99, 12_345])
      expect(planOf(properties, runs, 1).reduce((sum, batch) => sum + batch.runs, 0)).toBe(runs);
  });

  it("is the same for the same seed, with another seed for each batch", () => {
    const plan = planOf(properties, 300_000, 5);
    expect(planOf(properties, 300_000, 5)).toEqual(plan);
    expect(new Set(plan.map(({ seed }) => seed)).size).toBe(plan.length);
    expect(batchSeed(5, "a", 0)).not.toBe(batchSeed(6, "a", 0));
  });
});

describe("a property that fails", () => {
  const property = fuzzProperty(
    "no 7 before an 8",
    1,
    fc.record({ stream: fc.uint8Array({ maxLength: 60 }), cuts: fc.constant([1]) }),
    ({ stream }) => {
      const at = stream.indexOf(7);
      assert(at < 0 || stream.indexOf(8, at) < 0, "a 7 before an 8");
      return "read";
    },
  );
  const batch = { property: 0, seed: 3, runs: 20_000 };

  it("is reported with its seed and a case that is shrunk to the bytes that matter", () => {
    let runs = 0;
    const { failure } = runBatch(property, batch, () => {
      runs += 1;
    });
    expect(failure).toMatchObject({ property: "no 7 before an 8", seed: 3 });
    expect(failure?.text).toBe('{"stream":"hex:0708","cuts":[1]}');
    expect(failure?.error).toMatch(/a 7 before an 8/);
    expect(runs).toBeGreaterThan(0);
  });

  it("makes the case of a run that hangs again, without checking it", () => {
    const cases: unknown[] = [];
    const hanging = fuzzProperty("all", 1, property.arbitrary, (value) => {
      cases.push(value);
      return "read";
    });
    runBatch(hanging, { ...batch, runs: 10 }, () => undefined);
    expect(caseAt(hanging, batch, 6)).toEqual(cases[6]);
  });

  it("makes a report of 80 columns", () => {
    const { failure, outcomes } = runBatch(property, batch, () => undefined);
    const reports = properties.map(({ name }) => ({ name, runs: 1_000_000, milliseconds: 1000, outcomes }));
    const report = {
      ...{ seed: 2 ** 31 - 1, runs: 1_000_000, workers: 64, seconds: 671, peakMemory: 1234 },
      properties: reports,
    };
    const clean = textOf({ ...report, failure: undefined });
    expect(clean).toContain("clean: 1,000,000 runs in 11 min 11 s, seed 2147483647");
    for (const line of clean.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(textOf({ ...report, failure })).toContain('case      {"stream":"hex:0708","cuts":[1]}');
  });
});
