import type { DuckDBConnection } from "@duckdb/node-api";
import { type Database, deviceList, microseconds, query, timestamp } from "./database";
import { findGaps, type Gap } from "./gaps";
import { type Marks, readMarks, startOfDay } from "./roll-ups";
import type { RollUp } from "./schema";

export interface SeriesQuery {
  /** µs since 1970, inclusive. */
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
  readonly resolution: RollUp;
  /** Numbers of devices. */
  readonly devices: readonly number[];
}

/** One device's roll-ups, oldest first; the lists are of equal length. Periods without a reading have no entry. */
export interface Series {
  readonly device: number;
  /** Beginnings, s since 1970. */
  readonly time: number[];
  /** °C */
  readonly minimum: number[];
  readonly mean: number[];
  readonly maximum: number[];
  /** Readings. */
  readonly count: number[];
  /** Where readings should have come and did not. */
  readonly gaps: readonly Gap[];
}

const COLUMNS = "device, time, minimum, maximum, total, count";
const AGGREGATED =
  "min(minimum) AS minimum, max(maximum) AS maximum, sum(total) AS total, sum(count) AS count";
const SELECTED = "time >= $from AND time < $to AND list_contains($devices, device)";

/** Minutes: complete ones, and those that readings make until then. */
const MINUTES = `
  SELECT ${COLUMNS} FROM minutes WHERE ${SELECTED}
  UNION ALL
  SELECT device, time_bucket(INTERVAL 1 MINUTE, time) AS time, min(value) AS minimum, max(value) AS maximum, sum(value) AS total, count(*) AS count
  FROM readings WHERE time >= $minutes AND ${SELECTED} GROUP BY ALL`;

/** Coarser ones: those that are complete, and what the minutes since make. */
function coarser(name: RollUp, mark: string, start: string): string {
  return `
  SELECT ${COLUMNS} FROM ${name} WHERE ${SELECTED}
  UNION ALL
  SELECT device, ${start} AS start, ${AGGREGATED} FROM (${MINUTES}) AS fine WHERE fine.time >= ${mark} GROUP BY ALL`;
}

const QUERIES: Readonly<Record<RollUp, string>> = Object.freeze({
  minutes: MINUTES,
  hours: coarser("hours", "$hours", "time_bucket(INTERVAL 1 HOUR, fine.time)"),
  days: coarser("days", "$days", startOfDay("fine.time")),
});

/** Length of a period, s; a day may be an hour shorter or longer. */
const SECONDS: Readonly<Record<RollUp, number>> = Object.freeze({ minutes: 60, hours: 3_600, days: 86_400 });

/**
 * Minimum, mean and maximum over time, from roll-ups; only what is newer than they are is counted from readings.
 * @param now - µs since 1970: up to then readings can have come
 */
export async function readSeries(
  database: Database,
  request: SeriesQuery,
  now: bigint,
): Promise<readonly Series[]> {
  return database.read(async (connection) => {
    const marks = await readMarks(connection);
    const rows = await query(
      connection,
      `SELECT device, time, minimum, total / count AS mean, maximum, count FROM (${QUERIES[request.resolution]})
       ORDER BY device, time`,
      parameters(request, marks, database.timeZone),
    );
    const series = new Map<number, Omit<Series, "gaps">>(
      request.devices.map((device) => [
        device,
        { device, time: [], minimum: [], mean: [], maximum: [], count: [] },
      ]),
    );
    for (const row of rows) {
      const one = series.get(Number(row.device));
      one?.time.push(Number((microseconds(row.time) ?? 0n) / 1_000_000n));
      one?.minimum.push(Number(row.minimum));
      one?.mean.push(Number(row.mean));
      one?.maximum.push(Number(row.maximum));
      one?.count.push(Number(row.count));
    }
    const edges = await readEdges(connection, request);
    const end = Number((request.to < now ? request.to : now) / 1_000_000n);
    const period = SECONDS[request.resolution];
    const from = Number(request.from / 1_000_000n);
    return [...series.values()].map((one) => {
      const begin = edges.has(one.device) ? from : undefined;
      return { ...one, gaps: findGaps(one.time, { period, from: begin, to: end }) };
    });
  });
}

function parameters(
  { from, to, resolution, devices }: SeriesQuery,
  marks: Marks,
  timeZone: string,
): Parameters<typeof query>[2] {
  return {
    from: timestamp(from),
    to: timestamp(to),
    devices: deviceList(devices),
    minutes: timestamp(marks.minutes),
    ...(resolution === "hours" ? { hours: timestamp(marks.hours) } : {}),
    ...(resolution === "days" ? { days: timestamp(marks.days), zone: timeZone } : {}),
  };
}

/** Devices that had readings before the range: it begins with a gap when they are missing there. */
async function readEdges(connection: DuckDBConnection, { from }: SeriesQuery): Promise<ReadonlySet<number>> {
  const rows = await query(
    connection,
    `SELECT DISTINCT device FROM days WHERE time < $from
     UNION SELECT DISTINCT device FROM minutes WHERE time < $from AND time >= $since`,
    { from: timestamp(from), since: timestamp(from - 2n * 86_400_000_000n) },
  );
  return new Set(rows.map(({ device }) => Number(device)));
}
