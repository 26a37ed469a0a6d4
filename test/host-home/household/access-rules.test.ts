import { describe, expect, test } from "vitest";
import {
  mayPublish,
  mayReceive,
  maySubscribe,
  mosquittoRules,
  rulesOf,
} from "../../../host-sim/home/household/access-rules";
import type { Member, Service } from "../../../host-sim/home/household/members";

const device = (name: string, topic?: string): Member => ({ role: "device", name, topic });
const service = (name: Service): Member => ({ role: "service", name });
const ANNA: Member = { role: "person", name: "anna" };

describe("subscriptions are judged by all that they could bring", () => {
  test.each<[Member, string, boolean]>([
    [service("analytics"), "home/temp", true],
    [service("analytics"), "home/+/temp", true],
    [service("analytics"), "home/attic/temp", true],
    [service("analytics"), "$share/analytics/home/+/temp", true],
    [service("analytics"), "$share/analytics/home/#", false],
    [service("analytics"), "home/+", false],
    [service("analytics"), "home/+/+", false],
    [service("analytics"), "home/#", false],
    [service("analytics"), "+/temp", false],
    [service("analytics"), "#", false],
    [service("analytics"), "home/temp/", false],
    [service("alerts"), "home/+/status", true],
    [service("alerts"), "home/+/log", false],
    [service("watcher"), "home/#", true],
    [service("watcher"), "home/+/temp", true],
    [service("watcher"), "home", true],
    [service("watcher"), "#", false],
    [service("watcher"), "+/#", false],
    [ANNA, "home/#", true],
    [ANNA, "$SYS/#", false],
    [service("home-assistant"), "homeassistant/#", true],
    [device("smart-light", "home/light"), "home/light/set", true],
    [device("smart-light", "home/light"), "home/+/set", false],
    [device("smart-light", "home/light"), "homeassistant/status", true],
    [device("smart-light", "home/light"), "home/light", false],
  ])("%o to %s: %s", (member, topicFilter, expected) => {
    expect(maySubscribe(rulesOf(member), topicFilter)).toBe(expected);
  });
});

describe("a device without a topic of its own has all three below its name, and nothing else", () => {
  const rules = rulesOf(device("attic"));
  test.each([
    "home/attic/temp",
    "home/attic/light",
    "home/attic/camera",
    "home/attic/camera/image",
    "home/attic/status",
    "home/attic/log",
    "homeassistant/device/attic/config",
  ])("may publish %s", (topic) => expect(mayPublish(rules, topic)).toBe(true));
  test.each([
    "home/temp",
    "home/attic",
    "home/attic/light/set",
    "home/attic2/temp",
    "home/attic/temp/x",
    "homeassistant/status",
    "",
  ])("must not publish %s", (topic) => expect(mayPublish(rules, topic)).toBe(false));
  test("takes its commands", () => expect(mayReceive(rules, "home/attic/light/set")).toBe(true));
});

test("whoever may command may command lamps in rooms too, and no more", () => {
  for (const member of [ANNA, service("mobile-app"), service("home-assistant")]) {
    const rules = rulesOf(member);
    for (const topic of ["home/light/set", "home/attic/light/set"])
      expect(mayPublish(rules, topic)).toBe(true);
    for (const topic of ["home/light", "home/set", "home/a/b/c/set"])
      expect(mayPublish(rules, topic)).toBe(false);
  }
});

test("mosquitto gets the same rules, by name", () => {
  expect(
    mosquittoRules([device("smart-light", "home/light"), service("analytics")])
      .split("\n")
      .slice(1),
  ).toEqual([
    "",
    "user smart-light",
    "topic write home/smart-light/status",
    "topic write home/smart-light/log",
    "topic write homeassistant/device/smart-light/config",
    "topic read homeassistant/status",
    "topic write home/light",
    "topic read home/light/set",
    "",
    "user analytics",
    "topic read home/temp",
    "topic read home/+/temp",
    "",
  ]);
});
