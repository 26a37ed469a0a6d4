import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SECURITY_CAMERA, SMART_LIGHT, TEMPERATURE_SENSOR } from "../../../device/home/description";
import { formatDiscovery } from "../../../device/home/discovery";
import { VERSION } from "../../../device/home/version";
import {
  type DiscoveryMessage,
  type Finding,
  parseDiscoveryTopic,
  validateDiscovery,
} from "../../../host-sim/home/home-assistant/validator";
import { OPTIONS } from "../../../host-sim/home/home-assistant/vocabulary";

const TOPIC = "homeassistant/device/x-1/config";

type Json = Record<string, unknown>;

/** A light as good as one can be, in full names. */
function good(): Json & { components: { light: Json; [id: string]: Json } } {
  return {
    device: { identifiers: "x-1", name: "Lamp", manufacturer: "M", model: "L", sw_version: "1" },
    origin: { name: "Maker" },
    availability_topic: "home/x-1/status",
    components: {
      light: {
        platform: "light",
        schema: "json",
        unique_id: "x-1_light",
        name: null,
        state_topic: "home/light",
        command_topic: "home/light/set",
        qos: 1,
        brightness: true,
        supported_color_modes: ["brightness"],
      },
    },
  };
}

function findings(payload: unknown, message: Partial<DiscoveryMessage> = {}): Finding[] {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return [...validateDiscovery({ topic: TOPIC, payload: text, ...message }).findings];
}

/** `error components.light: brightness without ...`, one line a finding. */
function lines(payload: unknown, message: Partial<DiscoveryMessage> = {}): string[] {
  return findings(payload, message).map(({ level, path, message: text }) => `${level} ${path}: ${text}`);
}

/** The good light with some options of the component changed; `undefined` takes one away. */
function light(changes: Json): Json {
  const message = good();
  Object.assign(message.components.light, changes);
  return message;
}

/** The good message with another component in place of the light. */
function withComponent(component: Json): Json {
  return { ...good(), components: { c: { unique_id: "x-1_c", ...component } } };
}

const SENSOR: Json = { platform: "sensor", state_topic: "home/temp" };
const EVENT: Json = { platform: "event", state_topic: "home/camera", event_types: ["motion"] };

describe("the firmware's own messages", () => {
  test.each([TEMPERATURE_SENSOR, SMART_LIGHT, SECURITY_CAMERA])("have no fault: $name", (description) => {
    const id = "x-1";
    for (const topic of [undefined, "home/attic/x"])
      for (const interval of [undefined, 500, 3_600_000]) {
        const payload = formatDiscovery({ id, description, topic, name: undefined, interval });
        expect(lines(payload)).toEqual([]);
      }
  });

  test("tell the version of the package", () => {
    const file = new URL("../../../package.json", import.meta.url);
    expect(VERSION).toBe((JSON.parse(readFileSync(file, "utf8")) as Json).version);
  });
});

describe("a good message", () => {
  test("is accepted with full names and with short ones", () => {
    expect(lines(good())).toEqual([]);
    const short = {
      dev: { ids: ["x-1"], name: "Lamp", mf: "M", mdl: "L", sw: "1" },
      o: { name: "Maker", sw: "1", url: "https://maker.test" },
      avty: [{ t: "home/x-1/status", pl_avail: "up", pl_not_avail: "down" }],
      cmps: {
        light: {
          p: "light",
          schema: "json",
          uniq_id: "x-1_light",
          stat_t: "home/light",
          cmd_t: "home/light/set",
          brightness: true,
          sup_clrm: ["brightness"],
        },
      },
    };
    expect(lines(short)).toEqual([]);
  });

  test("may have its topics begin or end with ~ in a component", () => {
    const message = light({ "~": "home/light", state_topic: "~", command_topic: "~/set" });
    expect(lines(message)).toEqual([]);
    const { message: expanded } = validateDiscovery({ topic: TOPIC, payload: JSON.stringify(message) });
    expect(expanded).toMatchObject({ components: { light: { command_topic: "home/light/set" } } });
  });

  test("may share topics and availability from its root", () => {
    const { components, ...root } = good();
    const { state_topic: state, command_topic: command, qos, ...rest } = components.light;
    const message = { ...root, state_topic: state, command_topic: command, qos, components: { light: rest } };
    expect(lines(message)).toEqual([]);
  });

  test("may remove a component, and an empty one removes the device", () => {
    const message = good();
    message.components.old = { platform: "sensor" };
    expect(lines(message)).toEqual([]);
    expect(lines("")).toEqual([]);
  });

  test("may announce that messages of single components become one of a device", () => {
    expect(lines({ migr_discvry: true }, { topic: "homeassistant/sensor/x/config" })).toEqual([]);
    expect(lines({ migr_discvry: true })).toEqual([]);
  });

  test("may be one of a single component", () => {
    const payload = {
      "~": "home/attic",
      dev: { ids: "x-1" },
      uniq_id: "x-1_temp",
      stat_t: "~/temp",
      avty_t: "~/status",
      dev_cla: "temperature",
      unit_of_meas: "°C",
    };
    const topic = "homeassistant/sensor/attic/temp/config";
    expect(lines(payload, { topic })).toEqual([]);
  });

  test("of a platform whose options are not known here is held against their names only", () => {
    const cover = { platform: "cover", command_topic: "a/set", position_topic: "a/pos", tilt_min: 3 };
    expect(lines(withComponent(cover))).toEqual([]);
    expect(lines(withComponent({ ...cover, postion_topic: "a" }))).toEqual([
      "error components.c.postion_topic: is no option here, Home Assistant silently ignores it; position_topic?",
    ]);
  });
});

