import { beforeEach, describe, expect, it } from "vitest";
import { matches } from "../../../device/mqtt/topic";

// Not a test file of its own: test/xs/test-file.test.ts runs it in XS and looks at what comes out.
let count = 0;
beforeEach(() => {
  count += 1;
});

describe("a suite", () => {
  it("passes", () => expect(matches("home/+", "home/light")).toBe(true));
  it.each([
    [1, 2],
    [3, 4],
  ])("adds one to %i: %i", (a, b) => expect(a + 1).toBe(b));
  it("awaits", async () => {
    await Promise.resolve();
    expect(count).toBe(4);
  });
});
it("uses what only Node has", () => expect(process.env).toBeDefined());
it("fails", () => {
  expect({ topic: "home/temp" }).toEqual({ topic: "home/light" });
});
it("never ends", () => new Promise(() => undefined));
it("overflows", () => {
  const overflow = (): number => 1 + overflow();
  overflow();
});
it("still passes afterwards", () => expect(count).toBe(1));
