import { statSync } from "node:fs";
import { Analytics } from "../../../host-sim/home/analytics/analytics";
import { Database, timestamp } from "../../../host-sim/home/analytics/database";
import { advanceRollUps } from "../../../host-sim/home/analytics/roll-ups";
import { Store } from "../../../host-sim/home/analytics/store";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";

export interface YearOptions {
  /** DuckDB file; not there yet. */
  readonly file: string;
  readonly devices: number;
  /** s between two readings of a device. */
  readonly interval: number;
  readonly days: number;
  /** How often each view is asked for. */
  readonly rounds: number;
}

export interface ViewFigures {
  readonly view: string;
  /** Points of all devices in the answer. */
  readonly points: number;
  /** ms, the median of the rounds: the whole request, JSON included. */
  readonly time: number;
  readonly slowest: number;
}

export interface YearFigures {
  readonly rows: number;
  /** ms */
  readonly generated: number;
  /** ms, for all roll-ups of the year. */
  readonly rolledUp: number;
  readonly fileMegabytes: number;
  readonly views: readonly ViewFigures[];
  /** ms: the days of the year out of the readings themselves. */
  readonly withoutRollUps: number;
  /** Time of the year view in times of the day view. */
  readonly ratio: number;
}

const DAY = 86_400_000_000n;

/** Fills a file with readings that DuckDB generates, up to now. @returns how many, and ms for readings and roll-ups */
export async function generate(
  options: YearOptions,
): Promise<{ rows: number; generated: number; rolledUp: number }> {
  const { file, devices, interval, days } = options;
  const database = await Database.open({ file, timeZone: "Europe/Berlin", memory: "4GB" });
  const store = new Store(database);
  // Two minutes old: a service that opens the file gives later times.
  const now = BigInt(Date.now()) * 1_000n - 120_000_000n;
  const steps = Math.round((days * 86_400) / interval);
  try {
    const begun = performance.now();
    await store.write(async (connection) => {
      for (let device = 1; device <= devices; device++)
        await connection.run("INSERT INTO devices VALUES ($1, $2)", [device, `room-${device}`]);
      await connection.run(
        `INSERT INTO readings SELECT device::USMALLINT, time, round(20 + device / 10 + 6 * sin(epoch(time) / 5022429) + 2 * sin(epoch(time) / 13751 + device) + 0.2 * random(), 1), NULL
         FROM (SELECT $from::TIMESTAMP + to_microseconds(step * $interval::BIGINT + device * 1000) AS time, device
               FROM range($steps) AS steps(step), range(1, $devices + 1) AS all_devices(device))`,
        {
          from: timestamp(now - BigInt(days) * DAY),
          steps,
          devices,
          interval: BigInt(interval) * 1_000_000n,
        },
      );
    });
    const generated = performance.now() - begun;
    await store.write((connection) => advanceRollUps(connection, now, database.timeZone));
    return { rows: steps * devices, generated, rolledUp: performance.now() - begun - generated };
  } finally {
    await database.close();
  }
}

/** Asks a running service for its views, one after the other, again and again. */
export async function measureYear(options: YearOptions): Promise<YearFigures> {
  const made = await generate(options);
  const broker = new EmbeddedBroker({ port: 0 });
  await broker.start();
  const analytics = new Analytics({
    broker: broker.address,
    file: options.file,
    retention: { readings: 36_525 },
  });
  try {
    await analytics.start();
    const at = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
    // The year is the calendar's: that before, and this one so far, are each a part of the rows.
    const views = ["day", "week", "month", "year"] as const;
    const figures = await measureViews(
      analytics,
      views.map((view) => `view=${view}&at=${at}`),
      options.rounds,
    );
    const withoutRollUps = await measureReadings(analytics);
    const time = (view: string): number => figures.find((one) => one.view === view)?.time ?? Number.NaN;
    return {
      ...made,
      fileMegabytes: statSync(options.file).size / 1e6,
      views: figures,
      withoutRollUps,
      ratio: time("year") / time("day"),
    };
  } finally {
    await analytics.stop();
    await broker.stop();
  }
}

async function measureViews(
  analytics: Analytics,
  requests: readonly string[],
  rounds: number,
): Promise<ViewFigures[]> {
  const times = new Map<string, number[]>(requests.map((request) => [request, []]));
  const points = new Map<string, number>();
  for (let round = -1; round < rounds; round++)
    for (const request of requests) {
      const begun = performance.now();
      const response = await analytics.routes.request(`/api/series?${request}`);
      const text = await response.text();
      const time = performance.now() - begun;
      if (response.status !== 200) throw new Error(text);
      // The first round warms up.
      if (round >= 0) times.get(request)!.push(time);
      const { series } = JSON.parse(text) as { series: { time: number[] }[] };
      points.set(
        request,
        series.reduce((sum, one) => sum + one.time.length, 0),
      );
    }
  return requests.map((request) => {
    const sorted = times.get(request)!.sort((a, b) => a - b);
    return {
      view: new URLSearchParams(request).get("view")!,
      points: points.get(request)!,
      time: sorted[sorted.length >> 1]!,
      slowest: sorted.at(-1)!,
    };
  });
}

async function measureReadings(analytics: Analytics): Promise<number> {
  const begun = performance.now();
  await analytics.store?.database.read((connection) =>
    connection.run(
      `SELECT device, date_trunc('day', time AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Berlin') AS day, min(value), avg(value), max(value), count(*)
       FROM readings GROUP BY ALL ORDER BY ALL`,
    ),
  );
  return performance.now() - begun;
}
