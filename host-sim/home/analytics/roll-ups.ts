import type { DuckDBConnection } from "@duckdb/node-api";
import { microseconds, query, timestamp, transaction } from "./database";
import { ROLL_UPS, type RollUp } from "./schema";

/** Up to when each roll-up is complete, exclusive, µs since 1970; 0n where there is none yet. */
export type Marks = Readonly<Record<RollUp, bigint>>;

/** How long what is kept, in days of 24 h; undefined is for ever. */
export interface Retention {
  /** Readings and incidents. Default 90. */
  readonly readings?: number | undefined;
  /** Default 731, two years. */
  readonly minutes?: number | undefined;
}

export const RETENTION: Required<Retention> = Object.freeze({ readings: 90, minutes: 731 });

const AGGREGATED = "min(minimum), max(maximum), sum(total), sum(count)";

/** Beginning of the local day of `time`, in UTC. */
export function startOfDay(time: string): string {
  return `date_trunc('day', (${time} AT TIME ZONE 'UTC') AT TIME ZONE $zone) AT TIME ZONE $zone AT TIME ZONE 'UTC'`;
}

/** What a roll-up is made of, grouped; `$from` inclusive to `$to` exclusive. */
const SOURCES: Readonly<Record<RollUp, string>> = Object.freeze({
  minutes: `SELECT device, time_bucket(INTERVAL 1 MINUTE, time) AS start, min(value), max(value), sum(value), count(*)
    FROM readings WHERE time >= $from AND time < $to GROUP BY ALL ORDER BY start, device`,
  hours: `SELECT device, time_bucket(INTERVAL 1 HOUR, time) AS start, ${AGGREGATED}
    FROM minutes WHERE time >= $from AND time < $to GROUP BY ALL ORDER BY start, device`,
  // Of minutes, not hours: not every zone's midnight is a full hour of UTC.
  days: `SELECT device, ${startOfDay("time")} AS start, ${AGGREGATED}
    FROM minutes WHERE time >= $from AND time < $to GROUP BY ALL ORDER BY start, device`,
});

/** The last moment up to which a roll-up can be complete when all before `$time` is known. */
const LIMITS: Readonly<Record<RollUp, string>> = Object.freeze({
  minutes: "time_bucket(INTERVAL 1 MINUTE, $time::TIMESTAMP)",
  hours: "time_bucket(INTERVAL 1 HOUR, $time::TIMESTAMP)",
  days: startOfDay("$time::TIMESTAMP"),
});

export async function readMarks(connection: DuckDBConnection): Promise<Marks> {
  const rows = await query(connection, "SELECT name, time FROM marks");
  const marks = new Map(rows.map(({ name, time }) => [String(name), microseconds(time) ?? 0n]));
  return {
    minutes: marks.get("minutes") ?? 0n,
    hours: marks.get("hours") ?? 0n,
    days: marks.get("days") ?? 0n,
  };
}

/**
 * Completes minutes, hours and days that are over. Readings never come with a time before `until`, so what is complete stays so. A
 * roll-up's rows and its mark are one transaction: after a crash it goes on where it was.
 * @param until - µs since 1970; all readings before are committed
 */
export async function advanceRollUps(
  connection: DuckDBConnection,
  until: bigint,
  timeZone: string,
): Promise<void> {
  let known = until;
  for (const name of ROLL_UPS) {
    const from = (await readMarks(connection))[name];
    const zone = name === "days" ? { zone: timeZone } : {};
    const [row] = await query(connection, `SELECT ${LIMITS[name]} AS limit`, {
      time: timestamp(known),
      ...zone,
    });
    const to = microseconds(row?.limit) ?? 0n;
    if (to > from) {
      await transaction(connection, async () => {
        const range = { from: timestamp(from), to: timestamp(to), ...zone };
        await connection.run(`INSERT INTO ${name} ${SOURCES[name]}`, range);
        await connection.run("INSERT OR REPLACE INTO marks VALUES ($1, $2)", [name, timestamp(to)]);
      });
    }
    // Days are made of minutes too.
    if (name === "minutes") known = to > from ? to : from;
  }
}

const DAY = 86_400_000_000n;

/**
 * Forgets what is older than its retention, but nothing that a roll-up still needs.
 * @param now - µs since 1970
 */
export async function applyRetention(
  connection: DuckDBConnection,
  now: bigint,
  retention: Retention,
): Promise<void> {
  const { days } = await readMarks(connection);
  const limit = (kept: number): bigint => {
    const time = now - BigInt(kept) * DAY;
    return time < days ? time : days;
  };
  await transaction(connection, async () => {
    if (retention.readings !== undefined) {
      const before = timestamp(limit(retention.readings));
      await connection.run("DELETE FROM readings WHERE time < $1", [before]);
      await connection.run("DELETE FROM incidents WHERE time < $1", [
        timestamp(now - BigInt(retention.readings) * DAY),
      ]);
    }
    if (retention.minutes !== undefined)
      await connection.run("DELETE FROM minutes WHERE time < $1", [timestamp(limit(retention.minutes))]);
  });
}

/**
 * Forgets what is later than now: readings that a wrong clock dated, and the roll-ups of the minute, hour and day under way, which
 * are made again from the readings that stay.
 * @param now - µs since 1970
 */
export async function forgetFuture(
  connection: DuckDBConnection,
  now: bigint,
  timeZone: string,
): Promise<void> {
  await transaction(connection, async () => {
    await connection.run("DELETE FROM readings WHERE time > $1", [timestamp(now)]);
    for (const name of ROLL_UPS) {
      const zone = name === "days" ? { zone: timeZone } : {};
      const begin = LIMITS[name];
      await connection.run(`DELETE FROM ${name} WHERE time >= ${begin}`, { time: timestamp(now), ...zone });
      await connection.run(`UPDATE marks SET time = ${begin} WHERE name = '${name}' AND time > ${begin}`, {
        time: timestamp(now),
        ...zone,
      });
    }
    await connection.run("DELETE FROM marks WHERE name = 'session'");
  });
}
