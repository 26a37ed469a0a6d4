import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type DeviceDescription,
  SECURITY_CAMERA,
  SMART_LIGHT,
  TEMPERATURE_SENSOR,
} from "../../device/home/description";
import { discoveryTopicOf, formatDiscovery } from "../../device/home/discovery";
import HomeDevice, { type DeviceSettings } from "../../device/home/home-device";
import { LIGHT_STATE } from "../../device/home/topics";
import { clientError, createFakeClient, type FakeClientOptions } from "../support/fake-client";
import { clock } from "../support/timer";

const BIRTH = "homeassistant/status";
const CONFIG = "homeassistant/device/lamp-1/config";
const STATUS = "home/lamp-1/status";
const STATE = "home/light";

interface Payload {
  dev: Record<string, unknown>;
  o: Record<string, unknown>;
  avty_t: string;
  cmps: Record<string, Record<string, unknown>>;
}

function payloadOf(description: DeviceDescription, options: Partial<DeviceSettings> = {}): Payload {
  const { topic, name } = options;
  return JSON.parse(
    formatDiscovery({ id: "id-1", description, topic, name, interval: undefined }),
  ) as Payload;
}

describe("a discovery message", () => {
  it.each([
    ["thermometer", TEMPERATURE_SENSOR],
    ["light", SMART_LIGHT],
    ["camera", SECURITY_CAMERA],
  ])("of the %s is short, and has the device, the origin and where it is available", (_, description) => {
    const text = formatDiscovery({
      id: "id-1",
      description,
      topic: undefined,
      name: undefined,
      interval: 10_000,
    });
    expect(text.length).toBeLessThanOrEqual(700);
    const payload = JSON.parse(text) as Payload;
    expect(payload.dev).toMatchObject({ ids: "id-1", name: description.name, mf: "Thimble" });
    expect(payload.o.name).toBe("Thimble");
    expect(payload.avty_t).toBe("home/id-1/status");
    for (const [component, config] of Object.entries(payload.cmps))
      expect(config.uniq_id).toBe(`id-1_${component}`);
  });

  it("has a sensor with class, unit, and an expiry of three readings, a minute at least", () => {
    expect(payloadOf(TEMPERATURE_SENSOR).cmps).toEqual({
      temperature: {
        p: "sensor",
        name: null,
        stat_t: "home/temp",
        qos: 1,
        dev_cla: "temperature",
        stat_cla: "measurement",
        unit_of_meas: "°C",
        sug_dsp_prc: 1,
        uniq_id: "id-1_temperature",
      },
    });
    const expiry = (interval: number): unknown => {
      const description = TEMPERATURE_SENSOR;
      const device = { id: "id-1", description, topic: undefined, name: undefined, interval };
      return (JSON.parse(formatDiscovery(device)) as Payload).cmps.temperature?.exp_aft;
    };
    expect([500, 20_000, 20_001, 3_600_000].map(expiry)).toEqual([60, 60, 61, 10_800]);
  });

  it("has a JSON light with brightness as its colour mode", () => {
    expect(payloadOf(SMART_LIGHT).cmps).toEqual({
      light: {
        p: "light",
        name: null,
        schema: "json",
        stat_t: "home/light",
        cmd_t: "home/light/set",
        qos: 1,
        brightness: true,
        sup_clrm: ["brightness"],
        flsh: false,
        uniq_id: "id-1_light",
      },
    });
  });

  it("has a camera with raw pictures, its motion as an event and as a state that ends by itself", () => {
    expect(payloadOf(SECURITY_CAMERA).cmps).toEqual({
      picture: { p: "camera", name: null, t: "home/camera/image", uniq_id: "id-1_picture" },
      motion_event: {
        p: "event",
        stat_t: "home/camera",
        qos: 2,
        dev_cla: "motion",
        evt_typ: ["motion"],
        uniq_id: "id-1_motion_event",
      },
      motion: {
        p: "binary_sensor",
        stat_t: "home/camera",
        qos: 2,
        dev_cla: "motion",
        val_tpl: "{{value_json.event_type}}",
        pl_on: "motion",
        off_dly: 30,
        uniq_id: "id-1_motion",
      },
    });
  });

  it("names the topics of the room that the device is in", () => {
    const { light } = payloadOf(SMART_LIGHT, { topic: "home/livingroom/light" }).cmps;
    expect(light).toMatchObject({ stat_t: "home/livingroom/light", cmd_t: "home/livingroom/light/set" });
    const { picture, motion } = payloadOf(SECURITY_CAMERA, { topic: "home/door/camera" }).cmps;
    expect([picture?.t, motion?.stat_t]).toEqual(["home/door/camera/image", "home/door/camera"]);
  });

  it("is JSON whatever the name and the topic are, and ids stay as they were when the name changes", () => {
    const plain = payloadOf(SMART_LIGHT);
    const named = payloadOf(SMART_LIGHT, { name: 'Über "dem" Tisch\\', topic: 'home/"x"' });
    expect(named.dev.name).toBe('Über "dem" Tisch\\');
    expect(named.cmps.light?.stat_t).toBe('home/"x"');
    expect(named.dev.ids).toEqual(plain.dev.ids);
    expect(named.cmps.light?.uniq_id).toBe(plain.cmps.light?.uniq_id);
  });

  it("goes below the prefix that Home Assistant is set to", () => {
    expect(discoveryTopicOf("homeassistant", "a-1")).toBe("homeassistant/device/a-1/config");
    expect(discoveryTopicOf("site/ha", "a-1")).toBe("site/ha/device/a-1/config");
  });
});

