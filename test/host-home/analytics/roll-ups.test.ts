import { expect, it } from "vitest";
import { query } from "../../../host-sim/home/analytics/database";
import {
  advanceRollUps,
  applyRetention,
  forgetFuture,
  readMarks,
} from "../../../host-sim/home/analytics/roll-ups";
import type { RollUp } from "../../../host-sim/home/analytics/schema";
import { readSeries, type Series } from "../../../host-sim/home/analytics/series";
import type { Store } from "../../../host-sim/home/analytics/store";
import { addDevices, addReadings, at, readings, temporaryStore } from "./temporary-database";

const wave = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => Math.round(200 + 50 * Math.sin(index / 40)) / 10);

async function rollUp(store: Store, until: string): Promise<void> {
  await store.write((connection) => advanceRollUps(connection, at(until), store.database.timeZone));
}

function series(
  store: Store,
  resolution: RollUp,
  from: string,
  to: string,
  now = to,
): Promise<readonly Series[]> {
  return readSeries(store.database, { from: at(from), to: at(to), resolution, devices: [1] }, at(now));
}

async function rows(store: Store): Promise<Record<string, number>> {
  const [row] = await store.database.read((connection) =>
    query(
      connection,
      "SELECT (SELECT count(*) FROM readings) AS readings, (SELECT count(*) FROM minutes) AS minutes, (SELECT count(*) FROM hours) AS hours, (SELECT count(*) FROM days) AS days",
    ),
  );
  return Object.fromEntries(Object.entries(row!).map(([name, count]) => [name, Number(count)]));
}

/** What a roll-up has to say, worked out here. */
function expected(values: readonly number[], perPeriod: number): Omit<Series, "device" | "time" | "gaps"> {
  const periods = Array.from({ length: Math.ceil(values.length / perPeriod) }, (_, index) =>
    values.slice(index * perPeriod, (index + 1) * perPeriod),
  );
  return {
    minimum: periods.map((one) => Math.min(...one)),
    maximum: periods.map((one) => Math.max(...one)),
    mean: periods.map(
      (one) => expect.closeTo(one.reduce((a, b) => a + b) / one.length, 9) as unknown as number,
    ),
    count: periods.map((one) => one.length),
  };
}

it.each([
  ["minutes", 6],
  ["hours", 360],
  ["days", 8_640],
] as const)(
  "%s say minimum, mean, maximum and count, whether they are rolled up yet or not",
  async (name, perPeriod) => {
    const store = await temporaryStore();
    await addDevices(store, "attic");
    const values = wave(2.5 * 8_640);
    await addReadings(store, readings(1, "2026-11-20T00:00:00Z", 10, values));
    const before = await series(store, name, "2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z");
    expect(before[0]).toMatchObject(expected(values, perPeriod));
    // In the middle of a minute, an hour and a day.
    for (const until of ["2026-11-20T10:20:30Z", "2026-11-21T00:00:00Z", "2026-11-22T11:59:50Z"]) {
      await rollUp(store, until);
      const [after] = await series(store, name, "2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z");
      expect(after).toMatchObject({
        ...expected(values, perPeriod),
        time: before[0]?.time,
        gaps: before[0]?.gaps,
      });
    }
  },
);

it("rolling up again changes nothing", async () => {
  const store = await temporaryStore();
  await addDevices(store, "attic");
  await addReadings(store, readings(1, "2026-11-20T00:00:00Z", 60, wave(3_000)));
  await rollUp(store, "2026-11-22T00:00:00Z");
  const counts = await rows(store);
  const marks = await store.database.read(readMarks);
  await rollUp(store, "2026-11-22T00:00:00Z");
  await rollUp(store, "2026-11-21T00:00:00Z");
  expect(await rows(store)).toEqual(counts);
  expect(await store.database.read(readMarks)).toEqual(marks);
  expect(marks).toEqual({
    minutes: at("2026-11-22T00:00:00Z"),
    hours: at("2026-11-22T00:00:00Z"),
    days: at("2026-11-22T00:00:00Z"),
  });
});

it("a roll-up that is interrupted leaves neither rows nor a mark", async () => {
  const store = await temporaryStore();
  await addDevices(store, "attic");
  await addReadings(store, readings(1, "2026-11-20T00:00:00Z", 60, wave(120)));
  const interrupted = store.write((connection) =>
    advanceRollUps(
      new Proxy(connection, {
        get(target, name) {
          if (name !== "run") return (Reflect.get(target, name, target) as () => unknown).bind(target);
          return (sql: string, values: never) => {
            if (sql.includes("INTO marks")) throw new Error("the disk is full");
            return target.run(sql, values);
          };
        },
      }),
      at("2026-11-21T00:00:00Z"),
      "UTC",
    ),
  );
  await expect(interrupted).rejects.toThrow("the disk is full");
  expect(await rows(store)).toEqual({ readings: 120, minutes: 0, hours: 0, days: 0 });
  await rollUp(store, "2026-11-21T00:00:00Z");
  expect(await rows(store)).toEqual({ readings: 120, minutes: 120, hours: 2, days: 1 });
});

