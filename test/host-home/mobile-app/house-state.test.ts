import { describe, expect, test } from "vitest";
import { ageInWords } from "../../../host-sim/home/mobile-app/page/age";
import { parseHistory, parseMotions } from "../../../host-sim/home/mobile-app/page/history";
import {
  connectionChanged,
  emptyState,
  type HouseState,
  historyKnown,
  MAXIMUM_MOTIONS,
  motionsKnown,
  received,
  roomOf,
  withLamp,
} from "../../../host-sim/home/mobile-app/page/house-state";
import {
  brightnessOf,
  commanded,
  confirmed,
  delivered,
  dropped,
  formatWish,
  type Lamp,
  lapsed,
  percentOf,
} from "../../../host-sim/home/mobile-app/page/lamp";
import { addReading, extentOf, type Point, WINDOW } from "../../../host-sim/home/mobile-app/page/series";

const NOW = 1_700_000_000_000;
const start = emptyState(NOW);

interface Told {
  readonly retain?: boolean;
  readonly at?: number;
}

function hear(state: HouseState, topic: string, payload: string | Uint8Array, told: Told = {}): HouseState {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  return received(state, { topic, payload: bytes, retain: told.retain ?? false }, told.at ?? NOW);
}

describe("the temperature", () => {
  test("is of now when it is heard, and of an unknown time when the broker had kept it", () => {
    const live = hear(start, "home/temp", "21.5", { at: NOW + 1 });
    expect(live.temperatures["home/temp"]).toEqual({
      celsius: 21.5,
      time: NOW + 1,
      series: [[NOW + 1, 21.5]],
    });
    const kept = hear(start, "home/temp", "21.5", { retain: true });
    expect(kept.temperatures["home/temp"]).toEqual({ celsius: 21.5, time: undefined, series: [] });
  });

  test("that the broker had kept and the phone knows already keeps its time", () => {
    const again = hear(hear(start, "home/temp", "21.5"), "home/temp", "21.5", {
      retain: true,
      at: NOW + 9,
    });
    expect(again.temperatures["home/temp"]?.time).toBe(NOW);
  });

  test.each(["", "warm", "NaN", "1e3", "999", "-61", " 21", "0x15"])("is not %j", (payload) => {
    expect(hear(start, "home/temp", payload)).toBe(start);
  });

  test("of several rooms stands side by side", () => {
    const state = hear(hear(start, "home/attic/temp", "30.1"), "home/temp", "-3.0");
    expect(Object.keys(state.temperatures)).toEqual(["home/attic/temp", "home/temp"]);
    expect([roomOf("home/attic/temp"), roomOf("home/temp")]).toEqual(["attic", undefined]);
  });

  test("has a gap in its chart where there was no connection, or silence", () => {
    const live = connectionChanged(hear(start, "home/temp", "21.5"), "connected", NOW);
    const lost = connectionChanged(live, "disconnected", NOW + 500);
    expect(lost.temperatures["home/temp"]?.series).toEqual([
      [NOW, 21.5],
      [NOW + 1, null],
    ]);
    const silent = addReading([[NOW, 21.5]], NOW + 100_000, 22);
    expect(silent.map(([, celsius]) => celsius)).toEqual([21.5, null, 22]);
  });

  test("is shown for a quarter of an hour, and not more than ten times a second", () => {
    let series: readonly Point[] = [];
    for (let time = 0; time <= WINDOW + 10_000; time += 1_000)
      series = addReading(series, NOW + time, time / 1_000);
    expect(series).toHaveLength(WINDOW / 1_000 + 1);
    expect(extentOf(series)).toEqual({ minimum: 10, maximum: 910 });
    expect(addReading([[NOW, 1]], NOW + 50, 2)).toEqual([[NOW, 2]]);
  });
});

