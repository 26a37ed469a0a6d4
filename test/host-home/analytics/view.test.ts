import { describe, expect, it } from "vitest";
import {
  type AnalyticsView,
  eventJSON,
  eventLine,
  renderAnalytics,
  summary,
} from "../../../host-sim/home/analytics/analytics-view";

const VIEW: AnalyticsView = {
  file: "analytics.duckdb",
  timeZone: "Europe/Berlin",
  broker: "mqtt://127.0.0.1:1883",
  connected: true,
  devices: [
    {
      name: "temperature-sensor",
      value: 21.46,
      time: Date.parse("2026-11-23T06:14:11Z") / 1_000,
      today: { minimum: 19.85, mean: 21.04, maximum: 22.31 },
      readings: 12_345,
    },
    {
      name: "a-room-with-a-very-long-name-indeed",
      value: undefined,
      time: undefined,
      today: undefined,
      readings: 0,
    },
  ],
  stored: 1_234,
  transactions: 56,
  incidents: { duplicate: 2, "not a number": 1 },
  events: ["connected again, the session goes on"],
};

describe("the table", () => {
  it("has a line a device, with today's figures", () => {
    expect(renderAnalytics(VIEW)).toBe(
      [
        "mqtt://127.0.0.1:1883 -> analytics.duckdb",
        "",
        "Device                    Last  at      Today: min      mean       max  Readings",
        "temperature-sensor        21.5  07:14:11      19.9      21.0      22.3    12,345",
        "a-room-with-a-very-l…        -                   -         -         -         0",
        "",
        "1,234 readings stored in 56 transactions; set aside: 2 duplicate, 1 not a number",
        "connected again, the session goes on",
      ].join("\n"),
    );
  });

  it("is never wider than 80 characters, and shows twenty devices at most", () => {
    const long = {
      ...VIEW,
      broker: `wss://${"x".repeat(100)}:443`,
      connected: false,
      events: ["y".repeat(200)],
    };
    const devices = Array.from({ length: 30 }, (_, index) => ({
      ...VIEW.devices[0]!,
      name: `room-${index}`,
    }));
    const lines = renderAnalytics({ ...long, devices }).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBe(80);
    expect(lines).toContain("and 10 more");
  });

  it("says that nothing has come", () => {
    expect(renderAnalytics({ ...VIEW, devices: [] })).toContain("no reading yet");
  });
});

it("a summary says what was set aside, or that nothing was", () => {
  expect(summary({ stored: 0, transactions: 0, incidents: {} })).toBe(
    "0 readings stored in 0 transactions; set aside: none",
  );
});

describe("an event", () => {
  it.each([
    [
      { event: "connected", protocolVersion: 4, sessionPresent: true, topicFilters: ["home/temp"] },
      "connected with MQTT 3.1.1, the session goes on: home/temp",
    ],
    [
      { event: "reconnected", sessionPresent: false },
      "connected again, a new session: readings may be missing",
    ],
    [{ event: "disconnected" }, "the broker is away"],
    [
      { event: "clock behind", newest: "2026-11-23T06:14:11.000Z" },
      "this clock is behind the newest reading, 2026-11-23T06:14:11.000Z: see --forget…",
    ],
    [
      { event: "failed", message: "IO Error: No space left\nat x", fatal: false },
      "failed, tried again: IO Error: No space left",
    ],
    [{ event: "stored", readings: 3, incidents: [] }, undefined],
  ] as const)("%j as a line", (event, line) => {
    expect(eventLine(event)).toBe(line);
  });

  it("as JSON has times of ISO 8601", () => {
    const incident = {
      time: 1_790_000_000_123_456n,
      kind: "clock",
      topic: "home/temp",
      detail: "20",
      packet: 1,
    } as const;
    expect(JSON.parse(eventJSON({ event: "stored", readings: 0, incidents: [incident] }))).toMatchObject({
      incidents: [{ time: "2026-09-21T14:13:20.123Z" }],
    });
  });
});