it("days begin at the midnights of the zone, also where they have 23 or 25 hours or begin at half an hour", async () => {
  const berlin = await temporaryStore("Europe/Berlin");
  await addDevices(berlin, "attic");
  // Summer time ends on 25 October 2026.
  await addReadings(berlin, readings(1, "2026-10-23T22:00:00Z", 600, wave(3 * 144 + 6)));
  await rollUp(berlin, "2026-10-27T00:00:00Z");
  const [days] = await series(berlin, "days", "2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z");
  expect(days?.count).toEqual([144, 150, 144]);
  expect(days?.time).toEqual(
    ["2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"].map(
      (time) => Date.parse(time) / 1_000,
    ),
  );
  expect(days?.gaps).toEqual([]);

  const kolkata = await temporaryStore("Asia/Kolkata");
  await addDevices(kolkata, "attic");
  await addReadings(kolkata, readings(1, "2026-11-19T18:30:00Z", 600, wave(288)));
  await rollUp(kolkata, "2026-11-23T00:00:00Z");
  const [halves] = await series(kolkata, "days", "2026-11-19T18:30:00Z", "2026-11-21T18:30:00Z");
  expect(halves?.count).toEqual([144, 144]);
});

it("gaps are shown, and a period without a reading has no value", async () => {
  const store = await temporaryStore();
  await addDevices(store, "attic");
  await addReadings(
    store,
    readings(1, "2026-11-20T00:00:00Z", 60, wave(10)),
    readings(1, "2026-11-20T00:30:00Z", 60, wave(30)),
  );
  const [minutes] = await series(store, "minutes", "2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z");
  const second = Date.parse("2026-11-20T00:00:00Z") / 1_000;
  expect(minutes?.gaps).toEqual([[second + 600, second + 1_800]]);
  expect(minutes?.time).toHaveLength(40);
});

it("retention forgets readings and minutes, and what the views of longer times show stays", async () => {
  const store = await temporaryStore();
  await addDevices(store, "attic");
  await addReadings(store, readings(1, "2026-11-01T00:00:00Z", 600, wave(10 * 144)));
  await rollUp(store, "2026-11-11T00:00:00Z");
  const days = await series(store, "days", "2026-11-01T00:00:00Z", "2026-11-11T00:00:00Z");
  const hours = await series(store, "hours", "2026-11-01T00:00:00Z", "2026-11-11T00:00:00Z");
  await store.write((connection) =>
    applyRetention(connection, at("2026-11-11T00:00:00Z"), { readings: 2, minutes: 5 }),
  );
  expect(await rows(store)).toEqual({ readings: 2 * 144, minutes: 5 * 144, hours: 240, days: 10 });
  expect(await series(store, "days", "2026-11-01T00:00:00Z", "2026-11-11T00:00:00Z")).toEqual(days);
  expect(await series(store, "hours", "2026-11-01T00:00:00Z", "2026-11-11T00:00:00Z")).toEqual(hours);
});

it("retention keeps what no roll-up has yet", async () => {
  const store = await temporaryStore();
  await addDevices(store, "attic");
  await addReadings(store, readings(1, "2026-11-01T00:00:00Z", 600, wave(144)));
  await store.write((connection) =>
    applyRetention(connection, at("2027-11-01T00:00:00Z"), { readings: 2, minutes: 5 }),
  );
  expect((await rows(store)).readings).toBe(144);
});

it("the year is answered without a single reading of the days that are over", async () => {
  const store = await temporaryStore();
  await addDevices(store, "attic");
  await addReadings(store, readings(1, "2026-01-01T00:00:00Z", 3_600, wave(200 * 24 + 5)));
  await rollUp(store, "2026-07-20T05:00:00Z");
  const year = await series(
    store,
    "days",
    "2026-01-01T00:00:00Z",
    "2027-01-01T00:00:00Z",
    "2026-07-20T06:00:00Z",
  );
  await store.write((connection) =>
    connection.run("DELETE FROM readings WHERE time < TIMESTAMP '2026-07-20'"),
  );
  expect(
    await series(store, "days", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "2026-07-20T06:00:00Z"),
  ).toEqual(year);
  expect(year[0]?.count.slice(-2)).toEqual([24, 5]);
});

it("readings of a clock that was wrong are forgotten, and the day goes on with those that stay", async () => {
  const store = await temporaryStore();
  await addDevices(store, "attic");
  const values = wave(30);
  await addReadings(
    store,
    readings(1, "2026-11-20T10:00:30Z", 60, values),
    readings(1, "2027-11-20T10:00:00Z", 60, wave(50)),
  );
  await rollUp(store, "2027-11-20T11:00:00Z");
  await store.write((connection) => forgetFuture(connection, at("2026-11-20T10:20:00Z"), "UTC"));
  expect((await store.state()).newest).toBe(at("2026-11-20T10:20:00Z"));
  await addReadings(store, readings(1, "2026-11-20T10:20:30Z", 60, values.slice(20)));
  await rollUp(store, "2026-11-21T00:00:00Z");
  for (const [name, perPeriod] of [
    ["minutes", 1],
    ["days", 30],
  ] as const)
    expect((await series(store, name, "2026-11-20T00:00:00Z", "2028-01-01T00:00:00Z"))[0]).toMatchObject(
      expected(values, perPeriod),
    );
});
