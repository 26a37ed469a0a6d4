import type { IPublishPacket } from "mqtt";
import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../../../host-sim/clock/virtual-clock";
import { AlertBook } from "../../../host-sim/home/alerts/alert-book";
import type { AlertEvent } from "../../../host-sim/home/alerts/alert-event";
import { Intake } from "../../../host-sim/home/alerts/intake";
import { Judge } from "../../../host-sim/home/alerts/judge";
import type { Alert, JournalRecord } from "../../../host-sim/home/alerts/record";
import { parseRules } from "../../../host-sim/home/alerts/rules";

const MINUTE = 60_000;

let clock: VirtualClock;
let records: JournalRecord[];
let told: string[];
let events: AlertEvent[];
let intake: Intake;
let packetIdentifier: number;

beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 0, 1, 12)); // a Thursday, 12:00
  records = [];
  told = [];
  events = [];
  packetIdentifier = 0;
});

/** A service with these rules, that knows what the one before it has written. */
function start(rules: object): void {
  intake?.stop();
  const book = new AlertBook();
  for (const record of records) book.apply(record);
  const commit = (record: JournalRecord): void => {
    book.apply(record);
    records.push(record);
  };
  intake = new Intake({
    store: { book, commit, durable: () => Promise.resolve() },
    judge: new Judge(parseRules({ timeZone: "UTC", ...rules }, "rules"), book),
    clock,
    targets: () => ["phone"],
    onRaised: ({ title, suppressed }: Alert) =>
      told.push(suppressed === undefined ? title : `(${suppressed})`),
    onEvent: (event) => events.push(event),
  });
  intake.start();
}

function packet(topic: string, payload: string, qos: 0 | 1 | 2, messageId?: number): IPublishPacket {
  return { cmd: "publish", topic, payload, qos, dup: false, retain: false, messageId: messageId ?? 0 };
}

/** A whole exchange of QoS 2. */
function motion(sequence?: number, topic = "home/camera"): void {
  packetIdentifier += 1;
  const payload = JSON.stringify({ event_type: "motion", sequence });
  intake.publish(packet(topic, payload, 2, packetIdentifier));
  intake.release(packetIdentifier);
}

function status(payload: string, device = "lamp"): void {
  intake.message(packet(`home/${device}/status`, payload, 1, 1));
}

describe("motion", () => {
  test("within the cool-down is kept quiet, each camera by itself, over a restart too", () => {
    start({ motion: { coolDown: "10m" } });
    motion(1);
    clock.advance(MINUTE);
    motion(2);
    motion(1, "home/porch/camera");
    start({ motion: { coolDown: "10m" } });
    clock.advance(9 * MINUTE - 1);
    motion(3);
    clock.advance(1);
    motion(4);
    expect(told).toEqual([
      "Motion at camera",
      "(cool-down 10 min)",
      "Motion at porch",
      "(cool-down 10 min)",
      "Motion at camera",
    ]);
  });

  test("in quiet hours is kept quiet and starts no cool-down", () => {
    start({ motion: { coolDown: "1h" }, quietHours: [{ from: "12:30", to: "13:00" }] });
    clock.advance(59 * MINUTE);
    motion(1);
    clock.advance(MINUTE);
    motion(2);
    expect(told).toEqual(["(quiet hours 12:30-13:00)", "Motion at camera"]);
  });

  test("of cameras that no rule names is not told", () => {
    start({ motion: { coolDown: "0s", devices: ["porch"] } });
    motion(1);
    motion(1, "home/porch/camera");
    expect(told).toEqual(["Motion at porch"]);
  });

  test("with the packet identifier of a message that is not released is the same message", () => {
    start({ motion: { coolDown: "0s" } });
    const again = packet("home/camera", '{"event_type":"motion"}', 2, 7);
    intake.publish(again);
    intake.publish({ ...again, dup: true });
    start({ motion: { coolDown: "0s" } });
    intake.publish({ ...again, dup: true });
    expect(intake.isUnreleased(7)).toBe(true);
    expect(told).toHaveLength(1);
    intake.release(7);
    expect(intake.isUnreleased(7)).toBe(false);
    intake.publish(again);
    expect(told).toHaveLength(2);
  });

  test("with such an identifier and other content is another message: the broker has forgotten", () => {
    start({ motion: { coolDown: "0s" } });
    intake.publish(packet("home/camera", '{"event_type":"motion","sequence":1}', 2, 7));
    intake.publish(packet("home/camera", '{"event_type":"motion","sequence":2}', 2, 7));
    expect(told).toHaveLength(2);
  });

  test("after the broker has lost the session uses its identifiers anew", () => {
    start({ motion: { coolDown: "0s" } });
    const one = packet("home/camera", '{"event_type":"motion"}', 2, 7);
    intake.publish(one);
    intake.sessionLost();
    intake.publish(one);
    expect(told).toHaveLength(2);
  });

  test("of the same number is another event after two minutes", () => {
    start({ motion: { coolDown: "0s" } });
    motion(5);
    clock.advance(2 * MINUTE - 1);
    motion(5);
    expect(told).toHaveLength(1);
    clock.advance(1);
    motion(5);
    expect(told).toHaveLength(2);
  });

  test("of a topic that nobody could read is refused, and its exchange goes on", async () => {
    start({});
    motion(1, `home/${"x".repeat(65)}/camera`);
    motion(1, "home/a\u001b[2J/camera");
    await clock.advanceAsync(0);
    expect(told).toEqual([]);
    expect(events.map(({ event }) => event)).toEqual(["refused", "refused"]);
    expect(records.filter(({ type }) => type === "released")).toHaveLength(2);
  });
});

