import { expect, test } from "vitest";
import { BackOff } from "../../device/client/reliable/back-off";

test("with the least jitter every delay is half of the minimum", () => {
  const backOff = new BackOff(1000, 60_000, () => 0);
  expect([backOff.next(), backOff.next(), backOff.next()]).toEqual([500, 500, 500]);
});

test("the longest delay doubles up to the maximum, and begins anew after a reset", () => {
  const backOff = new BackOff(1000, 60_000, () => 0.999_999_9);
  const delays = Array.from({ length: 8 }, () => backOff.next());
  expect(delays).toEqual([2500, 4500, 8500, 16_500, 32_500, 60_000, 60_000, 60_000]);
  backOff.reset();
  expect(backOff.next()).toBe(2500);
});

test("thousands of attempts do not overflow", () => {
  const backOff = new BackOff(1000, 60_000, () => 0.5);
  for (let count = 0; count < 5000; count += 1) backOff.next();
  expect(backOff.next()).toBe(30_250);
});

test("the slow delay is between half and all of the maximum", () => {
  expect(new BackOff(1000, 60_000, () => 0).slow()).toBe(30_000);
  expect(new BackOff(1000, 60_000, () => 0.999_999_9).slow()).toBe(60_000);
});

test("slow attempts count: the next that need not be slow is not quick", () => {
  const backOff = new BackOff(1000, 60_000, () => 0.999_999_9);
  backOff.slow();
  expect(backOff.next()).toBe(4500);
  backOff.slow();
  expect(backOff.next()).toBe(16_500);
  for (let count = 0; count < 5000; count += 1) backOff.slow();
  expect(backOff.next()).toBe(60_000);
});
