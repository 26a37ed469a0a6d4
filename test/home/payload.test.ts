import { describe, expect, it } from "vitest";
import {
  formatLightState,
  formatLogEntry,
  formatMotionEvent,
  formatTemperature,
  parseLightCommand,
} from "../../device/home/payload";

function parse(text: string): ReturnType<typeof parseLightCommand> {
  return parseLightCommand(new TextEncoder().encode(text));
}

describe("a temperature", () => {
  it.each([
    [21.5, "21.5"],
    [21, "21.0"],
    [0, "0.0"],
    [-0, "0.0"],
    [-0.04, "0.0"],
    [-0.05, "-0.1"],
    [0.05, "0.1"],
    [21.4609375, "21.5"],
    [21.25, "21.3"],
    [-21.25, "-21.3"],
    [-0.0078125, "0.0"],
    [9.96, "10.0"],
    [-9.96, "-10.0"],
    [150, "150.0"],
    [-55, "-55.0"],
    [0.1 + 0.2, "0.3"],
    [255.9921875, "256.0"],
  ])("%d is written %s", (celsius, text) => {
    expect(formatTemperature(celsius)).toBe(text);
  });

  it("has one decimal and no garbage for every value the TMP117 can give", () => {
    for (let register = -0x8000; register < 0x8000; register += 1) {
      const celsius = register * 0.0078125;
      const text = formatTemperature(celsius);
      if (!/^(-?[1-9][0-9]{0,2}|-?0)\.[0-9]$/.test(text) || text === "-0.0")
        expect.fail(`${celsius}: ${text}`);
      if (Math.abs(Number(text) - celsius) > 0.05 + 1e-9) expect.fail(`${celsius}: ${text}`);
    }
  });
});

describe("a light state, a motion event, a log entry", () => {
  it("are the JSON that Home Assistant reads", () => {
    expect(formatLightState(true, 128)).toBe('{"state":"ON","brightness":128}');
    expect(formatLightState(false, 255)).toBe('{"state":"OFF","brightness":255}');
    expect(formatMotionEvent(3, 7)).toBe('{"event_type":"motion","boot":3,"sequence":7}');
    expect(formatLogEntry("error", 410, "x")).toBe('{"level":"error","code":410,"message":"x"}');
  });

  it("escape what a message quotes", () => {
    const message = 'state "BLINK\n" is not "ON"';
    expect(JSON.parse(formatLogEntry("error", 410, message))).toEqual({ level: "error", code: 410, message });
  });
});

describe("a light command is taken", () => {
  it.each([
    ['{"state":"ON"}', { on: true, brightness: undefined, transition: undefined }],
    ['{"state":"OFF"}', { on: false, brightness: undefined, transition: undefined }],
    ['{"state":"ON","brightness":128}', { on: true, brightness: 128, transition: undefined }],
    ['{"state":"ON","brightness":1}', { on: true, brightness: 1, transition: undefined }],
    ['{"state":"ON","brightness":255}', { on: true, brightness: 255, transition: undefined }],
    ['{"state":"ON","brightness":128.0}', { on: true, brightness: 128, transition: undefined }],
    ['{"state":"ON","transition":2.5}', { on: true, brightness: undefined, transition: 2_500 }],
    ['{"state":"OFF","transition":0}', { on: false, brightness: undefined, transition: 0 }],
    ['{"state":"ON","transition":3600}', { on: true, brightness: undefined, transition: 3_600_000 }],
    [' \n{ "brightness" : 5 , "state" : "ON" }\t', { on: true, brightness: 5, transition: undefined }],
  ])("%s", (text, command) => {
    expect(parse(text)).toEqual(command);
  });

  it("with brightness 0 ignored, as Home Assistant does", () => {
    expect(parse('{"state":"ON","brightness":0}')).toEqual({
      on: true,
      brightness: undefined,
      transition: undefined,
    });
  });

  it("with keys it does not know, which other lights and later versions have", () => {
    expect(parse('{"state":"ON","effect":"rainbow","color":{"r":1},"flash":2}')).toMatchObject({ on: true });
  });

  it("without being misled by __proto__", () => {
    expect(parse('{"__proto__":{"state":"ON"}}')).toMatch("state is missing");
  });
});

describe("a light command is refused, with the value and the limit", () => {
  it.each([
    ['{"state":"BLINK"}', 'state "BLINK" is not "ON" or "OFF"'],
    ['{"state":"on"}', 'state "on" is not "ON" or "OFF"'],
    ['{"state":true}', 'state true is not "ON" or "OFF"'],
    ['{"state":null}', 'state null is not "ON" or "OFF"'],
    ['{"state":["ON"]}', 'state ["ON"] is not "ON" or "OFF"'],
    ["{}", 'state is missing, "ON" or "OFF" is required'],
    ['{"brightness":128}', 'state is missing, "ON" or "OFF" is required'],
    ['{"state":"ON","brightness":256}', "brightness 256 is not an integer from 1 to 255"],
    ['{"state":"ON","brightness":-1}', "brightness -1 is not an integer from 1 to 255"],
    ['{"state":"ON","brightness":0.5}', "brightness 0.5 is not an integer from 1 to 255"],
    ['{"state":"ON","brightness":1e999}', "brightness null is not an integer from 1 to 255"],
    ['{"state":"ON","brightness":"128"}', 'brightness "128" is not an integer from 1 to 255'],
    ['{"state":"ON","brightness":null}', "brightness null is not an integer from 1 to 255"],
    ['{"state":"OFF","brightness":300}', "brightness 300 is not an integer from 1 to 255"],
    ['{"state":"ON","transition":-1}', "transition -1 is not a number of seconds from 0 to 3600"],
    ['{"state":"ON","transition":3601}', "transition 3601 is not a number of seconds from 0 to 3600"],
    ['{"state":"ON","transition":"1"}', 'transition "1" is not a number of seconds from 0 to 3600'],
    ["ON", 'the command "ON" is not JSON'],
    ['{"state":"ON"', 'the command "{"state":"ON"" is not JSON'],
    ['{"state":"ON"}{"state":"OFF"}', 'the command "{"state":"ON"}{"state":"OFF"}" is not JSON'],
    ['"ON"', 'the command ""ON"" is not a JSON object'],
    ["1", 'the command "1" is not a JSON object'],
    ["null", 'the command "null" is not a JSON object'],
    ['[{"state":"ON"}]', 'the command "[{"state":"ON"}]" is not a JSON object'],
    ["", 'the command "" is not JSON'],
  ])("%s", (text, reason) => {
    expect(parse(text)).toBe(reason);
  });

  it("when it is not UTF-8", () => {
    expect(parseLightCommand(Uint8Array.of(0x7b, 0xff, 0x7d))).toBe("the command, 3 bytes, is not UTF-8");
  });

  it("with a message that stays short however long the command is", () => {
    expect(parse("x".repeat(500))).toBe(`the command "${"x".repeat(40)}..." is not JSON`);
    expect((parse(`{"state":"${"é".repeat(500)}"}`) as string).length).toBeLessThan(80);
    expect((parse(`{"state":${"[".repeat(200)}${"]".repeat(200)}}`) as string).length).toBeLessThan(80);
  });
});
