/** Readings in time order: `[ms since 1970, °C]`; without a value: from here on nothing was heard. */
export type Point = readonly [time: number, celsius: number | null];

/** What the chart shows, ms. */
export const WINDOW: number = 15 * 60_000;
/** Silence of so long is shown as a gap, ms. */
export const GAP = 90_000;
/** Readings come ten a second at most; of what is closer together the newest counts, ms. */
const RESOLUTION = 90;

/** Adds a reading; what has left the window is forgotten. */
export function addReading(series: readonly Point[], time: number, celsius: number): readonly Point[] {
  const last = series.at(-1);
  const begin = series.findIndex(([candidate]) => candidate >= time - WINDOW);
  const kept = begin < 0 ? [] : series.slice(begin);
  if (last && last[1] !== null && time - last[0] < RESOLUTION) {
    // The newest reading counts, at the time of its place.
    return [...kept.slice(0, -1), [last[0], celsius]];
  }
  if (last && time - last[0] > GAP) kept.push([last[0] + 1, null]);
  kept.push([time, celsius]);
  return kept;
}

/** From here on nothing is heard. */
export function addGap(series: readonly Point[]): readonly Point[] {
  const last = series.at(-1);
  return last && last[1] !== null ? [...series, [last[0] + 1, null]] : series;
}

export interface Extent {
  readonly minimum: number;
  readonly maximum: number;
}

export function extentOf(series: readonly Point[]): Extent | undefined {
  let extent: Extent | undefined;
  for (const [, celsius] of series) {
    if (celsius === null) continue;
    const { minimum, maximum } = extent ?? { minimum: celsius, maximum: celsius };
    extent = { minimum: Math.min(minimum, celsius), maximum: Math.max(maximum, celsius) };
  }
  return extent;
}
