import { beforeEach, describe, expect, it, vi } from "vitest";
import { numberSetting, requiredSetting, textSetting } from "../../device/apps/settings";

const config = vi.hoisted((): Record<string, unknown> => ({}));
vi.mock("mc/config", () => ({ default: config }));

beforeEach(() => {
  for (const name of Object.keys(config)) delete config[name];
});

describe("a setting", () => {
  it("is text, from the manifest or from the command line", () => {
    config.broker = "broker.test";
    config.port = 1883;
    expect(textSetting("broker")).toBe("broker.test");
    expect(textSetting("port")).toBe("1883");
  });
  it.each([undefined, null, ""])("that is %o is missing", (value) => {
    config.ssid = value;
    expect(textSetting("ssid")).toBeUndefined();
    expect(numberSetting("ssid", 7)).toBe(7);
    expect(() => requiredSetting("ssid")).toThrow("config.ssid is missing");
  });
  it("is a number, also when mcconfig's command line gives it as text", () => {
    config.interval = "500";
    expect(numberSetting("interval", 60_000)).toBe(500);
    config.interval = 250.5;
    expect(numberSetting("interval", 60_000)).toBe(250.5);
  });
  it.each(["abc", "0", "-1", "1e999", "5 s", "NaN"])("of %o is no number above 0", (value) => {
    config.interval = value;
    expect(() => numberSetting("interval", 60_000)).toThrow(
      new RangeError(`config.interval "${value}" is not a number above 0`),
    );
  });
});
