import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Analytics } from "../../../host-sim/home/analytics/analytics";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";

let directory: string;
let broker: EmbeddedBroker;
let analytics: Analytics;
let publisher: MqttClient;

async function get(
  path: string,
): Promise<{ status: number; body: Record<string, never> & { error?: string } }> {
  const response = await analytics.routes.request(path);
  return { status: response.status, body: (await response.json()) as never };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "thimble-routes-"));
  broker = new EmbeddedBroker({ port: 0 });
  await broker.start();
  let stored = 0;
  const messages = [
    ["home/temp", "21.5"],
    ["home/attic/temp", "-3.5"],
    ["home/attic/temp", "-2.5"],
    ["home/attic/temp", "unavailable"],
    ["home/attic/temp", "850"],
  ] as const;
  const all = withResolvers();
  analytics = new Analytics({
    broker: broker.address,
    file: join(directory, "readings.duckdb"),
    timeZone: "Europe/Berlin",
    onEvent(event) {
      if (event.event !== "stored") return;
      stored += event.readings + event.incidents.length;
      if (stored === messages.length) all.resolve();
    },
  });
  await analytics.start();
  publisher = await connectAsync(`mqtt://${broker.address.host}:${broker.address.port}`);
  for (const [topic, text] of messages) await publisher.publishAsync(topic, text, { qos: 1 });
  await all.promise;
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

afterAll(async () => {
  await publisher.endAsync(true);
  await analytics.stop();
  await broker.stop();
  await rm(directory, { recursive: true, force: true });
});

describe("the API", () => {
  it("names devices with their last values", async () => {
    const { status, body } = await get("/api/devices");
    expect(status).toBe(200);
    expect(body).toEqual({
      devices: [
        { name: "attic", value: -2.5, time: expect.stringMatching(/^\d{4}-.*Z$/) },
        { name: "temperature-sensor", value: 21.5, time: expect.any(String) },
      ],
    });
  });

  it.each([
    ["day", "minutes"],
    ["week", "hours"],
    ["month", "hours"],
    ["year", "days"],
  ])("shows a %s in %s", async (view, resolution) => {
    const { body } = await get(`/api/series?view=${view}`);
    expect(body).toMatchObject({ view, resolution, timeZone: "Europe/Berlin", unit: "°C", next: null });
    const [attic] = (
      body as unknown as { series: { minimum: number[]; maximum: number[]; count: number[] }[] }
    ).series;
    expect(Math.min(...attic!.minimum)).toBe(-3.5);
    expect(Math.max(...attic!.maximum)).toBe(-2.5);
    expect(attic!.count.reduce((a, b) => a + b)).toBe(2);
  });

  it("shows times by the calendar of the zone, and where the neighbours are", async () => {
    const { body } = await get("/api/series?view=month&at=2026-10-15&device=attic");
    expect(body).toMatchObject({
      from: "2026-09-30T22:00:00.000Z",
      to: "2026-10-31T23:00:00.000Z",
      previous: "2026-09-01",
    });
    expect((await get("/api/series?view=week&at=2026-11-22")).body).toMatchObject({
      from: "2026-11-15T23:00:00.000Z",
      to: "2026-11-22T23:00:00.000Z",
    });
  });

  it("shows only the devices that are asked for", async () => {
    const { body } = await get("/api/series?device=attic");
    expect((body as unknown as { series: { device: string }[] }).series.map(({ device }) => device)).toEqual([
      "attic",
    ]);
  });

  it("tells what was set aside, and what is stored", async () => {
    expect((await get("/api/status")).body).toMatchObject({
      connected: true,
      protocolVersion: 5,
      stored: { readings: 3, incidents: { "not a number": 1, "out of range": 1 } },
      counts: { readings: 3 },
    });
    const { body } = await get("/api/incidents?limit=1");
    expect(body).toMatchObject({
      incidents: [{ kind: "out of range", topic: "home/attic/temp", detail: "850" }],
    });
  });

  it.each([
    ["series?view=decade", "view: a view is day, week, month, year"],
    ["series?view=day&view=week", "view: once is enough"],
    ["series?at=yesterday", "at: a date is written 2026-11-23"],
    ["series?at=9999-01-01", "at: a date is from 1970 to 2099"],
    ["series?at=2026-02-31", "at: there is no such date"],
    ["series?device=kitchen", 'device: there is no "kitchen"'],
    ["series?device=attic'%20OR%20'1'='1", `device: there is no "attic' OR '1'='1"`],
    ["series?from=2026-11-23", "from: there is no such parameter"],
    ["incidents?limit=0", "limit: a limit is from 1 to 1000"],
    ["incidents?limit=1;DROP%20TABLE%20readings", "limit: a limit is from 1 to 1000"],
    ["export.csv?table=settings", "table: a table is readings, minutes, hours, days"],
    ["export.csv?from=now()", "from: a time is written 2026-11-23T07:00:00Z"],
    ["export.csv?from=2026-11-23T07:00:00Z&to=2026-11-22T07:00:00Z", "from: it is before to"],
    ["export.parquet?device=x", 'device: there is no "x"'],
    ["status?verbose=1", "verbose: there is no such parameter"],
  ])("refuses %s", async (path, error) => {
    expect(await get(`/api/${path}`)).toEqual({ status: 400, body: { error } });
  });

  it("has nothing else", async () => {
    expect((await get("/api/secrets")).status).toBe(404);
    expect((await analytics.routes.request("/api/devices", { method: "POST" })).status).toBe(404);
  });

  it("is not there while the service does not run", async () => {
    const idle = new Analytics({ broker: broker.address, file: join(directory, "idle.duckdb") });
    const response = await idle.routes.request("/api/status");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: "the service is not running" });
  });
});

