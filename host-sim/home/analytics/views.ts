import { type Database, microseconds, query } from "./database";
import type { RollUp } from "./schema";

export const VIEWS = ["day", "week", "month", "year"] as const;
export type View = (typeof VIEWS)[number];

/** Some hundred points each, whatever the view. */
const RESOLUTIONS: Readonly<Record<View, RollUp>> = Object.freeze({
  day: "minutes",
  week: "hours",
  month: "hours",
  year: "days",
});

export interface Period {
  /** µs since 1970: a local midnight, inclusive. */
  readonly from: bigint;
  /** The next one after the view, exclusive. */
  readonly to: bigint;
  /** Dates of the views before and after, `2026-11-23`. */
  readonly previous: string;
  readonly next: string;
  readonly resolution: RollUp;
}

/**
 * The day, week (from Monday), month or year of a date, by the calendar of the file's time zone; in hours where minutes are no
 * longer kept.
 * @param at - a date, `2026-11-23`
 */
export async function readPeriod(database: Database, view: View, at: string): Promise<Period> {
  const [row] = await database.read((connection) =>
    query(
      connection,
      // The view is one of the four words.
      `WITH first AS (SELECT date_trunc('${view}', $at::DATE)::TIMESTAMP AS day)
       SELECT day AT TIME ZONE $zone AT TIME ZONE 'UTC' AS begin,
         (day + INTERVAL 1 ${view}) AT TIME ZONE $zone AT TIME ZONE 'UTC' AS finish,
         strftime(day - INTERVAL 1 ${view}, '%Y-%m-%d') AS previous, strftime(day + INTERVAL 1 ${view}, '%Y-%m-%d') AS next,
         coalesce((SELECT min(time) FROM hours) < (SELECT min(time) FROM minutes)
           AND (day + INTERVAL 1 ${view}) AT TIME ZONE $zone AT TIME ZONE 'UTC' <= (SELECT min(time) FROM minutes), false) AS faded
       FROM first`,
      { at, zone: database.timeZone },
    ),
  );
  return {
    from: microseconds(row?.begin) ?? 0n,
    to: microseconds(row?.finish) ?? 0n,
    previous: String(row?.previous),
    next: String(row?.next),
    resolution: view === "day" && row?.faded === true ? "hours" : RESOLUTIONS[view],
  };
}

/** The date at a moment, in a zone: `2026-11-23`. @param time - µs since 1970 */
export function dateOf(time: bigint, timeZone: string): string {
  // Sweden writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(Number(time / 1_000n));
}
