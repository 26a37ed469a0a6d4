import { describe, expect, it } from "vitest";
import { describePayload, deviceOf, parseTemperature } from "../../../host-sim/home/analytics/reading";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a payload is a reading when it is one decimal number", () => {
  it.each([
    ["21.5", 21.5],
    ["-3", -3],
    ["+0.5", 0.5],
    [" 21.5\n", 21.5],
    ["2.15e1", 21.5],
    [".5", 0.5],
    ["5.", 5],
    ["-0", 0],
  ])("%j is %d", (text, value) => {
    expect(parseTemperature(bytes(text))).toBe(value);
  });

  it.each([
    "",
    " ",
    "NaN",
    "Infinity",
    "-Infinity",
    "21,5",
    "0x15",
    "21.5 °C",
    "1_000",
    "1e999",
    "--1",
    "true",
    "null",
    "unavailable",
    '{"temperature":21.5}',
    "21.5 22",
    "٢١",
    "1".repeat(33),
    "\u0000",
  ])("%j is none", (text) => {
    expect(parseTemperature(bytes(text))).toBeUndefined();
  });
});

describe("the device stands in the topic", () => {
  it.each([
    ["home/temp", "temperature-sensor"],
    ["home/livingroom/temp", "livingroom"],
    ["home/temperature-sensor/temp", "temperature-sensor"],
    ["home/Küche 2/temp", "Küche 2"],
  ])("%s is %s", (topic, device) => {
    expect(deviceOf(topic)).toBe(device);
  });

  it.each([
    "home/light",
    "home//temp",
    "home/a/b/temp",
    "home/temp/",
    "office/temp",
    `home/${"x".repeat(65)}/temp`,
    // A spreadsheet would calculate these.
    "home/=1+1/temp",
    "home/@sum/temp",
    "home/-2/temp",
    "home/a,b/temp",
    'home/a"b/temp',
    "home/a\nb/temp",
    "home/<b>/temp",
  ])("%j is nobody's", (topic) => {
    expect(deviceOf(topic)).toBeUndefined();
  });
});

it("a payload is shown escaped and cut", () => {
  expect(describePayload(bytes("off\u0007"))).toBe("off\\x07");
  expect(describePayload(Uint8Array.of(0xff, 0xd8))).toBe("\\xff\\xd8");
  expect(describePayload(bytes("x".repeat(1_000)))).toBe(`${"x".repeat(79)}…`);
});