it("a file without a device has empty answers", async () => {
  const empty = new Analytics({ broker: broker.address, file: join(directory, "empty.duckdb") });
  await empty.start();
  const series = await (await empty.routes.request("/api/series")).json();
  expect(series).toMatchObject({ series: [] });
  expect(await (await empty.routes.request("/api/export.csv")).text()).toBe("device,time,temperature\n");
  await empty.stop();
});

describe("an export", () => {
  it("in CSV has a line a reading, times in ISO 8601", async () => {
    const response = await analytics.routes.request("/api/export.csv");
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(response.headers.get("content-disposition")).toBe(
      'attachment; filename="temperatures-readings.csv"',
    );
    const [head, ...lines] = (await response.text()).trim().split("\n");
    expect(head).toBe("device,time,temperature");
    const time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z";
    expect(lines).toEqual([
      expect.stringMatching(`^temperature-sensor,${time},21\\.5$`),
      expect.stringMatching(`^attic,${time},-3\\.5$`),
      expect.stringMatching(`^attic,${time},-2\\.5$`),
    ]);
  });

  it("has only the devices and times that are asked for", async () => {
    const one = await analytics.routes.request("/api/export.csv?device=attic");
    expect((await one.text()).trim().split("\n")).toHaveLength(3);
    const none = await analytics.routes.request("/api/export.csv?to=2026-01-01T00:00:00Z");
    expect(await none.text()).toBe("device,time,temperature\n");
  });

  it("in Parquet is read by DuckDB, with instants", async () => {
    await analytics.rollUp();
    const response = await analytics.routes.request("/api/export.parquet?table=readings&device=attic");
    const file = join(directory, "export.parquet");
    await writeFile(file, new Uint8Array(await response.arrayBuffer()));
    const connection = await (await DuckDBInstance.create()).connect();
    const reader = await connection.runAndReadAll(
      `SELECT typeof(time) AS type, device, temperature FROM '${file}' ORDER BY time`,
    );
    expect(reader.getRowObjects()).toEqual([
      { type: "TIMESTAMP WITH TIME ZONE", device: "attic", temperature: -3.5 },
      { type: "TIMESTAMP WITH TIME ZONE", device: "attic", temperature: -2.5 },
    ]);
    connection.closeSync();
  });

  it("may be broken off, and no file stays", async () => {
    const response = await analytics.routes.request("/api/export.csv");
    await response.body?.cancel();
    const { readdirSync } = await import("node:fs");
    expect(readdirSync(analytics.store!.database.exportDirectory)).toEqual([]);
  });
});
