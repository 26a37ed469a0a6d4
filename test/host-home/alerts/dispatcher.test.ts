import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../../../host-sim/clock/virtual-clock";
import { AlertBook } from "../../../host-sim/home/alerts/alert-book";
import type { AlertEvent } from "../../../host-sim/home/alerts/alert-event";
import {
  judgeStatus,
  type Outcome,
  parseRetryAfter,
  type Sending,
} from "../../../host-sim/home/alerts/channel";
import { Dispatcher, MAXIMUM_ATTEMPTS } from "../../../host-sim/home/alerts/dispatcher";
import type { Alert, JournalRecord } from "../../../host-sim/home/alerts/record";

const HOUR = 3_600_000;

let clock: VirtualClock;
let book: AlertBook;
let records: JournalRecord[];
let events: AlertEvent[];
let gone: string[];
let sent: { id: string; attempt: number; time: number; timeToLive: number }[];
let answer: (sending: Sending) => Outcome | Promise<Outcome>;
let dispatcher: Dispatcher;

const store = {
  get book() {
    return book;
  },
  commit(record: JournalRecord): void {
    book.apply(record);
    records.push(record);
  },
  durable: () => Promise.resolve(),
};

beforeEach(() => {
  clock = new VirtualClock();
  book = new AlertBook();
  records = [];
  events = [];
  gone = [];
  sent = [];
  answer = () => ({ result: "sent" });
  dispatcher = makeDispatcher();
});

/** Jitter takes the longest delay: random() of 1 is 1 + 1 halves. */
function makeDispatcher(): Dispatcher {
  return new Dispatcher({
    store,
    clock,
    random: () => 1,
    channel: (target) =>
      target === "nobody"
        ? undefined
        : {
            name: target,
            send: async (sending) => {
              const { alert, attempt, timeToLive } = sending;
              sent.push({ id: alert.id, attempt, time: clock.now(), timeToLive });
              return answer(sending);
            },
          },
    timeToLive: 24 * HOUR,
    onGone: (target) => gone.push(target),
    onEvent: (event) => events.push(event),
  });
}

function raise(id: string, targets: readonly string[] = ["phone"]): void {
  const alert: Alert = { id, time: clock.date(), kind: "motion", device: "camera", title: "", text: "" };
  store.commit({ type: "raised", raised: { alert, targets } });
  dispatcher.send(alert, targets);
}

test("the intent is noted before each POST, and the result after it", async () => {
  raise("a");
  await clock.advanceAsync(0);
  expect(records.map(({ type }) => type)).toEqual(["raised", "attempt", "result"]);
  expect(book.delivery("a", "phone")).toMatchObject({ state: "sent", attempts: 1, open: false });
  expect(clock.pending).toBe(0);
});

test("nothing is sent before its intent is on disk", async () => {
  let write: () => void = () => {};
  let posts = 0;
  dispatcher = new Dispatcher({
    store: {
      ...store,
      book,
      durable: () =>
        new Promise((resolve) => {
          write = resolve;
        }),
    },
    clock,
    random: () => 1,
    channel: () => ({
      name: "phone",
      send: async () => {
        posts += 1;
        return { result: "sent" };
      },
    }),
    timeToLive: HOUR,
    onGone: () => {},
    onEvent: () => {},
  });
  raise("a");
  await clock.advanceAsync(1_000);
  expect(posts).toBe(0);
  expect(book.delivery("a", "phone")).toMatchObject({ open: true, attempts: 1 });
  write();
  await clock.advanceAsync(0);
  expect(posts).toBe(1);
});