/** What is rejected, and with which words. */
const REJECTED: readonly (readonly [what: string, payload: unknown, ...expected: string[]])[] = [
  ["what is no JSON", '{"dev":', "error : is not a JSON object in UTF-8"],
  ["a list", "[]", "error : is not a JSON object in UTF-8"],
  [
    "a misspelt key, which Home Assistant silently ignores",
    light({ brightnes: true }),
    "error components.light.brightnes: is no option here, Home Assistant silently ignores it; brightness?",
  ],
  [
    "a misspelt short key",
    withComponent({ ...SENSOR, unit_of_mea: "V" }),
    "error components.c.unit_of_mea: is no option here, Home Assistant silently ignores it; unit_of_meas?",
  ],
  [
    "a key of another platform",
    withComponent({ ...SENSOR, off_delay: 3 }),
    "error components.c.off_delay: is no option here, Home Assistant silently ignores it",
  ],
  [
    "an option twice, short and full",
    { ...good(), avty_t: "home/other" },
    "error availability_topic: stands there as avty_t too, which wins",
  ],
  ["a missing origin", { ...good(), origin: undefined }, "error origin: is missing"],
  [
    "a misspelt key at the root, for which Home Assistant refuses all",
    { ...good(), availability_topik: "a" },
    "error availability_topik: is no option here: Home Assistant refuses the whole message; availability_topic?",
  ],
  ["an origin without name", { ...good(), origin: {} }, "error origin.name: is missing"],
  [
    "an origin with a link that is none",
    { ...good(), origin: { name: "m", support_url: "maker.test" } },
    'error origin.support_url: "maker.test" is not a link: http, https or homeassistant',
  ],
  ["a missing device", { ...good(), device: undefined }, "error device: is missing"],
  [
    "a device that nothing identifies",
    { ...good(), device: { name: "Lamp" } },
    "error device: has neither identifiers nor connections: nothing says which device it is",
  ],
  [
    "a device with a misspelt key",
    { ...good(), device: { ids: "x-1", swv: "1" } },
    "error device.swv: is no option here: Home Assistant refuses the whole message; sw?",
  ],
  ["no components", { ...good(), components: undefined }, "error components: is missing"],
  ["an empty list of components", { ...good(), components: {} }, "error components: is empty"],
  [
    "a component id with a dot",
    { ...good(), components: { "a.b": good().components.light } },
    "error components.a.b: is not an id of a-z A-Z 0-9 _ -",
  ],
  [
    "an unknown platform",
    light({ platform: "lamp" }),
    'error components.light.platform: "lamp" is no platform',
  ],
  [
    "a component without platform",
    light({ platform: undefined }),
    "error components.light.platform: missing: is no platform",
  ],
  [
    "a missing unique id",
    light({ unique_id: undefined }),
    "error components.light.unique_id: is missing: Home Assistant takes no component without it",
  ],
  [
    "the same unique id twice",
    { ...good(), components: { a: good().components.light, b: good().components.light } },
    'error components.b.unique_id: "x-1_light" is that of components.a too',
  ],
  [
    "~ at the root of a device",
    { ...good(), "~": "home/x" },
    "error ~: at the root of a device: put it into each component; Home Assistant refuses the whole message",
  ],
  [
    "an option of a component at the root",
    { ...good(), expire_after: 60 },
    "error expire_after: is an option of a component, not of the root; Home Assistant refuses the whole message",
  ],
  [
    "a wildcard in a command topic",
    light({ command_topic: "home/+/set" }),
    'error components.light.command_topic: "home/+/set" has a wildcard: one cannot publish to it',
  ],
  [
    "a broken wildcard",
    withComponent({ ...SENSOR, state_topic: "home/temp#" }),
    'error components.c.state_topic: "home/temp#" has a wildcard that is not a level of its own, or # before the end',
  ],
  [
    "a light without command topic",
    light({ command_topic: undefined }),
    "error components.light.command_topic: is missing",
  ],
  [
    "brightness without a colour mode",
    light({ supported_color_modes: undefined }),
    "error components.light: brightness without supported_color_modes: which colour mode has it?",
  ],
  [
    "brightness with a colour mode that has none",
    light({ supported_color_modes: ["onoff"] }),
    "error components.light: brightness with the colour mode onoff, which has none",
  ],
  [
    "a colour mode that does not exist",
    light({ supported_color_modes: ["dim"] }),
    'error components.light.supported_color_modes.0: "dim" is not one of onoff, brightness, color_temp, hs, xy, rgb, rgbw, rgbww, white',
  ],
  [
    "brightness as one colour mode of several",
    light({ supported_color_modes: ["brightness", "rgb"] }),
    "error components.light.supported_color_modes: has onoff or brightness beside other modes: they stand alone",
  ],
  [
    "brightness of a light that speaks no JSON",
    light({ schema: undefined }),
    'error components.light: brightness and supported_color_modes need schema "json"',
  ],
  ["QoS 3", light({ qos: 3 }), "error components.light.qos: 3 is not 0, 1 or 2"],
  [
    "an event without event types",
    withComponent({ ...EVENT, event_types: undefined }),
    "error components.c.event_types: is missing",
  ],
  [
    "an event that shall be retained",
    withComponent({ ...EVENT, retain: true }),
    "error components.c.retain: is no option here, Home Assistant silently ignores it",
  ],
  [
    "a temperature in volts",
    withComponent({ ...SENSOR, device_class: "temperature", unit_of_measurement: "V" }),
    'error components.c: unit_of_measurement "V" is none of a temperature: °C, °F or K',
  ],
  [
    "an expiry that is no whole number",
    withComponent({ ...SENSOR, expire_after: 1.5 }),
    "error components.c.expire_after: 1.5 is not a whole number of 0 or more",
  ],
  [
    "a template with an open end",
    withComponent({ ...SENSOR, value_template: "{{ value" }),
    'error components.c.value_template: "{{ value" has {{ without }}',
  ],
  ["a camera without topic", withComponent({ platform: "camera" }), "error components.c.topic: is missing"],
  [
    "two kinds of availability",
    { ...good(), availability: [{ topic: "a" }] },
    "error components.light.availability: and availability_topic exclude each other",
  ],
];

