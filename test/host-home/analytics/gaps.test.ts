import { describe, expect, it } from "vitest";
import { findGaps } from "../../../host-sim/home/analytics/gaps";

const MINUTE = 60;
const minutes = (...numbers: number[]): number[] => numbers.map((number) => number * MINUTE);

describe("gaps of a device that sends every minute", () => {
  const options = { period: MINUTE, from: undefined, to: 10 * MINUTE };

  it("are none when every minute has a reading", () => {
    expect(findGaps(minutes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), options)).toEqual([]);
  });

  it("go from the end of the last minute with a reading to the next with one", () => {
    expect(findGaps(minutes(0, 1, 2, 3, 7, 8, 9), options)).toEqual([[4 * MINUTE, 7 * MINUTE]]);
  });

  it("go on until now when nothing comes any more", () => {
    expect(findGaps(minutes(0, 1, 2, 3), options)).toEqual([[4 * MINUTE, 10 * MINUTE]]);
  });

  it("do not begin with the minute under way", () => {
    expect(findGaps(minutes(0, 1, 2, 3, 4, 5, 6, 7, 8), options)).toEqual([]);
  });

  it("are before the first reading only when the device was known before", () => {
    expect(findGaps(minutes(5, 6, 7, 8, 9), options)).toEqual([]);
    expect(findGaps(minutes(5, 6, 7, 8, 9), { ...options, from: 0 })).toEqual([[0, 5 * MINUTE]]);
  });

  it("are everything when a known device has no reading at all", () => {
    expect(findGaps([], { ...options, from: 0 })).toEqual([[0, 10 * MINUTE]]);
    expect(findGaps([], options)).toEqual([]);
  });
});

describe("gaps of a device that sends every five minutes", () => {
  const options = { period: MINUTE, from: 0, to: 60 * MINUTE };

  it("are not the minutes in between, nor one message that is missing", () => {
    expect(findGaps(minutes(0, 5, 10, 20, 25, 30, 35, 40, 45, 50, 55), options)).toEqual([]);
  });

  it("are longer than three times five minutes", () => {
    expect(findGaps(minutes(0, 5, 10, 15, 35, 40, 45, 50, 55), options)).toEqual([
      [16 * MINUTE, 35 * MINUTE],
    ]);
  });
});

it("a day of 25 hours is no gap", () => {
  const DAY = 86_400;
  expect(findGaps([0, DAY, 2 * DAY + 3_600, 3 * DAY + 3_600], { period: DAY, from: 0, to: 4 * DAY })).toEqual(
    [],
  );
});
