/** A time without readings, s since 1970: from the end of the last period that had one to the beginning of the next. */
export type Gap = readonly [from: number, to: number];

export interface GapOptions {
  /** Length of a period, s. */
  readonly period: number;
  /** Beginning of the range, where the device was known before; undefined: it may begin later. */
  readonly from: number | undefined;
  /** End of the range, or now. */
  readonly to: number;
}

/** Periods that a device may let pass, in times of those that it usually does. */
const PATIENCE = 3;

/**
 * Finds the gaps between periods that have readings. A device that sends every five minutes leaves four of five minutes empty, which
 * are no gaps: a gap is longer than three times the usual distance of two periods with readings, the median.
 * @param times - beginnings of periods with readings, s, ascending
 */
export function findGaps(times: readonly number[], { period, from, to }: GapOptions): Gap[] {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined) return from === undefined || to <= from ? [] : [[from, to]];
  const distances = times.slice(1).map((time, index) => time - times[index]!);
  const usual = Math.max(period, median(distances) ?? period);
  const allowed = usual === period ? 1.5 * period : PATIENCE * usual;
  const gaps: Gap[] = [];
  if (from !== undefined && first - from > allowed) gaps.push([from, first]);
  distances.forEach((distance, index) => {
    if (distance > allowed) gaps.push([times[index]! + period, times[index + 1]!]);
  });
  // The period under way, and the one that the device may let pass.
  if (to - last > allowed + period) gaps.push([last + period, to]);
  return gaps;
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