const ADVISED: readonly (readonly [what: string, payload: unknown, expected: string])[] = [
  [
    "a picture in Base64",
    withComponent({ platform: "camera", topic: "home/picture", image_encoding: "b64" }),
    "warning components.c.image_encoding: Base64 costs a third more: send the JPEG as it is",
  ],
  [
    "retained commands",
    light({ retain: true }),
    "warning components.light.retain: commands that the broker keeps switch the device at its next start",
  ],
  [
    "a unique id made from the name",
    light({ unique_id: "lamp_light" }),
    'warning components.light.unique_id: "lamp_light" is made from the device\'s name: a new name makes a second device of it',
  ],
  [
    "a device that cannot be unavailable",
    { ...good(), availability_topic: undefined },
    "warning components.light.availability: is missing: a device that has lost its power goes on showing its last state",
  ],
];

describe("a message is rejected for", () => {
  test.each(REJECTED)("%s", (_, payload, ...expected) => {
    expect(lines(payload)).toEqual(expected);
  });

  test("what is not UTF-8", () => {
    const payload = new Uint8Array([0x7b, 0xff, 0x7d]);
    expect(validateDiscovery({ topic: TOPIC, payload }).findings).toMatchObject([{ level: "error" }]);
  });

  test.each([
    "homeassistant/device/x.1/config",
    "homeassistant/device/a/b/c/config",
    "homeassistant/lamp/x-1/config",
    "homeassistant/device/x-1/state",
    "other/device/x-1/config",
  ])("its topic %s", (topic) => {
    expect(findings(good(), { topic })[0]).toMatchObject({
      level: "error",
      message: expect.stringContaining("is none that Home Assistant reads"),
    });
  });
});

describe("a message is warned of for", () => {
  test.each(ADVISED)("%s", (_, payload, expected) => {
    expect(lines(payload)).toEqual([expected]);
  });

  test("not being retained, and for QoS 0", () => {
    expect(lines(good(), { retain: false, QoS: 0 })).toEqual([
      "warning : is not retained: forgotten when Home Assistant or the broker starts again",
      "warning : has QoS 0: it may be lost, and the device with it",
    ]);
  });
});

test("a discovery topic has a kind and an id, below any prefix", () => {
  expect(parseDiscoveryTopic("homeassistant/device/a/config", "homeassistant")).toEqual({
    kind: "device",
    id: "a",
  });
  expect(parseDiscoveryTopic("site/ha/sensor/node/a_b/config", "site/ha")).toEqual({
    kind: "sensor",
    id: "a_b",
  });
});

test("no short name is that of two options, and none is a full name of another", () => {
  const full = [...OPTIONS.values()];
  expect(new Set(full).size).toBe(full.length);
  expect([...OPTIONS.keys()].filter((short) => full.includes(short))).toEqual([]);
});
