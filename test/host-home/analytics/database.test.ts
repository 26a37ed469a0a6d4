import { writeFile } from "node:fs/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, it } from "vitest";
import { Database, query } from "../../../host-sim/home/analytics/database";
import { Store } from "../../../host-sim/home/analytics/store";
import { UsageError } from "../../../host-sim/home/usage-error";
import { addDevices, addReadings, at, readings, temporaryFile, temporaryStore } from "./temporary-database";

it("a file keeps readings, devices, incidents, its zone and its session when it is opened again", async () => {
  const file = await temporaryFile();
  const first = await Database.open({ file, timeZone: "Europe/Berlin" });
  const store = new Store(first);
  await addDevices(store, "attic");
  await addReadings(store, readings(1, "2026-11-23T06:00:00Z", 10, [20, 20.5]));
  await store.append({
    devices: [],
    readings: [],
    incidents: [
      { time: at("2026-11-23T06:01:00Z"), kind: "not a number", topic: "home/temp", detail: "x", packet: 3 },
    ],
  });
  await first.close();

  const second = await Database.open({ file });
  const state = await new Store(second).state();
  expect(second.timeZone).toBe("Europe/Berlin");
  expect(second.sessionId).toBe(first.sessionId);
  expect(second.sessionId).toMatch(/^analytics-[0-9a-f]{8}$/);
  expect(state.newest).toBe(at("2026-11-23T06:00:10Z"));
  expect([...state.devices]).toEqual([["attic", { id: 1, lastTime: at("2026-11-23T06:00:10Z") }]]);
  expect(state.deliveries).toEqual([
    { packet: 1, source: "attic", content: "20" },
    { packet: 2, source: "attic", content: "20.5" },
    { packet: 3, source: "temperature-sensor", content: "x" },
  ]);
  expect(await new Store(second).counts()).toEqual({ readings: 2, incidents: { "not a number": 1 } });
  await second.close();
});

it("deliveries of an earlier session of the broker are forgotten", async () => {
  const store = await temporaryStore();
  await addDevices(store, "attic");
  await addReadings(store, readings(1, "2026-11-23T06:00:00Z", 10, [20, 21]));
  await store.beginSession(at("2026-11-23T06:00:10Z"));
  expect((await store.state()).deliveries).toEqual([]);
  await addReadings(store, readings(1, "2026-11-23T06:00:20Z", 10, [22]));
  expect((await store.state()).deliveries).toEqual([{ packet: 1, source: "attic", content: "22" }]);
});

it("a batch is there as a whole or not at all", async () => {
  const store = await temporaryStore();
  await addDevices(store, "attic");
  const batch = {
    // The device is there already: the second statement of the transaction fails.
    devices: [
      { id: 2, name: "cellar" },
      { id: 1, name: "attic" },
    ],
    readings: readings(1, "2026-11-23T06:00:00Z", 10, [20]),
    incidents: [],
  };
  await expect(store.append(batch)).rejects.toThrow(/attic|key/);
  expect((await store.state()).devices.size).toBe(1);
  expect(await store.counts()).toEqual({ readings: 0, incidents: {} });
  await addReadings(store, batch.readings);
  expect((await store.counts()).readings).toBe(1);
});

it("a file that is open already is refused with what to do", async () => {
  const file = await temporaryFile();
  const database = await Database.open({ file });
  await expect(Database.open({ file })).rejects.toThrow(/in use: .* a file of its own/);
  await database.close();
  await (await Database.open({ file })).close();
});

it.each([
  [
    "is no DuckDB file",
    (file: string) => writeFile(file, "x".repeat(20_000)),
    /cannot open .* as a DuckDB file/,
  ],
  [
    "is somebody else's DuckDB file",
    async (file: string) => {
      const instance = await DuckDBInstance.create(file);
      const connection = await instance.connect();
      await connection.run("CREATE TABLE readings (x INTEGER)");
      connection.closeSync();
      instance.closeSync();
    },
    /not one of Thimble's/,
  ],
  [
    "has tables of another version",
    async (file: string) => {
      const database = await Database.open({ file });
      await database.writer.run("UPDATE settings SET value = '999' WHERE name = 'schema'");
      await database.close();
    },
    /version 999/,
  ],
  [
    "has days of another zone",
    async (file: string) => {
      const database = await Database.open({ file, timeZone: "Asia/Tokyo" });
      await database.close();
    },
    /days of Asia\/Tokyo, not of UTC/,
  ],
])("a file that %s is refused", async (_what, prepare, message) => {
  const file = await temporaryFile();
  await prepare(file);
  const opened = Database.open({ file, timeZone: "UTC" });
  await expect(opened).rejects.toThrow(UsageError);
  await expect(opened).rejects.toThrow(message);
});

it.each([
  "SELECT * FROM read_csv('/etc/passwd')",
  "COPY devices TO '/tmp/thimble-escaped.csv'",
  "ATTACH '/tmp/thimble-escaped.duckdb' AS other",
  "INSTALL httpfs",
  "SET enable_external_access = true",
  "SET allowed_directories = ['/']",
])("SQL cannot reach other files: %s", async (sql) => {
  const { database } = await temporaryStore();
  await expect(database.read((connection) => query(connection, sql))).rejects.toThrow(
    /Permission|configuration|locked|disabled|read-only/i,
  );
});
