import type I2C from "embedded:io/i2c";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import TMP117 from "../../device/drivers/tmp117/tmp117";
import TemperatureSensor, { type TemperatureSensorOptions } from "../../device/home/temperature-sensor";
import { Board } from "../../host-sim/board/board";
import { TMP117Part } from "../../host-sim/board/parts/tmp117";
import { createFakeClient, type FakeClientOptions } from "../support/fake-client";
import { clock } from "../support/timer";

const TOPIC = "home/temp";
const LOG_TOPIC = "home/temperature-sensor/log";

let board: Board;
let part: TMP117Part;
let ambient: number;
let fake: FakeClientOptions;
let sensors: TemperatureSensor[];

beforeEach(() => {
  board = new Board({ clock });
  ambient = 21.5;
  part = board.attach(new TMP117Part({ temperature: () => ambient }));
  fake = createFakeClient();
  sensors = [];
});

afterEach(() => {
  for (const sensor of sensors) sensor.close();
  expect(board.openInstances).toBe(0);
  board.detach(part);
  expect(clock.pending).toBe(0);
});

function createSensor(options: Partial<TemperatureSensorOptions> = {}): TemperatureSensor {
  const sensor = new TemperatureSensor({
    id: "temperature-sensor",
    client: fake.options,
    sensor: {
      io: TMP117,
      sensor: { io: board.provider.io.I2C as unknown as typeof I2C, data: 21, clock: 22 },
    },
    configuration: { averaging: 8, conversionRate: 1 },
    interval: 1_000,
    ...options,
  });
  sensors.push(sensor);
  return sensor;
}

function log(): { level: string; code: number; message: string }[] {
  return fake.client.payloads(LOG_TOPIC).map((payload) => JSON.parse(payload));
}

describe("a temperature sensor's readings", () => {
  it("are published at the interval, retained, QoS 1, as a plain number", () => {
    createSensor();
    fake.client.connect();
    for (ambient of [-5.25, 0, 30.04]) clock.advance(1_000);
    expect(fake.client.payloads(TOPIC).slice(-3)).toEqual(["-5.3", "0.0", "30.0"]);
    expect(fake.client.last(TOPIC)?.options).toMatchObject({ QoS: 1, retain: true });
  });

  it("begin with the first conversion after power up, not a whole interval later", () => {
    createSensor({ interval: 60_000 });
    fake.client.connect();
    expect(fake.client.payloads(TOPIC)).toEqual([]);
    clock.advance(400);
    expect(fake.client.payloads(TOPIC)).toEqual(["21.5"]);
    clock.advance(59_000);
    expect(fake.client.payloads(TOPIC)).toHaveLength(1);
    clock.advance(1_200);
    expect(fake.client.payloads(TOPIC)).toHaveLength(2);
  });

  it("come at twice a second without a gap, with a conversion rate that fits", () => {
    createSensor({ interval: 500, configuration: { averaging: 8, conversionRate: 2 } });
    fake.client.connect();
    clock.advance(10_000);
    expect(fake.client.payloads(TOPIC).length).toBeGreaterThanOrEqual(19);
    expect(log()).toEqual([]);
  });

  it("are repeated after a reconnect, for a broker that has lost its retained messages", () => {
    createSensor({ interval: 60_000 });
    fake.client.connect();
    clock.advance(1_000);
    fake.client.disconnect();
    fake.client.connect();
    expect(fake.client.payloads(TOPIC)).toEqual(["21.5", "21.5"]);
  });

  it("go on while offline: the client keeps the newest", () => {
    createSensor();
    clock.advance(5_000);
    expect(fake.client.payloads(TOPIC).length).toBeGreaterThanOrEqual(4);
    expect(fake.client.last(TOPIC)?.options.delivery).toBe(0);
  });

  it("go to the room's topic where one is given", () => {
    createSensor({ topic: "home/livingroom/temp" });
    fake.client.connect();
    clock.advance(1_000);
    expect(fake.client.payloads("home/livingroom/temp")).toContain("21.5");
    expect(fake.client.payloads(TOPIC)).toEqual([]);
  });
});

