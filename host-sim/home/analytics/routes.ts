import { type Context, Hono } from "hono";
import { pageFiles } from "../web/page-files";
import type { Analytics } from "./analytics";
import { query } from "./database";
import { EXPORT_FORMATS, type ExportFormat, exportRows } from "./export";
import { parseRequest, RequestError, type Requests } from "./request";
import { readMarks } from "./roll-ups";
import { readSeries } from "./series";
import type { Store } from "./store";
import { dateOf, readPeriod } from "./views";

const TYPES: Readonly<Record<ExportFormat, string>> = Object.freeze({
  csv: "text/csv; charset=utf-8",
  parquet: "application/vnd.apache.parquet",
});

/** Each takes a thread of DuckDB and room on the disk. */
const CONCURRENT_EXPORTS = 2;

/** `/` the page, `/api/...` what it and others ask for. All URLs are relative: the routes can be mounted anywhere. */
export function analyticsRoutes(analytics: Analytics): Hono {
  const routes = new Hono();
  routes.onError((error, context) => {
    if (error instanceof RequestError) return context.json({ error: error.message }, 400);
    if (error instanceof Unavailable)
      return context.json({ error: error.message }, 503, { "retry-after": "5" });
    throw error;
  });
  routes.use("/api/*", async (context, next) => {
    await next();
    context.header("cache-control", "no-store");
  });
  routes.get("/api/devices", async (context) => {
    ask(context, "nothing");
    return context.json({ devices: await devices(analytics) });
  });
  routes.get("/api/series", async (context) => context.json(await series(analytics, ask(context, "series"))));
  routes.get("/api/status", async (context) => {
    ask(context, "nothing");
    return context.json(await status(analytics));
  });
  routes.get("/api/incidents", async (context) => {
    const { limit } = ask(context, "incidents");
    const incidents = await storeOf(analytics).incidents(limit);
    return context.json({ incidents: incidents.map((one) => ({ ...one, time: isoTime(one.time) })) });
  });
  let exports = 0;
  for (const format of EXPORT_FORMATS)
    routes.get(`/api/export.${format}`, async (context) => {
      const request = ask(context, "export");
      if (exports >= CONCURRENT_EXPORTS) throw new Unavailable(`${CONCURRENT_EXPORTS} exports are under way`);
      exports += 1;
      try {
        const body = await exported(analytics, format, request);
        return context.body(body, 200, {
          "content-type": TYPES[format],
          "content-disposition": `attachment; filename="temperatures-${request.table}.${format}"`,
        });
      } finally {
        exports -= 1;
      }
    });
  routes.all("/api/*", (context) => context.json({ error: "there is no such resource" }, 404));
  routes.route("/", page());
  return routes;
}

function page(): Hono {
  try {
    return pageFiles("analytics");
  } catch (error) {
    return new Hono().get("/", (context) => context.text((error as Error).message, 503));
  }
}

class Unavailable extends Error {}

function storeOf({ store }: Analytics): Store {
  if (!store) throw new Unavailable("the service is not running");
  return store;
}

function ask<Name extends keyof Requests>(context: Context, name: Name): Requests[Name] {
  return parseRequest(name, context.req.queries());
}

async function devices(analytics: Analytics): Promise<readonly object[]> {
  const { database } = storeOf(analytics);
  const rows = await database.read((connection) =>
    query(
      connection,
      `SELECT name, latest.value AS value FROM devices LEFT JOIN (
         SELECT device, arg_max(value, time) AS value FROM readings
         WHERE time >= coalesce((SELECT time FROM marks WHERE name = 'days'), TIMESTAMP 'epoch') - INTERVAL 2 DAY GROUP BY device
       ) AS latest ON id = latest.device ORDER BY name`,
    ),
  );
  return rows.map(({ name, value }) => {
    const lastTime = analytics.devices.get(String(name))?.lastTime ?? 0n;
    return {
      name,
      /** °C; null when the last reading is older than some days. */
      value: value ?? null,
      time: lastTime === 0n ? null : isoTime(lastTime),
    };
  });
}

async function series(analytics: Analytics, request: Requests["series"]): Promise<object> {
  const { database } = storeOf(analytics);
  const { now } = analytics;
  const today = dateOf(now, database.timeZone);
  const chosen = chosenDevices(analytics, request.device);
  const period = await readPeriod(database, request.view, request.at ?? today);
  const { from, to, resolution, previous, next } = period;
  const numbers = [...chosen.values()];
  const found = await readSeries(database, { from, to, resolution, devices: numbers }, now);
  const names = new Map([...chosen].map(([name, id]) => [id, name]));
  return {
    view: request.view,
    from: isoTime(from),
    to: isoTime(to),
    now: isoTime(now),
    previous,
    next: to <= now ? next : null,
    resolution,
    timeZone: database.timeZone,
    unit: "°C",
    series: found.map((one) => ({ ...one, device: names.get(one.device) })),
  };
}

async function status(analytics: Analytics): Promise<object> {
  const { database } = storeOf(analytics);
  const marks = await database.read(readMarks);
  return {
    ...analytics.status,
    stored: await storeOf(analytics).counts(),
    completeUpTo: Object.fromEntries(
      Object.entries(marks).map(([name, time]) => [name, time === 0n ? null : isoTime(time)]),
    ),
    timeZone: database.timeZone,
  };
}

async function exported(
  analytics: Analytics,
  format: ExportFormat,
  { table, from, to, device }: Requests["export"],
): Promise<ReadableStream<Uint8Array>> {
  const { database } = storeOf(analytics);
  const range = { from: from ?? 0n, to: to ?? analytics.now + 1_000_000n };
  if (range.from >= range.to) throw new RequestError("from: it is before to");
  return exportRows(database, {
    format,
    table,
    ...range,
    devices: [...chosenDevices(analytics, device).values()],
    // They were numbered as they came.
    names: [...analytics.devices].sort(([, one], [, other]) => one.id - other.id).map(([name]) => name),
  });
}

/** Numbers by name; all devices where none is named. */
function chosenDevices(analytics: Analytics, names: readonly string[]): ReadonlyMap<string, number> {
  const known = analytics.devices;
  if (names.length === 0) return new Map([...known].sort().map(([name, { id }]) => [name, id]));
  return new Map(
    names.map((name) => {
      const device = known.get(name);
      if (!device) throw new RequestError(`device: there is no ${JSON.stringify(name)}`);
      return [name, device.id];
    }),
  );
}

/** @param time - µs since 1970 */
function isoTime(time: bigint): string {
  return new Date(Number(time / 1_000n)).toISOString();
}
