import { describe, expect, it } from "vitest";
import { INVALID_TOPIC } from "../../../device/mqtt/mqtt-error";
import { matchesBytes } from "../../../device/mqtt/topic";
import { encodeString } from "../../../device/mqtt/utf8-string";
import { encodeTopicFilter, isShared, matchedTopicFilter } from "../../../device/mqtt/version-5/topic";

/** What would be refused if another character stood for each of those of `$share`. */
const unlike: readonly string[] = Array.from(
  "$share",
  (_, index) => `${"$share".slice(0, index)}x${"$share".slice(index + 1)}/+/a`,
);

describe("a Topic Filter of version 5", () => {
  it.each(["$share/g/a", "$share/group name/#", "$share/ü/+/b", "$share/$share//", "$share/g//"])(
    "[MQTT-4.8.2-1] %s is a Shared Subscription",
    (filter) => {
      expect(isShared(encodeTopicFilter(filter))).toBe(true);
    },
  );

  it.each(["$share//a", "$share/"])("[MQTT-4.8.2-1] %s has no Share Name", (filter) => {
    expect(() => encodeTopicFilter(filter)).toThrow(
      expect.objectContaining({ code: INVALID_TOPIC, message: `"${filter}" is no Shared Subscription` }),
    );
  });

  it.each(["$share/+/a", "$share/#", "$share/+", "$share/g", "$share/g/", "$share/a+b/c", "$share/g/a#"])(
    "[MQTT-4.8.2-2] %s has a wildcard in its Share Name, or no Topic Filter after it",
    (filter) => {
      expect(() => encodeTopicFilter(filter)).toThrow(expect.objectContaining({ code: INVALID_TOPIC }));
    },
  );

  it.each(["a", "#", "$share", "$shared/+/a", "share/+/a", "$SHARE/+/a", "a/$share/+", ...unlike])(
    "%s is an ordinary one",
    (filter) => {
      const bytes = encodeTopicFilter(filter);
      expect(isShared(bytes)).toBe(false);
      expect(bytes).toEqual(encodeString(filter));
      expect(matchedTopicFilter(bytes)).toBe(bytes);
    },
  );

  it("[MQTT-4.7.1-1] what is none in 3.1.1 is none here", () => {
    for (const filter of ["", "a#", "#/a", "a\0"])
      expect(() => encodeTopicFilter(filter)).toThrow(expect.objectContaining({ code: INVALID_TOPIC }));
  });
});

it("messages of a Shared Subscription match its filter without the Share Name", () => {
  for (const [shared, plain] of [
    ["$share/g/home/+", "home/+"],
    ["$share/g//", "/"],
    [`$share/g/${"a".repeat(250)}`, "a".repeat(250)],
    [`$share/g/${"a".repeat(300)}`, "a".repeat(300)],
  ] as const)
    expect(matchedTopicFilter(encodeTopicFilter(shared))).toEqual(encodeString(plain));
  const name = encodeString("home/temp");
  const filter = encodeTopicFilter("$share/g/home/+");
  expect(matchesBytes(matchedTopicFilter(filter), name, 2, name.length)).toBe(true);
  expect(matchesBytes(filter, name, 2, name.length)).toBe(false);
});
