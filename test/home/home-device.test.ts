import { beforeEach, describe, expect, it } from "vitest";
import { SMART_LIGHT, TEMPERATURE_SENSOR } from "../../device/home/description";
import HomeDevice, { type DeviceSettings } from "../../device/home/home-device";
import { CAMERA_IMAGE, LIGHT_STATE } from "../../device/home/topics";
import { clientError, createFakeClient, type FakeClientOptions } from "../support/fake-client";

const STATUS_TOPIC = "home/lamp-1/status";
const LOG_TOPIC = "home/lamp-1/log";
const COMMAND_TOPIC = "home/light/set";

let fake: FakeClientOptions;
let events: string[];

beforeEach(() => {
  fake = createFakeClient();
  events = [];
});

/** Without discovery; discovery.test.ts has that. */
function createDevice(settings: Partial<DeviceSettings> = {}): HomeDevice<string> {
  return new HomeDevice<string>({
    settings: { id: "lamp-1", client: fake.options, discovery: "", ...settings },
    description: SMART_LIGHT,
    target: "the target",
    onConnect() {
      events.push("connect");
      this.publish(LIGHT_STATE, "home/light", "state");
    },
    onCommand(payload, retain) {
      events.push(`command ${new TextDecoder().decode(payload)} ${retain}`);
    },
    onDropped(topic, reason) {
      events.push(`dropped ${topic} ${reason.code}`);
    },
  });
}

describe("a home device's connection", () => {
  it("has the id as Client Identifier and a will that says offline, retained, QoS 1", () => {
    createDevice();
    expect(fake.client.options).toMatchObject({
      id: "lamp-1",
      host: "broker.test",
      will: { topic: STATUS_TOPIC, message: "offline", QoS: 1, retain: true },
    });
  });

  it("subscribes, says online, then publishes its state, in this order", () => {
    createDevice();
    fake.client.connect();
    expect(fake.client.calls).toEqual([
      `subscribe ${COMMAND_TOPIC} 1`,
      `publish ${STATUS_TOPIC} online`,
      "publish home/light state",
    ]);
  });

  it("says online exactly as the will says offline: same topic, QoS and retain", () => {
    createDevice();
    fake.client.connect();
    const { will } = fake.client.options;
    const online = fake.client.last(STATUS_TOPIC);
    expect(online?.topic).toBe(will?.topic);
    expect(online?.options).toMatchObject({ QoS: will?.QoS, retain: will?.retain });
  });

  it("says online and publishes its state after every connect, and leaves subscribing again to the client", () => {
    createDevice();
    fake.client.connect();
    fake.client.disconnect();
    fake.client.calls.length = 0;
    fake.client.connect();
    expect(fake.client.calls).toEqual([`publish ${STATUS_TOPIC} online`, "publish home/light state"]);
  });

  it("subscribes after a boot also where the broker still has the session", () => {
    createDevice();
    fake.client.connect(true);
    expect(fake.client.calls[0]).toBe(`subscribe ${COMMAND_TOPIC} 1`);
  });

  it("does not subscribe where it takes no commands", () => {
    new HomeDevice<number>({
      settings: { id: "sensor", client: fake.options, discovery: "" },
      description: TEMPERATURE_SENSOR,
      target: 1,
      onConnect() {},
    });
    fake.client.connect();
    fake.client.message(COMMAND_TOPIC, "x");
    expect(fake.client.calls).toEqual(["publish home/sensor/status online"]);
  });

  it("passes on messages of the command topic and no others", () => {
    createDevice();
    fake.client.connect();
    fake.client.message(COMMAND_TOPIC, "now");
    fake.client.message(COMMAND_TOPIC, "kept", true);
    fake.client.message("home/other", "x");
    expect(events).toEqual(["connect", "command now false", "command kept true"]);
  });

  it("passes on what the client gave up", () => {
    createDevice();
    fake.client.drop("home/light", clientError(203, "outbox is full"));
    expect(events).toEqual(["dropped home/light 203"]);
  });

  it.each(["", "a/b", "a+", "#", "a b", "é", "x".repeat(65)])("refuses the id %o", (id) => {
    expect(() => createDevice({ id })).toThrow(
      new RangeError(`id "${id}" is not 1 to 64 of the characters a-z A-Z 0-9 _ -`),
    );
  });

  it("takes every character that an id may have", () => {
    const id = "azAZ09_-";
    createDevice({ id });
    expect(fake.client.options.id).toBe(id);
  });
});