describe("a device's announcement", () => {
  let fake: FakeClientOptions;
  let jitter: number[];
  let devices: HomeDevice<undefined>[];

  beforeEach(() => {
    fake = createFakeClient();
    jitter = [0.5];
    devices = [];
  });

  afterEach(() => {
    for (const device of devices) device.close();
    expect(clock.pending).toBe(0);
  });

  function createDevice(settings: Partial<DeviceSettings> = {}): HomeDevice<undefined> {
    const device = new HomeDevice<undefined>({
      settings: {
        id: "lamp-1",
        client: { ...fake.options, random: () => jitter.shift() ?? 0.5 },
        ...settings,
      },
      description: SMART_LIGHT,
      target: undefined,
      onConnect() {
        this.publish(LIGHT_STATE, STATE, "state");
      },
    });
    devices.push(device);
    return device;
  }

  function connected(settings: Partial<DeviceSettings> = {}): HomeDevice<undefined> {
    const device = createDevice(settings);
    fake.client.connect();
    return device;
  }

  /** Topics published since the last call. */
  function published(): string[] {
    return fake.client.published.splice(0).map(({ topic }) => topic);
  }

  it("comes at a connect after the subscriptions and online, and before the state", () => {
    connected();
    expect(fake.client.calls.slice(0, 3)).toEqual([
      "subscribe home/light/set 1",
      `subscribe ${BIRTH} 0`,
      `publish ${STATUS} online`,
    ]);
    expect(published()).toEqual([STATUS, CONFIG, STATE]);
  });

  it("is retained, QoS 1, and kept through an outage as the newest of its topic", () => {
    connected();
    expect(fake.client.last(CONFIG)?.options).toMatchObject({ QoS: 1, retain: true, delivery: 0 });
  });

  it("comes again after every connect", () => {
    connected();
    fake.client.disconnect();
    fake.client.connect();
    expect(fake.client.payloads(CONFIG)).toHaveLength(2);
    expect(fake.client.calls.filter((call) => call.startsWith("subscribe"))).toHaveLength(2);
  });

  it("goes below another prefix, while the birth stays where Home Assistant has it", () => {
    connected({ discovery: "ha" });
    expect(fake.client.calls).toContain(`subscribe ${BIRTH} 0`);
    expect(published()).toEqual([STATUS, "ha/device/lamp-1/config", STATE]);
  });

  it("is left out with an empty prefix, and so is the birth", () => {
    connected({ discovery: "" });
    fake.client.message(BIRTH, "online");
    clock.advance(10_000);
    expect(fake.client.calls).toEqual([
      "subscribe home/light/set 1",
      `publish ${STATUS} online`,
      `publish ${STATE} state`,
    ]);
  });

  it.each(["ha/", "/ha", "ha/#", "+"])("refuses the prefix %s", (discovery) => {
    expect(() => createDevice({ discovery })).toThrow(
      new RangeError(`discovery "${discovery}" has + or #, or begins or ends with /`),
    );
  });

  it("has the name and the topic of the settings", () => {
    connected({ name: "Kitchen", topic: "home/kitchen/light" });
    expect(JSON.parse(fake.client.payloads(CONFIG)[0]!)).toMatchObject({
      dev: { name: "Kitchen" },
      cmps: { light: { cmd_t: "home/kitchen/light/set" } },
    });
    expect(fake.client.calls[0]).toBe("subscribe home/kitchen/light/set 1");
  });

  it("is repeated when Home Assistant starts, after a random time of less than 5 s", () => {
    for (const [random, delay] of [
      [0, 0],
      [0.25, 1_250],
      [0.9999, 4_999],
    ] as const) {
      jitter = [random];
      connected();
      published();
      fake.client.message(BIRTH, "online");
      if (delay > 0) {
        clock.advance(delay - 1);
        expect(published()).toEqual([]);
      }
      clock.advance(1);
      expect(published()).toEqual([STATUS, CONFIG, STATE]);
      clock.advance(20_000);
      expect(published()).toEqual([]);
    }
  });

  it("is repeated once for births that come together, and again for a later one", () => {
    jitter = [0.5, 0.1];
    connected();
    published();
    for (let birth = 0; birth < 3; birth += 1) {
      fake.client.message(BIRTH, "online");
      clock.advance(500);
    }
    clock.advance(1_000);
    expect(published()).toEqual([STATUS, CONFIG, STATE]);
    fake.client.message(BIRTH, "online");
    clock.advance(500);
    expect(published()).toEqual([STATUS, CONFIG, STATE]);
  });

  it.each([
    ["offline", "offline", false],
    ["an old birth that the broker kept", "online", true],
    ["an empty message", "", false],
    ["something else", "ONLINE", false],
    ["what is no text", new Uint8Array([0xff, 0xfe, 0xff]), false],
  ])("is not repeated for %s", (_, payload, retain) => {
    connected();
    published();
    fake.client.message(BIRTH, payload, retain);
    expect(clock.pending).toBe(0);
    clock.advance(10_000);
    expect(published()).toEqual([]);
  });

  it("is not repeated for a birth before an outage, as the next connect brings it", () => {
    connected();
    fake.client.message(BIRTH, "online");
    fake.client.disconnect();
    published();
    clock.advance(10_000);
    expect(published()).toEqual([]);
    fake.client.connect();
    expect(published()).toEqual([STATUS, CONFIG, STATE]);
  });

  it("is not repeated once the device closes", () => {
    const device = connected();
    fake.client.message(BIRTH, "online");
    fake.client.unsentAtFlush = undefined;
    device.close();
    published();
    fake.client.message(BIRTH, "online");
    clock.advance(10_000);
    expect(published()).toEqual([]);
    fake.client.flushed(0);
  });

  it("is made up for when a full outbox had no room for online: the device would stay unavailable", () => {
    connected();
    published();
    fake.client.drop(STATUS, clientError(203, "outbox is full"));
    clock.advance(5_000);
    expect(published()).toEqual([STATUS, CONFIG, STATE]);
  });

  it("tells on the log when Home Assistant was not told, unless a newer message took its place", () => {
    connected();
    published();
    fake.client.drop(CONFIG, clientError(205, "a newer message of its topic took its place"));
    expect(published()).toEqual([]);
    fake.client.drop(CONFIG, clientError(108, "the broker refused the message"));
    const entries = fake.client.payloads("home/lamp-1/log").map((entry) => JSON.parse(entry));
    expect(entries).toEqual([
      { level: "warning", code: 430, message: "discovery not sent: the broker refused the message" },
    ]);
  });
});