describe("a sensor that fails", () => {
  it("is reported once, and its recovery once", () => {
    createSensor();
    fake.client.connect();
    clock.advance(2_000);
    board.detach(part);
    clock.advance(10_000);
    const published = fake.client.payloads(TOPIC).length;
    expect(log()).toEqual([
      { level: "error", code: 400, message: "the sensor cannot be read: write failed" },
    ]);
    board.attach(part);
    part.powerCycle();
    clock.advance(3_000);
    expect(log().slice(1)).toEqual([{ level: "info", code: 402, message: "the sensor works again" }]);
    expect(fake.client.payloads(TOPIC).length).toBeGreaterThan(published);
    board.detach(part);
    clock.advance(2_000);
    expect(log().map(({ code }) => code)).toEqual([400, 402, 400]);
    board.attach(part);
  });

  it("is reported when it was never there, and works when it is plugged in", () => {
    board.detach(part);
    createSensor();
    fake.client.connect();
    clock.advance(3_000);
    expect(log().map(({ code }) => code)).toEqual([400]);
    board.attach(part);
    clock.advance(3_000);
    expect(log().map(({ code }) => code)).toEqual([400, 402]);
    expect(fake.client.payloads(TOPIC).at(-1)).toBe("21.5");
  });

  it("publishes no reading from before the failure after a reconnect", () => {
    createSensor();
    fake.client.connect();
    clock.advance(2_000);
    board.detach(part);
    clock.advance(2_000);
    const published = fake.client.payloads(TOPIC).length;
    fake.client.disconnect();
    fake.client.connect();
    expect(fake.client.payloads(TOPIC)).toHaveLength(published);
    board.attach(part);
  });

  it("is reported when it answers but converts no more", () => {
    class Stuck extends TMP117 {
      override sample(): undefined {
        return undefined;
      }
    }
    createSensor({
      sensor: {
        io: Stuck,
        sensor: { io: board.provider.io.I2C as unknown as typeof I2C, data: 21, clock: 22 },
      },
    });
    fake.client.connect();
    clock.advance(1_999);
    expect(log()).toEqual([]);
    clock.advance(60_000);
    expect(log()).toEqual([
      { level: "error", code: 400, message: "the sensor has had no new reading for 2000 ms" },
    ]);
  });
});

describe("a reading that cannot be true", () => {
  it.each([
    [151, "151"],
    [-56, "-56"],
    [255.9921875, "255.9921875"],
  ])("%d °C is reported once and not published", (celsius, text) => {
    createSensor();
    fake.client.connect();
    clock.advance(1_000);
    const published = fake.client.payloads(TOPIC).length;
    ambient = celsius;
    clock.advance(10_000);
    expect(fake.client.payloads(TOPIC)).toHaveLength(published);
    expect(log()).toEqual([
      { level: "error", code: 401, message: `temperature ${text} °C is outside -55 to 150 °C` },
    ]);
    ambient = 20;
    clock.advance(1_000);
    expect(log().map(({ code }) => code)).toEqual([401, 402]);
  });

  it("is judged by the limits of the place, where they are given", () => {
    createSensor({ minimum: 0, maximum: 40 });
    fake.client.connect();
    ambient = 41;
    clock.advance(1_000);
    expect(log()[0]?.message).toBe("temperature 41 °C is outside 0 to 40 °C");
  });

  it("may be NaN from another driver", () => {
    class Broken extends TMP117 {
      override sample(): { temperature: number } {
        return { temperature: Number.NaN };
      }
    }
    createSensor({
      sensor: {
        io: Broken,
        sensor: { io: board.provider.io.I2C as unknown as typeof I2C, data: 21, clock: 22 },
      },
    });
    fake.client.connect();
    clock.advance(5_000);
    expect(fake.client.payloads(TOPIC)).toEqual([]);
    expect(log()).toHaveLength(1);
  });
});

describe("a temperature sensor's life", () => {
  it("ends with a sleeping chip, offline, and no timer", () => {
    const sensor = createSensor();
    fake.client.connect();
    clock.advance(1_000);
    let closed = false;
    sensor.close(() => {
      closed = true;
    });
    expect(closed).toBe(true);
    expect(fake.client.payloads("home/temperature-sensor/status")).toEqual(["online", "offline"]);
    expect(board.journal.lines({ device: "i2c" }).at(-1)).toBe("i2c 48 close");
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "does not begin with an interval of %d",
    (interval) => {
      expect(() => createSensor({ interval })).toThrow(
        new RangeError(`interval ${interval} ms is not a finite number above 0`),
      );
    },
  );
});