test("delays double from a second to a quarter of an hour, until the alert is given up", async () => {
  answer = () => ({ result: "retry", reason: "HTTP 503" });
  raise("a");
  await clock.advanceAsync(12 * HOUR);
  const delays = sent.slice(1).map(({ time }, index) => (time - sent[index]!.time) / 1_000);
  expect(delays.slice(0, 12)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  expect(sent).toHaveLength(MAXIMUM_ATTEMPTS);
  expect(sent.map(({ attempt }) => attempt).slice(0, 3)).toEqual([1, 2, 3]);
  expect(events.at(-1)).toMatchObject({ event: "failed", reason: "given up after 20 tries" });
  expect(book.waiting).toBe(0);
  expect(clock.pending).toBe(0);
});

test("jitter takes up to half of a delay away", async () => {
  answer = () => ({ result: "retry", reason: "HTTP 503" });
  for (const random of [0, 0.5, 0.999]) {
    beforeEachAgain(random);
    raise("a");
    await clock.advanceAsync(0);
    expect(events.at(-1)).toMatchObject({ event: "retry", in: 1_000 * (0.5 + random / 2) });
  }
});

function beforeEachAgain(random: number): void {
  book = new AlertBook();
  dispatcher = new Dispatcher({
    store,
    clock,
    random: () => random,
    channel: (name) => ({ name, send: async (sending) => answer(sending) }),
    timeToLive: HOUR,
    onGone: () => {},
    onEvent: (event) => events.push(event),
  });
}

test("Retry-After is respected, over a restart too", async () => {
  answer = () => ({ result: "retry", reason: "HTTP 429", after: 120_000 });
  raise("a");
  await clock.advanceAsync(0);
  await dispatcher.stop();
  expect(clock.pending).toBe(0);
  answer = () => ({ result: "sent" });
  dispatcher = makeDispatcher();
  dispatcher.start();
  await clock.advanceAsync(119_999);
  expect(sent).toHaveLength(1);
  await clock.advanceAsync(1);
  expect(sent.map(({ attempt }) => attempt)).toEqual([1, 2]);
});

test("a service that is down is asked once in a while, not once an alert; when it is back all is sent, in order", async () => {
  answer = () => ({ result: "retry", reason: "ECONNREFUSED" });
  for (let index = 0; index < 100; index += 1) raise(`a${index}`);
  await clock.advanceAsync(10_000);
  // 16 at once, then one after 1, 2, 4 s.
  expect(sent).toHaveLength(16 + 3);
  answer = () => ({ result: "sent" });
  sent.length = 0;
  await clock.advanceAsync(8_000);
  expect(sent.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => `a${index}`));
  expect(book.waiting).toBe(0);
});

test("one target's trouble is not another's", async () => {
  answer = ({ alert }) =>
    alert.device === "camera" ? { result: "sent" } : { result: "failed", reason: "x" };
  const slow = new Promise<Outcome>(() => {});
  let first = true;
  answer = () => {
    if (!first) return { result: "sent" };
    first = false;
    return slow;
  };
  raise("a", ["one", "two"]);
  await clock.advanceAsync(0);
  expect(book.delivery("a", "one")?.state).toBe("waiting");
  expect(book.delivery("a", "two")?.state).toBe("sent");
});

test("an alert that is no news any more is not sent; the push service is told how long it still is", async () => {
  answer = () => ({ result: "retry", reason: "HTTP 503", after: 23 * HOUR });
  raise("a");
  await clock.advanceAsync(23 * HOUR);
  expect(sent.map(({ timeToLive }) => timeToLive)).toEqual([24 * HOUR, HOUR]);
  await clock.advanceAsync(23 * HOUR);
  expect(sent).toHaveLength(2);
  expect(events.at(-1)).toMatchObject({ event: "failed", reason: "too old" });
});

test("a target that is gone takes all that waits for it along", async () => {
  answer = ({ alert }) => (alert.id === "a0" ? { result: "gone", reason: "expired" } : { result: "sent" });
  for (let index = 0; index < 40; index += 1) raise(`a${index}`);
  await clock.advanceAsync(0);
  expect(gone).toEqual(["phone"]);
  expect(book.waiting).toBe(0);
  expect(book.delivery("a39", "phone")).toMatchObject({ state: "failed", reason: "expired" });
});

test("after a restart a POST whose result is not known is done again, as another try", async () => {
  const alert: Alert = { id: "a", time: clock.date(), kind: "motion", device: "camera", title: "", text: "" };
  store.commit({ type: "raised", raised: { alert, targets: ["phone", "nobody"] } });
  store.commit({ type: "attempt", alert: "a", target: "phone", time: clock.date() });
  dispatcher.start();
  await clock.advanceAsync(0);
  expect(sent).toMatchObject([{ id: "a", attempt: 2 }]);
  expect(book.delivery("a", "nobody")).toMatchObject({
    state: "failed",
    reason: "the target is not there any more",
  });
});

describe("answers", () => {
  test.each<[number, Outcome["result"]]>([
    [200, "sent"],
    [201, "sent"],
    [204, "sent"],
    [301, "failed"],
    [400, "failed"],
    [403, "failed"],
    [413, "failed"],
    [408, "retry"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
  ])("HTTP %i: %s", (status, result) => {
    expect(judgeStatus(status, undefined, 0).result).toBe(result);
  });

  test.each<[string | undefined, number | undefined]>([
    ["120", 120_000],
    [" 0 ", 0],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["999999999", 24 * HOUR],
    ["soon", undefined],
    [undefined, undefined],
  ])("Retry-After %s: %s ms", (value, expected) => {
    expect(parseRetryAfter(value, Date.UTC(2026, 0, 1))).toBe(expected);
  });
});