describe("an outage", () => {
  const rules = { offline: { after: "5m" } };

  test("is told after the rule's time, once, and its end as well", () => {
    start(rules);
    status("offline");
    clock.advance(4 * MINUTE);
    status("offline"); // the retained one, after the service has reconnected
    clock.advance(MINUTE);
    clock.advance(60 * MINUTE);
    status("offline");
    status("online");
    status("online");
    expect(told).toEqual(["lamp is offline", "lamp is back"]);
    expect(clock.pending).toBe(0);
  });

  test("that ends in time is not told", () => {
    start(rules);
    status("offline");
    clock.advance(5 * MINUTE - 1);
    status("online");
    clock.advance(60 * MINUTE);
    expect(told).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("goes on while the service is down, and is told once", () => {
    start(rules);
    status("offline");
    clock.advance(3 * MINUTE);
    start(rules);
    clock.advance(2 * MINUTE);
    expect(told).toEqual(["lamp is offline"]);
    start(rules);
    clock.advance(60 * MINUTE);
    expect(told).toEqual(["lamp is offline"]);
    status("online");
    expect(told).toEqual(["lamp is offline", "lamp is back"]);
  });

  test("that quiet hours have kept quiet has a quiet end", () => {
    start({ ...rules, quietHours: [{ from: "00:00", to: "00:00", kinds: ["offline"] }] });
    status("offline");
    clock.advance(5 * MINUTE);
    status("online");
    expect(told).toEqual(["(quiet hours 00:00-00:00)"]);
  });

  test("of each device is its own, and without a rule nobody is told", () => {
    start(rules);
    status("offline", "a");
    clock.advance(MINUTE);
    status("offline", "b");
    clock.advance(4 * MINUTE);
    expect(told).toEqual(["a is offline"]);
    start({});
    clock.advance(60 * MINUTE);
    expect(told).toEqual(["a is offline"]);
  });
});

describe("a temperature", () => {
  function temperature(payload: string, topic = "home/temp"): void {
    intake.message(packet(topic, payload, 1, 1));
  }

  test("outside the band is told once on each side, over a restart too", () => {
    const rules = { temperature: { minimum: 5, maximum: 30, hysteresis: 1 } };
    start(rules);
    for (const celsius of ["20.0", "30.1", "29.5", "30.4"]) temperature(celsius);
    start(rules);
    for (const celsius of ["31.0", "28.0", "4.9", "nothing", "-300000000", "5.9", "4.0"])
      temperature(celsius);
    temperature("40.0", "home/attic/temp");
    expect(told).toEqual(["thermometer: 30.1 °C", "thermometer: 4.9 °C", "attic: 40.0 °C"]);
    expect(events.filter(({ event }) => event === "refused")).toHaveLength(2);
  });
});