describe("a lamp", () => {
  const off: Lamp = { confirmed: { on: false, brightness: 255 }, time: NOW };

  test("is what it says it is; a wish is pending until it says so", () => {
    const pending = commanded(off, { on: true }, 7, true, NOW);
    expect(pending).toMatchObject({ confirmed: { on: false }, pending: { token: 7, stage: "sent" } });
    const on = confirmed(pending, { on: true, brightness: 255 }, NOW + 80);
    expect(on).toEqual({
      confirmed: { on: true, brightness: 255 },
      time: NOW + 80,
      pending: undefined,
      refusal: undefined,
    });
  });

  test("that says something else, as of before, leaves the wish pending", () => {
    const pending = commanded(off, { on: true, brightness: 100 }, 7, true, NOW);
    const other = confirmed(pending, { on: true, brightness: 255 }, NOW);
    expect(other.pending?.token).toBe(7);
    expect(confirmed(other, { on: true, brightness: 100 }, NOW).pending).toBeUndefined();
  });

  test("waits for the connection, then for the answer; then there is a reason", () => {
    const waiting = commanded(off, { on: true }, 7, false, NOW);
    expect(waiting.pending?.stage).toBe("waiting");
    const sent = delivered(waiting, 7);
    expect(sent.pending?.stage).toBe("sent");
    expect(lapsed(sent, 7)).toMatchObject({ confirmed: { on: false }, refusal: /did not answer/ });
    expect(dropped(waiting, 7, "Not sent.")).toMatchObject({ pending: undefined, refusal: "Not sent." });
  });

  test("does not take what became of an earlier wish for that of the present one", () => {
    const second = commanded(commanded(off, { on: true }, 7, true, NOW), { on: false }, 8, true, NOW);
    for (const same of [delivered(second, 7), dropped(second, 7, "x"), lapsed(second, 7)])
      expect(same).toBe(second);
  });

  test("that refuses says why, on its log", () => {
    const state = withLamp(start, "home/light", () => commanded(off, { on: true }, 7, true, NOW));
    const entry = '{"level":"error","code":410,"message":"command refused: no"}';
    expect(hear(state, "home/smart-light/log", entry).lamps["home/light"]).toMatchObject({
      pending: undefined,
      refusal: "The lamp says: command refused: no",
    });
    expect(hear(state, "home/security-camera/log", entry)).toBe(state);
    expect(hear(state, "home/smart-light/log", '{"level":"error","code":400,"message":"x"}')).toBe(state);
  });

  test.each([
    "",
    "ON",
    '{"state":"on"}',
    '{"state":"ON","brightness":0}',
    '{"state":"ON","brightness":256}',
    "[]",
    "null",
  ])("does not say %s", (payload) => {
    expect(hear(start, "home/light", payload)).toBe(start);
  });

  test("is asked as Home Assistant would", () => {
    expect(formatWish({ on: true })).toBe('{"state":"ON"}');
    expect(formatWish({ on: true, brightness: 3 })).toBe('{"state":"ON","brightness":3}');
    expect(formatWish({ on: false, brightness: 3 })).toBe('{"state":"OFF"}');
  });

  test("has a brightness for each per cent, and back", () => {
    for (let percent = 1; percent <= 100; percent++) expect(percentOf(brightnessOf(percent))).toBe(percent);
    expect([brightnessOf(1), brightnessOf(100), percentOf(1), percentOf(255)]).toEqual([3, 255, 1, 100]);
  });
});

describe("the camera", () => {
  test("tells of motion, the newest first, and not of what the broker should not have kept", () => {
    let state = start;
    for (let sequence = 1; sequence <= MAXIMUM_MOTIONS + 1; sequence++)
      state = hear(state, "home/camera", `{"event_type":"motion","sequence":${sequence}}`);
    expect(state.motions).toHaveLength(MAXIMUM_MOTIONS);
    expect(state.motions[0]?.sequence).toBe(MAXIMUM_MOTIONS + 1);
    expect(hear(state, "home/camera", '{"event_type":"motion"}', { retain: true })).toBe(state);
    expect(hear(state, "home/camera", '{"event_type":"sound"}')).toBe(state);
  });

  test("has a picture, which is a copy, if it is a JPEG", () => {
    const bytes = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
    const state = hear(start, "home/camera/image", bytes);
    bytes.fill(0);
    expect(state.pictures["home/camera"]).toEqual({
      bytes: Uint8Array.of(0xff, 0xd8, 0xff, 0xe0),
      time: NOW,
    });
    expect(hear(start, "home/camera/image", "<svg onload=alert(1)>")).toBe(start);
  });
});

