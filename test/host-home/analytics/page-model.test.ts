import { describe, expect, it } from "vitest";
import {
  align,
  type DeviceSeries,
  degrees,
  describeGap,
  describeTime,
  describeView,
  figures,
  indexAt,
} from "../../../host-sim/home/analytics/page/model";

function series(device: string, time: readonly number[], gaps: DeviceSeries["gaps"] = []): DeviceSeries {
  return {
    device,
    time,
    minimum: time.map((one) => one / 10),
    mean: time.map((one) => one / 10 + 1),
    maximum: time.map((one) => one / 10 + 2),
    count: time.map((_, index) => index + 1),
    gaps,
  };
}

const ZONE = "Europe/Berlin";
const seconds = (text: string): number => Date.parse(text) / 1_000;

describe("series on one row of times", () => {
  it("have null in a gap, all over it, and nothing where only the other has a value", () => {
    const { time, devices } = align([series("a", [0, 60, 300], [[120, 300]]), series("b", [0, 90, 180])]);
    expect(time).toEqual([0, 60, 90, 120, 180, 300]);
    expect(devices[0]?.mean).toEqual([1, 7, undefined, null, null, 31]);
    expect(devices[1]?.minimum).toEqual([0, undefined, 9, undefined, 18, undefined]);
  });

  it("of one device without gaps are as they were", () => {
    const { time, devices } = align([series("a", [0, 60])]);
    expect(time).toEqual([0, 60]);
    expect(devices).toEqual([{ minimum: [0, 6], mean: [1, 7], maximum: [2, 8] }]);
  });
});

it("figures of a view weigh each mean with its readings", () => {
  expect(figures(series("a", [0, 60]))).toEqual({ minimum: 0, mean: 5, maximum: 8, readings: 3 });
  expect(figures(series("a", []))).toBeUndefined();
});

describe("the value at a time", () => {
  const one = series("a", [0, 60, 120, 300], [[180, 300]]);
  it.each([
    [0, 0],
    [59, 0],
    [60, 1],
    [179, 2],
    [180, undefined],
    [299, undefined],
    [300, 3],
    [359, 3],
    [360, undefined],
    [-1, undefined],
  ])("%d s is the period that it lies in: %s", (at, index) => {
    expect(indexAt(one, at, 60)).toBe(index);
  });
});

describe("in words", () => {
  it("a temperature has a true minus", () => {
    expect(degrees(-3.45)).toBe("\u22123.5\u00a0°C");
    expect(degrees(21.449)).toBe("21.4\u00a0°C");
  });

  it.each([
    ["day", "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z", "Monday 23 November 2026"],
    ["week", "2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z", "16 Nov to 22 November 2026"],
    ["month", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z", "October 2026"],
    ["year", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z", "2026"],
  ] as const)("a %s is named by the calendar of the zone", (view, from, to, text) => {
    // Versions of the calendar data differ about the comma.
    expect(describeView({ view, from, to, timeZone: ZONE }).replace(",", "")).toBe(text);
  });

  it("times and gaps of a day are those of a clock", () => {
    const answer = { view: "day", resolution: "minutes", timeZone: ZONE } as const;
    expect(describeTime(seconds("2026-11-23T05:07:00Z"), answer)).toBe("06:07");
    expect(describeGap([seconds("2026-11-23T05:07:00Z"), seconds("2026-11-23T23:00:00Z")], answer)).toBe(
      "06:07 to 00:00",
    );
  });
});
