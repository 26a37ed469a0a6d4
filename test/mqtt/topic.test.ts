import { describe, expect, it } from "vitest";
import { INVALID_TOPIC } from "../../device/mqtt/mqtt-error";
import {
  assertTopicFilter,
  assertTopicName,
  encodeTopicFilter,
  encodeTopicName,
  isTopicFilter,
  isTopicName,
  matches,
  matchesBytes,
} from "../../device/mqtt/topic";

const invalid = expect.objectContaining({ code: INVALID_TOPIC });

describe("a Topic Name", () => {
  it.each(["a", "/", "//", "home/temp", " ", "a b/ c", "/finance", "é/水/😀", "$SYS/broker", "\ufeff"])(
    "[MQTT-4.7.3-1] can be %j",
    (topic) => {
      assertTopicName(topic);
      const bytes = encodeTopicName(topic);
      expect((bytes[0]! << 8) | bytes[1]!).toBe(bytes.length - 2);
    },
  );

  it.each(["", "#", "+", "home/#", "home/+/temp", "a#", "+a", "\0", "a\0", "\ud800"])(
    "[MQTT-3.3.2-2] cannot be %j",
    (topic) => {
      expect(() => assertTopicName(topic)).toThrow(invalid);
      expect(() => encodeTopicName(topic)).toThrow(invalid);
    },
  );

  it("[MQTT-4.7.3-3] has at most 65,535 bytes", () => {
    expect(encodeTopicName("a".repeat(65_535))).toHaveLength(65_537);
    expect(() => encodeTopicName("a".repeat(65_536))).toThrow(invalid);
  });

  it("is named in the error", () => {
    expect(() => assertTopicName("home/#")).toThrow('"home/#" is no Topic Name');
  });

  it("[MQTT-4.7.1-1] in bytes has no wildcard, no U+0000 and no ill-formed UTF-8, and is not empty", () => {
    expect(isTopicName(Uint8Array.of(0x61, 0xc3, 0xa9), 0, 3)).toBe(true);
    expect(isTopicName(Uint8Array.of(0x61, 0xc3, 0xa9), 0, 2)).toBe(false);
    expect(isTopicName(Uint8Array.of(0x61), 1, 1)).toBe(false);
    for (const byte of [0x00, 0x23, 0x2b, 0x80, 0xff]) {
      expect(isTopicName(Uint8Array.of(byte), 0, 1)).toBe(false);
      expect(isTopicName(Uint8Array.of(0x61, byte, 0x61), 0, 3)).toBe(false);
      // Outside the range it does not matter.
      expect(isTopicName(Uint8Array.of(byte, 0x61, byte), 1, 2)).toBe(true);
    }
  });
});

describe("a Topic Filter", () => {
  it.each([
    "#",
    "+",
    "/",
    "a",
    "+/+",
    "/+",
    "+/",
    "a/#",
    "a/+/b",
    "+/#",
    "sport/tennis/#",
    "+/tennis/#",
    "a//+//#",
  ])("[MQTT-4.7.1-3] can be %j", (filter) => {
    assertTopicFilter(filter);
    expect(encodeTopicFilter(filter)).toHaveLength(2 + filter.length);
  });

  it.each([
    "",
    "a#",
    "#/a",
    "a/#/b",
    "##",
    "a/##",
    "a+",
    "+a",
    "a/b+",
    "a/+b/c",
    "++",
    "+#",
    "#+",
    "\0",
    "a/\udc00",
  ])("[MQTT-4.7.1-2] cannot be %j", (filter) => {
    expect(() => assertTopicFilter(filter)).toThrow(invalid);
    expect(() => encodeTopicFilter(filter)).toThrow(invalid);
  });

  it("is named in the error", () => {
    expect(() => assertTopicFilter("a#")).toThrow('"a#" is no Topic Filter');
  });

  it("[MQTT-4.7.3-3] has at most 65,535 bytes", () => {
    expect(() => assertTopicFilter(`${"a".repeat(65_534)}/#`)).toThrow(invalid);
  });

  it("[MQTT-4.7.3-2] in bytes has no U+0000 and is not empty", () => {
    expect(isTopicFilter(Uint8Array.of(0x61, 0x00), 0, 2)).toBe(false);
    expect(isTopicFilter(Uint8Array.of(0x61), 1, 1)).toBe(false);
    // Outside the range it does not matter.
    for (const byte of [0x00, 0x23, 0x2b])
      expect(isTopicFilter(Uint8Array.of(byte, 0x61, byte), 1, 2)).toBe(true);
  });
});

