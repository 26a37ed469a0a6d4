import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AlertBook } from "../../../host-sim/home/alerts/alert-book";
import { alertEventLine } from "../../../host-sim/home/alerts/alert-event";
import {
  describeDelivery,
  describeOutcome,
  groupByDay,
  type LoggedAlert,
} from "../../../host-sim/home/alerts/log-model";
import type { Alert, JournalRecord } from "../../../host-sim/home/alerts/record";

const ids = fc.constantFrom("a", "b", "c", "d");
const targets = fc.constantFrom("phone", "tablet", "ntfy");
const time = fc.integer({ min: 0, max: 10_000 });

const alert: fc.Arbitrary<Alert> = fc.record({
  id: ids,
  time,
  kind: fc.constantFrom("motion", "offline"),
  device: fc.constantFrom("camera", "lamp"),
  title: fc.constant("title"),
  text: fc.constant("text"),
});
const raised = fc.record({ alert, targets: fc.uniqueArray(targets) });
const key = fc.record({ topic: fc.constant("home/camera"), key: ids, time });

const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({
    type: fc.constant("received" as const),
    packetIdentifier: fc.integer({ min: 1, max: 4 }),
    digest: ids,
    key: fc.option(key, { nil: undefined }),
    raised: fc.option(raised, { nil: undefined }),
  }),
  fc.record({ type: fc.constant("released" as const), packetIdentifier: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ type: fc.constant("sessionLost" as const) }),
  fc.record({ type: fc.constant("raised" as const), raised }),
  fc.record({
    type: fc.constant("device" as const),
    device: fc.constant("lamp"),
    state: fc.record({ offlineSince: time }),
  }),
  fc.record({ type: fc.constant("attempt" as const), alert: ids, target: targets, time }),
  fc.record({
    type: fc.constant("result" as const),
    alert: ids,
    target: targets,
    result: fc.constantFrom("sent", "retry", "failed"),
    time,
    reason: fc.constant("HTTP 503"),
    notBefore: time,
  }),
  fc.record({
    type: fc.constant("subscribed" as const),
    subscription: fc.record({
      id: targets,
      endpoint: fc.constant("https://push.example.org/"),
      keys: fc.constant({ p256dh: "", auth: "" }),
      created: time,
    }),
  }),
  fc.record({ type: fc.constant("unsubscribed" as const), id: targets, reason: fc.constant("expired") }),
);

/** A raised alert has an id of its own: random ones never meet. */
function withoutMeeting(records: readonly JournalRecord[]): JournalRecord[] {
  const known = new Set<string>();
  return records.filter((one) => {
    const id = "raised" in one ? one.raised?.alert.id : undefined;
    if (id === undefined) return true;
    if (known.has(id)) return false;
    known.add(id);
    return true;
  });
}

function bookOf(records: readonly JournalRecord[]): AlertBook {
  const book = new AlertBook();
  for (const one of records) book.apply(one);
  return book;
}

describe("the book", () => {
  test("made of a snapshot is the same, and stays so whatever comes after", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 40 }), fc.nat(40), (all, cut) => {
        const records = withoutMeeting(all);
        const whole = bookOf(records);
        const copy = bookOf([...bookOf(records.slice(0, cut)).snapshot(), ...records.slice(cut)]);
        expect(copy.snapshot()).toEqual(whole.snapshot());
        expect(copy.waiting).toBe(whole.waiting);
        expect([...copy.undelivered()].length).toBe(whole.waiting);
      }),
    );
  });

  test("forgets the oldest alerts that are done, and none that waits", () => {
    const book = new AlertBook();
    const raise = (id: string, to: readonly string[]): void =>
      book.apply({
        type: "raised",
        raised: {
          alert: { id, time: 0, kind: "motion", device: "camera", title: "", text: "" },
          targets: to,
        },
      });
    raise("waits", ["phone"]);
    for (let index = 0; index < 3_000; index += 1) raise(`a${index}`, []);
    expect(book.alert("waits")).toBeDefined();
    expect(book.alert("a0")).toBeUndefined();
    expect(book.alert("a2999")).toBeDefined();
    expect(book.snapshot().filter(({ type }) => type === "entry").length).toBeLessThanOrEqual(1_251);
    book.apply({ type: "result", alert: "waits", target: "phone", result: "sent", time: 1 });
    for (let index = 3_000; index < 5_000; index += 1) raise(`a${index}`, []);
    expect(book.alert("waits")).toBeUndefined();
  });

  test("remembers a bounded number of events of a bounded number of cameras", () => {
    const book = new AlertBook();
    for (let index = 0; index < 5_000; index += 1) {
      book.apply({ type: "seen", key: { topic: "home/camera", key: String(index), time: index } });
      book.apply({ type: "seen", key: { topic: `home/${index}/camera`, key: "1", time: index } });
    }
    expect(book.snapshot().length).toBeLessThanOrEqual(2_000);
    expect(book.seenAt("home/camera", "4999")).toBe(4_999);
    expect(book.seenAt("home/camera", "3999")).toBeUndefined();
  });
});

describe("in words", () => {
  const one: LoggedAlert = {
    id: "x",
    time: 0,
    kind: "motion",
    device: "camera",
    title: "Motion at camera",
    text: "",
    deliveries: [],
  };
  const sent = { to: "a.example", state: "sent", attempts: 1, time: 40 } as const;
  const failed = { to: "b.example", state: "failed", attempts: 20, time: 9e6, reason: "HTTP 503" } as const;
  const waiting = { to: "c.example", state: "waiting", attempts: 2, time: 10, reason: "HTTP 429" } as const;

  test("an alert is as good as its worst delivery", () => {
    expect(describeOutcome(one)).toBe("Nobody to tell");
    expect(describeOutcome({ ...one, suppressed: "cool-down 1 min" })).toBe("Kept quiet: cool-down 1 min");
    expect(describeOutcome({ ...one, deliveries: [sent] })).toBe("Sent");
    expect(describeOutcome({ ...one, deliveries: [sent, waiting] })).toBe("On its way");
    expect(describeOutcome({ ...one, deliveries: [sent, waiting, failed] })).toBe("Failed");
  });

  test("a delivery says how long it took, how often, and why not", () => {
    expect(describeDelivery(one, sent)).toBe("a.example: after 40 ms");
    expect(describeDelivery(one, failed)).toBe("b.example: HTTP 503, 20 tries");
    expect(describeDelivery(one, waiting)).toBe("c.example: HTTP 429, trying again, 2 tries");
  });

  test("days group what is already in order", () => {
    const days = groupByDay(
      [3, 2, 1].map((at) => ({ ...one, time: at })),
      (at) => (at > 1 ? "today" : "yesterday"),
    );
    expect(days.map(({ name, alerts }) => [name, alerts.length])).toEqual([
      ["today", 2],
      ["yesterday", 1],
    ]);
  });

  test("a line of the command has at most 80 columns", () => {
    const line = alertEventLine({
      event: "failed",
      time: 0,
      id: "0123456789abcdefghijkl",
      to: "a-very-long-name-of-a-push-service.example.org",
      reason: "given up after 20 tries",
    });
    expect(line).toHaveLength(80);
    expect(line).toMatch(/^\d\d:\d\d:00\.000 {2}failed {8}01234567 {2}a-very-long.*\.\.\.$/);
  });
});
