import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AlertBook } from "../../../host-sim/home/alerts/alert-book";
import { Judge } from "../../../host-sim/home/alerts/judge";
import { isQuiet, WallClockReader } from "../../../host-sim/home/alerts/quiet-hours";
import type { AlertKind } from "../../../host-sim/home/alerts/record";
import { parseRules, readRules } from "../../../host-sim/home/alerts/rules";

test("no rules are rules: a minute of cool-down, and nothing else", () => {
  expect(parseRules({}, "rules.json")).toEqual({
    quietHours: [],
    motion: { coolDown: 60_000 },
    timeToLive: 86_400_000,
    contact: "mailto:thimble@example.org",
  });
});

test("times are read as the command line reads them", () => {
  const rules = parseRules(
    {
      motion: { coolDown: "90s" },
      offline: {},
      quietHours: [{ from: "22:00", to: "06:30", days: ["fri", "sat"] }],
      timeToLive: "2h",
    },
    "rules.json",
  );
  expect(rules.motion.coolDown).toBe(90_000);
  expect(rules.offline).toEqual({ after: 300_000 });
  expect(rules.quietHours).toEqual([{ from: 1_320, to: 390, days: ["fri", "sat"], kinds: ["motion"] }]);
  expect(rules.timeToLive).toBe(7_200_000);
});

test.each<[unknown, string]>([
  [[], "r: the rules: a list is not an object"],
  ["x", 'r: the rules: "x" is not an object'],
  [
    { cooldown: "1m" },
    'r: there is no rule "cooldown"; there are timeZone, quietHours, motion, offline, temperature, timeToLive, contact, ntfy, webhook',
  ],
  [{ quiethours: [] }, 'r: there is no rule "quiethours": write "quietHours"'],
  [{ motion: { cooldown: "1m" } }, 'r: there is no rule "motion.cooldown"'],
  [{ motion: { coolDown: 60 } }, 'r: motion.coolDown: 60 is not a time, "30s", "5m" or "2h", 0s to 24h'],
  [
    { motion: { coolDown: "25h" } },
    'r: motion.coolDown: "25h" is not a time, "30s", "5m" or "2h", 0s to 24h',
  ],
  [{ timeZone: "Europe/Berln" }, 'r: timeZone: "Europe/Berln" is not a time zone, "Europe/Berlin"'],
  [{ quietHours: [{ from: "22:00" }] }, "r: quietHours[0].to: missing"],
  [
    { quietHours: [{ from: "24:00", to: "06:00" }] },
    'r: quietHours[0].from: "24:00" is not a time of day from "00:00" to "23:59"',
  ],
  [
    { quietHours: [{ from: "22:00", to: "06:00", days: ["friday"] }] },
    'r: quietHours[0].days[0]: "friday" is not one of sun, mon, tue, wed, thu, fri, sat',
  ],
  [{ temperature: {} }, "r: temperature needs a minimum or a maximum"],
  [
    { temperature: { minimum: 20, maximum: 20.5, hysteresis: 1 } },
    "r: temperature needs minimum and maximum at least twice the hysteresis apart",
  ],
  [{ temperature: { minimum: "5" } }, 'r: temperature.minimum: "5" is not a number of °C from -100 to 200'],
  [{ ntfy: { url: "ftp://host/secret-topic" } }, "r: ntfy.url: this is not an http or https URL"],
  [
    { webhook: { url: "https://host", secret: "short" } },
    "r: webhook.secret: this is not at least 8 characters",
  ],
  [{ contact: "me" }, 'r: contact: "me" is not a mailto: or https: URL'],
])("%j is refused: %s", (input, message) => {
  expect(() => parseRules(input, "r")).toThrow(message);
});

test("a rules file that holds an address others may read is refused, and so is one that is no JSON", async () => {
  const directory = await mkdtemp(join(tmpdir(), "thimble-rules-"));
  const file = join(directory, "rules.json");
  try {
    expect(() => readRules(file)).toThrow(`cannot read the rules ${file}: ENOENT`);
    await writeFile(file, "{");
    expect(() => readRules(file)).toThrow(`${file}: it is not JSON`);
    await writeFile(file, JSON.stringify({ ntfy: { url: "https://ntfy.sh/topic" } }));
    await chmod(file, 0o644);
    expect(() => readRules(file)).toThrow(`can be read by others (mode 644): chmod 600 ${file}`);
    await chmod(file, 0o600);
    expect(readRules(file).ntfy?.url).toBe("https://ntfy.sh/topic");
  } finally {
    await rm(directory, { recursive: true });
  }
});

