import { expect, it } from "vitest";
import { loadTestFile } from "../../host-sim/xs/vitest/test-file";
import { thrownBy } from "./support";

const file = await loadTestFile("test/xs/samples/sample.ts");
const run = (name: string): void => file.run(file.names.findIndex((names) => names.at(-1) === name));

it("lists the tests of a file with their suites and the rows of tables", () => {
  expect(file.names.slice(0, 4)).toEqual([
    ["a suite", "passes"],
    ["a suite", "adds one to 1: 2"],
    ["a suite", "adds one to 3: 4"],
    ["a suite", "awaits"],
  ]);
});

it("runs tests, tables, hooks and asynchronous tests", () => {
  for (const name of ["passes", "adds one to 1: 2", "adds one to 3: 4", "awaits"]) run(name);
});

it("fails a test that uses what only Node has", () => {
  expect(() => run("uses what only Node has")).toThrow("get process: undefined variable");
});

it("shows what was expected, and where in the TypeScript source", () => {
  const error = thrownBy(() => run("fails")) as Error & { expected?: string; actual?: string };
  expect(error.message).toContain("to deeply equal");
  expect(error.expected).toContain("home/light");
  expect(error.actual).toContain("home/temp");
  expect(error.stack).toMatch(/test\/xs\/samples\/sample\.ts:23:1/);
});

it("says so when a test never ends", () => {
  expect(() => run("never ends")).toThrow("awaits something that never happens");
});

it("names the reason when a test ends the machine, and goes on with a new one", () => {
  expect(() => run("overflows")).toThrow("stack overflow");
  run("still passes afterwards");
});
