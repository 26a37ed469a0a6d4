import { afterEach, describe, expect, test } from "vitest";
import { DEADLINE, MUST } from "../../device/client/delivery";
import { CONNECTION_LOST, DEADLINE_PASSED, OUTBOX_FULL, SUPERSEDED } from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { ReliableBench } from "./reliable-client-bench";

let bench: ReliableBench;

function online(...options: ConstructorParameters<typeof ReliableBench>): ReliableBench {
  bench = new ReliableBench(...options).connect();
  return bench;
}

/** Connected once, then the broker was stopped. */
function offline(...options: ConstructorParameters<typeof ReliableBench>): ReliableBench {
  online(...options);
  bench.broker.stop();
  clock.advance(10);
  bench.events.length = 0;
  return bench;
}

afterEach(() => {
  bench.end();
  expect(clock.pending).toBe(0);
});

describe("delivery classes", () => {
  test("LATEST: of each topic the newest alone survives an outage; the others are reported once", () => {
    offline();
    const tokens = ["a 1", "b 1", "a 2", "a 3", "b 2"].map((line) => {
      const [topic = "", payload = ""] = line.split(" ");
      return bench.client.publish(topic, payload, { QoS: 1 });
    });
    bench.broker.start();
    bench.reconnect();
    expect(bench.sent()).toEqual(["publish 1 a 3", "publish 2 b 2"]);
    expect(bench.dropped).toEqual([
      [tokens[0], SUPERSEDED],
      [tokens[2], SUPERSEDED],
      [tokens[1], SUPERSEDED],
    ]);
  });

  test("LATEST: what was accepted while connected and not sent yet gives way too, but what was sent does not", () => {
    online({ inFlight: 1 });
    bench.broker.unanswered.add("publish");
    const tokens = ["1", "2", "3"].map((payload) => bench.client.publish("t", payload, { QoS: 1 }));
    clock.advance(10);
    bench.broker.unanswered.clear();
    bench.cut().reconnect();
    expect(bench.dropped).toEqual([[tokens[1], SUPERSEDED]]);
    expect(bench.sent().map((line) => line.split(" ").at(-1))).toEqual(["1", "3"]);
  });

  test("LATEST: while connected every message goes out", () => {
    online();
    for (const payload of ["1", "2", "3"]) bench.client.publish("t", payload, { QoS: 1 });
    clock.advance(10);
    expect(bench.sent().length).toBe(3);
  });

  test("DEADLINE: dropped when it passes in an outage, sent when it does not", () => {
    offline();
    const short = bench.client.publish("t", "short", { delivery: DEADLINE, deadline: 300 });
    bench.client.publish("t", "long", { delivery: DEADLINE, deadline: 90_000 });
    clock.advance(299);
    expect(bench.dropped).toEqual([]);
    clock.advance(1);
    expect(bench.dropped).toEqual([[short, DEADLINE_PASSED]]);
    bench.broker.start();
    bench.reconnect();
    expect(bench.sent()).toEqual(["publish t long"]);
    clock.advance(200_000);
    expect(bench.dropped.length).toBe(1);
  });

  test("DEADLINE: once sent it is sent again in the same session although it has passed, but not as new", () => {
    for (const sessionPresent of [true, false]) {
      online();
      bench.broker.unanswered.add("publish");
      const token = bench.client.publish("t", "x", { QoS: 1, delivery: DEADLINE, deadline: 100 });
      clock.advance(200);
      expect(bench.dropped).toEqual([]);
      bench.broker.unanswered.clear();
      bench.broker.sessionPresent = sessionPresent;
      bench.cut().reconnect();
      expect(bench.sent()).toEqual(sessionPresent ? ["publish 1 dup t x"] : []);
      expect(bench.dropped).toEqual(sessionPresent ? [] : [[token, DEADLINE_PASSED]]);
      bench.end();
    }
  });

  test("MUST: nothing is dropped; what does not fit is refused with OUTBOX_FULL, reported before publish returns", () => {
    offline({ outboxByteLength: 256 });
    const tokens: number[] = [];
    for (let index = 0; index < 20; index += 1)
      tokens.push(bench.client.publish("t", `message ${index}`, { QoS: 1, delivery: MUST }));
    const refused = bench.dropped.map(([token]) => token);
    expect(refused).toEqual(tokens.slice(20 - refused.length));
    expect(new Set(bench.dropped.map(([, code]) => code))).toEqual(new Set([OUTBOX_FULL]));
    bench.broker.start();
    bench.reconnect();
    expect(bench.delivered).toEqual(tokens.slice(0, 20 - refused.length));
  });

  test("when the outbox is full the oldest that is not MUST makes room", () => {
    offline({ outboxByteLength: 128 });
    const must = bench.client.publish("must", "x".repeat(20), { QoS: 1, delivery: MUST });
    const first = bench.client.publish("a", "y".repeat(20), { QoS: 1 });
    const second = bench.client.publish("b", "z".repeat(20), { QoS: 1 });
    const third = bench.client.publish("c", "w".repeat(20), { QoS: 1 });
    expect(bench.dropped).toEqual([[first, OUTBOX_FULL]]);
    bench.broker.start();
    bench.reconnect();
    expect(bench.delivered).toEqual([must, second, third]);
  });

  test("a message that can never fit is refused and drops nothing else", () => {
    offline({ outboxByteLength: 128 });
    const kept = bench.client.publish("t", "x");
    const large = bench.client.publish("t", "x".repeat(200));
    expect(bench.dropped).toEqual([[large, OUTBOX_FULL]]);
    expect(bench.client.waiting).toBe(1);
    bench.broker.start();
    bench.reconnect();
    expect(bench.delivered).toEqual([kept]);
  });

  test("10,000 publishes of 100 bytes with the broker down: each is delivered or reported as dropped, once", () => {
    offline();
    const tokens = new Set<number>();
    for (let index = 0; index < 10_000; index += 1)
      tokens.add(
        bench.client.publish(`t${index % 100}`, "x".repeat(100), { QoS: 1, delivery: index % 2 ? MUST : 0 }),
      );
    expect(tokens.size).toBe(10_000);
    bench.broker.start();
    bench.reconnect();
    clock.advance(1000);
    const ended = [...bench.dropped.map(([token]) => token), ...bench.delivered];
    expect(ended.length).toBe(10_000);
    expect(new Set(ended)).toEqual(tokens);
    expect(bench.delivered.length).toBeGreaterThan(20);
  });

  test("publishing inside onDropped goes round in turns, and not down the stack", () => {
    let calls = 0;
    let publishing = true;
    offline({
      onDropped(_token, topic) {
        calls += 1;
        if (publishing) this.publish(topic, `again ${calls}`);
      },
    });
    bench.client.publish("t", "1");
    bench.client.publish("t", "2");
    expect(calls).toBe(1);
    clock.advance(10);
    expect(calls).toBeGreaterThan(5);
    expect(calls).toBeLessThan(20);
    expect(bench.client.waiting).toBe(1);
    publishing = false;
  });
});

