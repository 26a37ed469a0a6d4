import { expect, test } from "vitest";
import {
  describePayload,
  eventJSON,
  eventLine,
  type HouseEvent,
} from "../../../host-sim/home/house/house-event";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const reading = { topic: "home/temp", payload: bytes("21.5"), QoS: 1, retain: true };
const picture = { topic: "home/camera/image", payload: new Uint8Array(12_345), QoS: 0, retain: false };
const cases: [HouseEvent, string | undefined, string][] = [
  [
    { time: 0.2, event: "started", broker: "mqtt://127.0.0.1:1883", devices: ["smart-light"] },
    undefined,
    '{"time":0,"event":"started","broker":"mqtt://127.0.0.1:1883","devices":["smart-light"]}',
  ],
  [
    { time: 20, event: "connected", device: "smart-light", reconnects: 0 },
    "   0.020 s  smart-light  connected",
    '{"time":20,"event":"connected","device":"smart-light","reconnects":0}',
  ],
  [
    { time: 9_000, event: "connected", device: "smart-light", reconnects: 2 },
    "   9.000 s  smart-light  connected again (2)",
    '{"time":9000,"event":"connected","device":"smart-light","reconnects":2}',
  ],
  [
    { time: 1_204.4, event: "published", device: "temperature-sensor", ...reading },
    "   1.204 s  temperature-sensor  home/temp  21.5",
    '{"time":1204,"event":"published","device":"temperature-sensor","topic":"home/temp","QoS":1,"retain":true,"payload":"21.5"}',
  ],
  [
    { time: 1_300, event: "published", device: "security-camera", ...picture },
    "   1.300 s  security-camera  home/camera/image  <12,345 bytes>",
    '{"time":1300,"event":"published","device":"security-camera","topic":"home/camera/image","QoS":0,"retain":false,"byteLength":12345}',
  ],
  [
    { time: 1_205, event: "received", ...reading },
    undefined,
    '{"time":1205,"event":"received","topic":"home/temp","QoS":1,"retain":true,"payload":"21.5"}',
  ],
  [
    { time: 3_000, event: "step", text: "cut smart-light" },
    "   3.000 s  scenario  cut smart-light",
    '{"time":3000,"event":"step","text":"cut smart-light"}',
  ],
  [
    { time: 100_000, event: "error", device: "smart-light", text: "uncaught" },
    " 100.000 s  smart-light  error: uncaught",
    '{"time":100000,"event":"error","device":"smart-light","text":"uncaught"}',
  ],
  [
    { time: 5_000, event: "watcher", connected: false },
    "   5.000 s  subscriber  disconnected",
    '{"time":5000,"event":"watcher","connected":false}',
  ],
  [
    { time: 10_000, event: "stopped", received: 34, lost: 0 },
    "  10.000 s  stopped: 34 messages received, 0 lost",
    '{"time":10000,"event":"stopped","received":34,"lost":0}',
  ],
];

test.each(cases)("the event %# is a line for people and a line of JSON", (event, line, json) => {
  expect(eventLine(event)).toBe(line);
  expect(JSON.parse(eventJSON(event))).toEqual(JSON.parse(json));
});

test.each([
  ["text", bytes("21.5"), "21.5"],
  ["nothing", bytes(""), ""],
  ["text with accents", bytes("21,5 °C"), "21,5 °C"],
  ["several lines", bytes("a\nb"), "<3 bytes>"],
  ["bytes that are not UTF-8", Uint8Array.of(0xff, 0xd8), "<2 bytes>"],
  ["long text", bytes("x".repeat(2_000)), "<2,000 bytes>"],
])("a payload of %s is shown as people can read it", (_what, payload, text) => {
  expect(describePayload(payload)).toBe(text);
});