describe("a home device's log", () => {
  it("is JSON on home/<id>/log, QoS 0, not retained", () => {
    const device = createDevice();
    fake.client.connect();
    device.log("error", 410, 'state "BLINK"');
    const entry = fake.client.last(LOG_TOPIC);
    expect(JSON.parse(entry?.payload ?? "")).toEqual({ level: "error", code: 410, message: 'state "BLINK"' });
    expect(entry?.options).toMatchObject({ QoS: 0, retain: false });
  });

  it("has the client's errors while connected", () => {
    createDevice();
    fake.client.connect();
    fake.client.fail(clientError(200, "message of 600 bytes is over the 512"));
    expect(JSON.parse(fake.client.payloads(LOG_TOPIC)[0]!)).toEqual({
      level: "error",
      code: 200,
      message: "message of 600 bytes is over the 512",
    });
  });

  it("has one entry for an outage, with its first reason, when it is over", () => {
    createDevice();
    fake.client.connect();
    fake.client.disconnect(clientError(105, "no answer within 65000 ms"));
    for (let attempt = 0; attempt < 50; attempt += 1) fake.client.fail(clientError(106, "host not found"));
    expect(fake.client.payloads(LOG_TOPIC)).toEqual([]);
    fake.client.connect();
    fake.client.disconnect();
    fake.client.connect();
    expect(fake.client.payloads(LOG_TOPIC).map((entry) => JSON.parse(entry))).toEqual([
      { level: "warning", code: 105, message: "connected again after: no answer within 65000 ms" },
    ]);
  });
});

describe("a home device's picture stream", () => {
  it("goes to the client, and its end comes back", () => {
    const device = createDevice();
    fake.client.connect();
    const ends: unknown[] = [];
    const accepted = device.stream(CAMERA_IMAGE, "home/camera/image", new Uint8Array(3), (error) =>
      ends.push(error),
    );
    expect(accepted).toBe(true);
    fake.client.streams[0]!.complete();
    expect(ends).toEqual([undefined]);
  });

  it("is refused after close", () => {
    const device = createDevice();
    fake.client.connect();
    fake.client.unsentAtFlush = undefined;
    device.close();
    expect(device.stream(CAMERA_IMAGE, "t", new Uint8Array(1), () => {})).toBe(false);
  });
});

describe("a home device's close", () => {
  it("says offline, waits until it is sent, disconnects, and calls back", () => {
    const device = createDevice();
    fake.client.connect();
    fake.client.unsentAtFlush = undefined;
    fake.client.calls.length = 0;
    let closed = 0;
    device.close(() => {
      closed += 1;
    });
    expect(fake.client.calls).toEqual([`publish ${STATUS_TOPIC} offline`, "flush 2000"]);
    expect(closed).toBe(0);
    fake.client.flushed(0);
    expect(fake.client.calls.at(-1)).toBe("close");
    expect(closed).toBe(1);
    expect(fake.client.last(STATUS_TOPIC)?.options).toMatchObject({ QoS: 1, retain: true });
  });

  it("ends also when something stays unsent", () => {
    const device = createDevice();
    fake.client.connect();
    fake.client.unsentAtFlush = 3;
    let closed = false;
    device.close(() => {
      closed = true;
    });
    expect(closed).toBe(true);
    expect(fake.client.closed).toBe(true);
  });

  it("ends at once while offline: the broker has published the will", () => {
    const device = createDevice();
    let closed = false;
    device.close(() => {
      closed = true;
    });
    expect(fake.client.calls).toEqual(["close"]);
    expect(closed).toBe(true);
  });

  it("happens once, and every caller is called back", () => {
    const device = createDevice();
    fake.client.connect();
    fake.client.unsentAtFlush = undefined;
    const order: number[] = [];
    device.close(() => order.push(1));
    device.close(() => order.push(2));
    fake.client.flushed(0);
    device.close(() => order.push(3));
    device.close();
    expect(order).toEqual([1, 2, 3]);
    expect(fake.client.calls.filter((call) => call === "close")).toHaveLength(1);
    expect(fake.client.payloads(STATUS_TOPIC)).toEqual(["online", "offline"]);
  });

  it("publishes nothing after offline and takes no more commands, not even after a reconnect", () => {
    const device = createDevice();
    fake.client.connect();
    fake.client.unsentAtFlush = undefined;
    device.close();
    const before = fake.client.calls.length;
    fake.client.message(COMMAND_TOPIC, "late");
    device.log("info", 402, "late");
    device.publish(LIGHT_STATE, "home/light", "late");
    fake.client.disconnect();
    fake.client.connect();
    expect(fake.client.calls).toHaveLength(before);
    expect(events).toEqual(["connect"]);
  });
});