describe("quiet hours", () => {
  const berlin = new WallClockReader("Europe/Berlin");
  const hours = parseRules({ quietHours: [{ from: "22:00", to: "06:30", days: ["fri"] }] }, "r")
    .quietHours[0]!;

  test.each([
    ["2026-01-02T20:59Z", false], // Friday 21:59
    ["2026-01-02T21:00Z", true],
    ["2026-01-03T05:29Z", true], // Saturday, of the hours that began on Friday
    ["2026-01-03T05:30Z", false],
    ["2026-01-03T21:00Z", false], // Saturday
    ["2026-07-03T19:59Z", false], // Friday 21:59, daylight saving time
    ["2026-07-03T20:00Z", true],
  ])("on Fridays from 22:00 to 06:30 in Berlin, %s: %s", (date, quiet) => {
    expect(isQuiet(hours, "motion", "camera", berlin.read(Date.parse(date)))).toBe(quiet);
  });

  test("the night in which the clock goes forward is an hour shorter", () => {
    const night = parseRules({ quietHours: [{ from: "01:00", to: "04:00" }] }, "r").quietHours[0]!;
    let minutes = 0;
    for (let date = Date.parse("2026-03-28T20:00Z"); date < Date.parse("2026-03-29T08:00Z"); date += 60_000)
      if (isQuiet(night, "motion", "camera", berlin.read(date))) minutes += 1;
    expect(minutes).toBe(120);
  });

  test("they keep quiet what they name: motion, unless they say more", () => {
    const all = parseRules(
      { quietHours: [{ from: "00:00", to: "00:00", kinds: ["offline"], devices: ["a"] }] },
      "r",
    );
    const quiet = (kind: AlertKind, device: string): boolean =>
      isQuiet(all.quietHours[0]!, kind, device, { day: 0, minute: 700 });
    expect(quiet("offline", "a")).toBe(true);
    expect(quiet("offline", "b")).toBe(false);
    expect(quiet("motion", "a")).toBe(false);
  });
});

describe("the judge", () => {
  const time = Date.parse("2026-01-02T12:00Z");
  const raise = (book: AlertBook, device: string, at: number, suppressed?: string): void =>
    book.apply({
      type: "raised",
      raised: {
        alert: { id: `${device}${at}`, time: at, kind: "motion", device, title: "", text: "", suppressed },
        targets: [],
      },
    });

  test("cools down each camera by itself, from the last alert that was sent", () => {
    const book = new AlertBook();
    const judge = new Judge(parseRules({ motion: { coolDown: "10s" } }, "r"), book);
    const motion = (device: string, at: number) => judge.suppression({ kind: "motion", device, time: at });
    expect(motion("a", time)).toBeUndefined();
    raise(book, "a", time);
    expect(motion("a", time + 9_999)).toBe("cool-down 10 s");
    raise(book, "a", time + 9_999, "cool-down 10 s");
    expect(motion("b", time + 1)).toBeUndefined();
    expect(motion("a", time + 10_000)).toBeUndefined();
    // The clock was set back.
    expect(motion("a", time - 3_600_000)).toBeUndefined();
  });

  test("a temperature leaves the band once, and again only after it has been well inside", () => {
    const judge = new Judge(
      parseRules({ temperature: { minimum: 5, maximum: 30, hysteresis: 1 } }, "r"),
      new AlertBook(),
    );
    let outside: "low" | "high" | undefined;
    const left = [20, 30, 30.1, 31, 29.5, 30.1, 28.9, 30.2, 4.9, 5.5, 4, 6.1, 4.9].map((celsius) => {
      const verdict = judge.temperature({ outside }, celsius);
      outside = verdict.outside;
      return verdict.left ?? "-";
    });
    expect(left.join(" ")).toBe("- - high - - - - high low - - - low");
  });

  test("rules with devices watch those only, and without a rule nothing is watched", () => {
    const judge = new Judge(parseRules({ offline: { devices: ["a"] } }, "r"), new AlertBook());
    expect(judge.watches("offline", "a")).toBe(true);
    expect(judge.watches("offline", "b")).toBe(false);
    expect(judge.watches("temperature", "a")).toBe(false);
    expect(judge.watches("motion", "b")).toBe(true);
  });
});
