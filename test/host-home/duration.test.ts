import { expect, test } from "vitest";
import { parseDuration } from "../../host-sim/home/duration";

test.each([
  ["0s", 0],
  ["250ms", 250],
  ["1.5s", 1_500],
  ["2m", 120_000],
  ["24h", 86_400_000],
])("%s is %d ms", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(["", "10", "s", "-1s", "1 s", "1e3s", "10sec", "1.s"])("%j is no time", (text) => {
  expect(() => parseDuration(text)).toThrow(`"${text}" is not a time`);
});