test("a device is online, or offline since then, or gone", () => {
  const online = hear(start, "home/smart-light/status", "online", { retain: true });
  expect(online.devices["smart-light"]).toEqual({ online: true, time: NOW });
  const same = hear(online, "home/smart-light/status", "online", { at: NOW + 5 });
  expect(same).toBe(online);
  const offline = hear(online, "home/smart-light/status", "offline", { at: NOW + 5 });
  expect(offline.devices["smart-light"]).toEqual({ online: false, time: NOW + 5 });
  expect(hear(offline, "home/smart-light/status", "").devices).toEqual({});
  expect(hear(offline, "home/smart-light/status", "broken")).toBe(offline);
});

test("whatever is on the wire changes nothing that it should not", () => {
  for (const topic of ["home/temp", "home/light", "home/camera", "home/x/status", "home/x/log", "other", ""])
    expect(hear(start, topic, Uint8Array.of(0xff, 0xfe))).toBe(start);
});

test.each([
  [0, "just now"],
  [4_999, "just now"],
  [5_000, "5 s ago"],
  [59_999, "59 s ago"],
  [60_000, "1 min ago"],
  [3_599_999, "59 min ago"],
  [3_600_000, "1 h ago"],
  [86_400_000, "1 day ago"],
  [172_800_000, "2 days ago"],
  [-5_000, "just now"],
])("%d ms are %s", (age, words) => {
  expect(ageInWords(NOW - age, NOW)).toBe(words);
});

test("the chart begins with what the trends know, up to when the phone came", () => {
  const iso = (time: number): string => new Date(time).toISOString();
  const rows = [
    "device,time,temperature",
    `temperature-sensor,${iso(NOW - 2_000)},20.5`,
    `attic,${iso(NOW - 2_000)},30`,
    `temperature-sensor,${iso(NOW - 1_000)},20.6`,
    `temperature-sensor,${iso(NOW + 500)},20.7`,
    "temperature-sensor,never,1",
    "temperature-sensor",
    "",
  ];
  const history = parseHistory(rows.join("\r\n"));
  expect([...history.keys()]).toEqual(["home/temp", "home/attic/temp"]);
  const connected = connectionChanged(start, "connected", NOW);
  const live = hear(connected, "home/temp", "20.8", { at: NOW + 520 });
  expect(historyKnown(live, history).temperatures["home/temp"]?.series).toEqual([
    [NOW - 2_000, 20.5],
    [NOW - 1_000, 20.6],
    [NOW + 520, 20.8],
  ]);
  expect(historyKnown(live, new Map())).toBe(live);
  const kept = hear(connected, "home/temp", "20.7", { retain: true });
  expect(historyKnown(kept, history).temperatures["home/temp"]?.time).toBe(NOW + 500);
  expect(historyKnown(connected, history).temperatures["home/attic/temp"]).toEqual({
    celsius: 30,
    time: NOW - 2_000,
    series: [[NOW - 2_000, 30]],
  });
});

test("the list of motion has what the alerts know and the phone has missed", () => {
  const live = hear(start, "home/camera", '{"event_type":"motion","sequence":2}');
  const others = parseMotions({
    alerts: [
      { kind: "motion", device: "camera", time: NOW - 30, sequence: 2 },
      { kind: "offline", device: "camera", time: NOW - 40 },
      { kind: "motion", device: "attic", time: NOW - 50, sequence: 2 },
      { kind: "motion", device: "camera", time: NOW - 90_000, sequence: 1 },
    ],
  });
  const known = motionsKnown(live, others);
  expect(known.motions.map(({ camera, time }) => [camera, time - NOW])).toEqual([
    ["home/camera", 0],
    ["home/attic/camera", -50],
    ["home/camera", -90_000],
  ]);
  expect(motionsKnown(known, others)).toBe(known);
  expect(parseMotions(undefined)).toEqual([]);
});