/** The examples of MQTT 3.1.1 section 4.7, and those between them. */
const matching: readonly [filter: string, name: string, matches: boolean][] = [
  ["sport/tennis/player1/#", "sport/tennis/player1", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
  ["sport/tennis/player1/#", "sport/tennis/player2", false],
  ["sport/tennis/player1/#", "sport/tennis/player10", false],
  ["sport/#", "sport", true],
  ["sport/#", "sport/", true],
  ["sport/#", "sports", false],
  ["sport/#", "spor", false],
  ["#", "sport", true],
  ["#", "/", true],
  ["/#", "/", true],
  ["/#", "a", false],
  ["sport/tennis/+", "sport/tennis/player1", true],
  ["sport/tennis/+", "sport/tennis/player1/ranking", false],
  ["sport/tennis/+", "sport/tennis", false],
  ["sport/+", "sport", false],
  ["sport/+", "sport/", true],
  ["sport/+/player1", "sport/tennis/player1", true],
  ["sport/+/player1", "sport//player1", true],
  ["sport/+/player1", "sport/tennis/player2", false],
  ["+/+", "/finance", true],
  ["/+", "/finance", true],
  ["+", "/finance", false],
  ["+", "finance", true],
  ["+/#", "finance", true],
  ["+/#", "/", true],
  ["+/tennis/#", "sport/tennis", true],
  ["+/tennis/#", "sport/golf", false],
  ["a/b", "a/b", true],
  ["a/b", "a/b/", false],
  ["a/b/", "a/b", false],
  ["a", "ab", false],
  ["ab", "a", false],
  ["ACCOUNTS", "Accounts", false],
  ["/a", "a", false],
  ["水/+", "水/é", true],
  ["+", "😀", true],
];

/** [MQTT-4.7.2-1] */
const dollar: readonly [filter: string, name: string, matches: boolean][] = [
  ["#", "$SYS/monitor", false],
  ["+/monitor/Clients", "$SYS/monitor/Clients", false],
  ["+", "$", false],
  ["$SYS/#", "$SYS/monitor", true],
  ["$SYS/#", "$SYS", true],
  ["$SYS/monitor/+", "$SYS/monitor/Clients", true],
  ["a/+", "a/$b", true],
  ["a/#", "a/$b/c", true],
];

describe("matching", () => {
  for (const [filter, name, expected] of matching)
    it(`[MQTT-3.3.2-3] "${filter}" ${expected ? "matches" : "does not match"} "${name}"`, () => {
      expect(matches(filter, name)).toBe(expected);
    });

  for (const [filter, name, expected] of dollar)
    it(`[MQTT-4.7.2-1] "${filter}" ${expected ? "matches" : "does not match"} "${name}"`, () => {
      expect(matches(filter, name)).toBe(expected);
    });

  it("[MQTT-4.7.3-4] does not normalise: é in one character is not é in two", () => {
    expect(matches("\u00e9", "e\u0301")).toBe(false);
    expect(matches("\ufeffa", "a")).toBe(false);
  });

  it("looks at no byte beside the Topic Name", () => {
    const memory = encodeTopicName("xa/bx");
    expect(matchesBytes(encodeTopicFilter("a/b"), memory, 3, 6)).toBe(true);
    expect(matchesBytes(encodeTopicFilter("a/bx"), memory, 3, 6)).toBe(false);
    expect(matchesBytes(encodeTopicFilter("a/+"), memory, 3, 6)).toBe(true);
  });
});
