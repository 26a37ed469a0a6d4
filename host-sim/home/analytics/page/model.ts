/** What `api/series` answers. */
export interface Answer {
  readonly view: ViewName;
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
  readonly now: string;
  /** Dates of the views before and after; null: that is in the future. */
  readonly previous: string;
  readonly next: string | null;
  readonly resolution: "minutes" | "hours" | "days";
  readonly timeZone: string;
  readonly series: readonly DeviceSeries[];
}

/** Lists of equal length, the oldest first. */
export interface DeviceSeries {
  readonly device: string;
  /** Beginnings, s since 1970. */
  readonly time: readonly number[];
  /** °C */
  readonly minimum: readonly number[];
  readonly mean: readonly number[];
  readonly maximum: readonly number[];
  readonly count: readonly number[];
  /** s since 1970. */
  readonly gaps: readonly (readonly [from: number, to: number])[];
}

export const VIEW_NAMES = ["day", "week", "month", "year"] as const;
export type ViewName = (typeof VIEW_NAMES)[number];

/** Null where a device has a gap; undefined where another device has a value and this one is on its line in between. */
export type Values = (number | null | undefined)[];

export interface Aligned {
  /** s since 1970, ascending. */
  readonly time: number[];
  /** By device, in the order given. */
  readonly devices: readonly { readonly minimum: Values; readonly mean: Values; readonly maximum: Values }[];
}

/** Lays the series of several devices on one row of times, gaps in it. */
export function align(series: readonly DeviceSeries[]): Aligned {
  const times = new Set<number>();
  for (const { time, gaps } of series) {
    for (const one of time) times.add(one);
    for (const [from] of gaps) times.add(from);
  }
  const time = [...times].sort((a, b) => a - b);
  const indices = new Map(time.map((one, index) => [one, index]));
  const place = (one: DeviceSeries, values: readonly number[]): Values => {
    const placed: Values = new Array(time.length).fill(undefined);
    for (const [from, to] of one.gaps)
      for (let index = indices.get(from)!; index < time.length && time[index]! < to; index++)
        placed[index] = null;
    one.time.forEach((at, index) => {
      placed[indices.get(at)!] = values[index];
    });
    return placed;
  };
  return {
    time,
    devices: series.map((one) => ({
      minimum: place(one, one.minimum),
      mean: place(one, one.mean),
      maximum: place(one, one.maximum),
    })),
  };
}

export interface Figures {
  readonly minimum: number;
  readonly mean: number;
  readonly maximum: number;
  readonly readings: number;
}

/** Of the whole view; undefined without a reading. */
export function figures({ minimum, mean, maximum, count }: DeviceSeries): Figures | undefined {
  const readings = count.reduce((sum, one) => sum + one, 0);
  if (readings === 0) return undefined;
  return {
    minimum: minimum.reduce((a, b) => Math.min(a, b)),
    mean: mean.reduce((sum, one, index) => sum + one * count[index]!, 0) / readings,
    maximum: maximum.reduce((a, b) => Math.max(a, b)),
    readings,
  };
}

/** `21.5 °C`, with a true minus. */
export function degrees(value: number): string {
  return `${value.toFixed(1).replace("-", "\u2212")}\u00a0°C`;
}

type Format = Intl.DateTimeFormatOptions;

const CLOCK: Format = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DATE: Format = { weekday: "short", day: "numeric", month: "short" };

/** When a period of this resolution began: `14:05`, `Mon, 23 Nov, 14:00`, `Mon, 23 Nov 2026`. @param time - s since 1970 */
export function describeTime(
  time: number,
  { view, resolution, timeZone }: Pick<Answer, "view" | "resolution" | "timeZone">,
): string {
  if (resolution === "days") return format(time, { ...DATE, year: "numeric", timeZone });
  return format(time, view === "day" ? { ...CLOCK, timeZone } : { ...DATE, ...CLOCK, timeZone });
}

/** `10:00 to 11:30`, of a day; longer ones with dates. */
export function describeGap(
  [from, to]: readonly [number, number],
  { view, timeZone }: Pick<Answer, "view" | "timeZone">,
): string {
  const options: Format = view === "day" ? { ...CLOCK, timeZone } : { ...DATE, ...CLOCK, timeZone };
  return `${format(from, options)} to ${format(to, options)}`;
}

/** What a view shows: `Monday, 23 November 2026`, `16 to 22 November 2026`, `November 2026`, `2026`. */
export function describeView({
  view,
  from,
  to,
  timeZone,
}: Pick<Answer, "view" | "from" | "to" | "timeZone">): string {
  const begin = Date.parse(from) / 1_000;
  // The end is the midnight after.
  const end = Date.parse(to) / 1_000 - 43_200;
  const long: Format = { day: "numeric", month: "long", year: "numeric", timeZone };
  switch (view) {
    case "day":
      return format(begin, { weekday: "long", ...long });
    case "week":
      return `${format(begin, { day: "numeric", month: "short", timeZone })} to ${format(end, long)}`;
    case "month":
      return format(begin, { month: "long", year: "numeric", timeZone });
    case "year":
      return format(begin, { year: "numeric", timeZone });
  }
}

/** Labels of the axis: hours of a day, days of a week or month, months of a year. */
export function describeTick(time: number, { view, timeZone }: Pick<Answer, "view" | "timeZone">): string {
  const options: Readonly<Record<ViewName, Format>> = {
    day: CLOCK,
    week: { weekday: "short", day: "numeric" },
    month: { day: "numeric", month: "short" },
    year: { month: "short" },
  };
  return format(time, { ...options[view], timeZone });
}

/**
 * The entry nearest before a time, where the device has one there.
 * @returns its index, or undefined in a gap and outside of the series
 */
export function indexAt({ time, gaps }: DeviceSeries, at: number, period: number): number | undefined {
  if (gaps.some(([from, to]) => at >= from && at < to)) return undefined;
  let low = 0;
  let high = time.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (time[middle]! <= at) low = middle + 1;
    else high = middle - 1;
  }
  if (high < 0) return undefined;
  const isLast = high === time.length - 1;
  return isLast && at >= time[high]! + Math.max(period, 60) ? undefined : high;
}

function format(time: number, options: Format): string {
  return new Intl.DateTimeFormat("en-GB", options).format(time * 1_000);
}