describe("stream", () => {
  const payload = Uint8Array.from({ length: 20_000 }, (_, index) => index & 0xff);

  test("sends a payload far larger than all buffers, straight from it, while other messages wait", () => {
    online({ outboxByteLength: 256 });
    const completed: (number | undefined)[] = [];
    const started = bench.client.stream("camera", payload, {
      onComplete: (error) => void completed.push(error?.code),
    });
    expect(started).toBe(true);
    expect(bench.client.stream("camera", payload, { onComplete() {} })).toBe(false);
    const token = bench.client.publish("t", "after", { QoS: 1 });
    clock.advance(100);
    expect(completed).toEqual([undefined]);
    expect(bench.sent()).toEqual(["publish camera 20000 bytes", "publish 1 t after"]);
    expect(
      Buffer.compare(Buffer.from(bench.broker.connection.all("publish")[0]?.payload ?? ""), payload),
    ).toBe(0);
    expect(bench.delivered).toEqual([token]);
    expect(bench.client.stream("camera", payload, { onComplete() {} })).toBe(true);
  });

  test("with QoS 1 is complete when it is acknowledged", () => {
    online();
    const completed: (number | undefined)[] = [];
    bench.broker.unanswered.add("publish");
    bench.client.stream("camera", payload.buffer, {
      QoS: 1,
      retain: true,
      onComplete: (e) => void completed.push(e?.code),
    });
    clock.advance(100);
    expect(bench.sent()).toEqual(["publish 1 camera 20000 bytes"]);
    expect(completed).toEqual([]);
    bench.broker.connection.send({ cmd: "puback", messageId: 1 });
    clock.advance(5);
    expect(completed).toEqual([undefined]);
  });

  test("an empty one, and one that fits a single write, complete too", () => {
    online();
    const completed: number[] = [];
    bench.client.stream("a", new ArrayBuffer(0), { onComplete: () => void completed.push(0) });
    clock.advance(5);
    bench.client.stream("a", Uint8Array.of(1), { QoS: 1, onComplete: () => void completed.push(1) });
    clock.advance(5);
    expect(completed).toEqual([0, 1]);
  });

  test("fails when the connection is lost in its middle or before its PUBACK, and is not sent again", () => {
    for (const time of [3, 50]) {
      online();
      bench.broker.unanswered.add("publish");
      const completed: (number | undefined)[] = [];
      bench.client.stream("camera", payload, {
        QoS: 1,
        onComplete: (error) => void completed.push(error?.code),
      });
      clock.advance(time);
      bench.cut();
      expect(completed).toEqual([CONNECTION_LOST]);
      bench.broker.unanswered.clear();
      bench.broker.sessionPresent = true;
      bench.reconnect();
      bench.client.publish("t", "x", { QoS: 1 });
      clock.advance(10);
      expect(bench.sent().length).toBe(1);
      bench.end();
    }
  });

  test("is refused while offline", () => {
    offline();
    expect(bench.client.stream("a", payload, { onComplete() {} })).toBe(false);
  });

  test("inbound messages are handled while it runs; their acknowledgements wait for its end", () => {
    online();
    bench.client.stream("camera", payload, { onComplete() {} });
    bench.broker.connection.publish("light/set", "on", { qos: 1, messageId: 5 });
    clock.advance(100);
    expect(bench.messages).toEqual(["light/set on 1 false"]);
    expect(bench.broker.connection.log).toEqual(["connect", "publish camera 20000 bytes", "puback 5"]);
  });
});
