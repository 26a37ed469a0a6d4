import { afterEach, describe, expect, test } from "vitest";
import { DEADLINE, MUST } from "../../device/client/delivery";
import ReliableClient from "../../device/client/reliable-client";
import {
  CLIENT_CLOSED,
  CONNECTION_LOST,
  CONNECTION_REFUSED,
  DEADLINE_PASSED,
  INVALID_OPTION,
  INVALID_QOS,
  INVALID_STATE,
  INVALID_TOPIC,
  MQTTError,
  OUTBOX_FULL,
  PACKET_TOO_LARGE,
  SUBSCRIPTION_REFUSED,
  SUPERSEDED,
} from "../../device/mqtt/mqtt-error";
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

function codeOf(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof MQTTError) return error.code;
    throw error;
  }
  throw new Error("did not throw");
}

afterEach(() => {
  bench.end();
  expect(clock.pending).toBe(0);
});

describe("publishing while connected", () => {
  test("QoS 0 is one write, is reported as delivered after publish has returned, and leaves the outbox", () => {
    online();
    const { peer } = bench.broker.connection;
    const { length } = peer.writes;
    const token = bench.client.publish("home/temp", "21.5");
    expect(bench.delivered).toEqual([]);
    clock.advance(5);
    expect(bench.delivered).toEqual([token]);
    expect(bench.sent()).toEqual(["publish home/temp 21.5"]);
    expect(peer.writes.length - length).toBe(1);
    expect(peer.writes.at(-1)?.length).toBe(2 + 2 + 9 + 4);
    expect(bench.client.waiting).toBe(0);
  });

  test("QoS 1 and 2 are delivered when PUBACK and PUBCOMP have come", () => {
    online();
    const one = bench.client.publish("a", "1", { QoS: 1, retain: true });
    const two = bench.client.publish("b", Uint8Array.of(50), { QoS: 2 });
    expect(bench.client.waiting).toBe(2);
    clock.advance(10);
    expect(bench.delivered).toEqual([one, two]);
    expect(bench.sent()).toEqual(["publish 1 a 1", "publish 2 b 2", "pubrel 2"]);
    expect(bench.broker.connection.all("publish")[0]).toMatchObject({ retain: true, qos: 1 });
    expect(bench.client.waiting).toBe(0);
  });

  test("the payload is copied", () => {
    offline();
    const payload = Uint8Array.of(65, 66);
    bench.client.publish("t", payload);
    payload.fill(0);
    bench.broker.start();
    bench.reconnect();
    expect(bench.sent()).toEqual(["publish t AB"]);
  });

  test("order is kept beyond the in-flight window of 16", () => {
    online();
    const unanswered = bench.broker.unanswered.add("publish");
    for (let index = 0; index < 30; index += 1) bench.client.publish(`t${index}`, "x", { QoS: 1 });
    clock.advance(10);
    expect(bench.sent().length).toBe(16);
    unanswered.delete("publish");
    for (let id = 1; id <= 16; id += 1) bench.broker.connection.send({ cmd: "puback", messageId: id });
    clock.advance(10);
    expect(bench.sent().map((line) => line.split(" ")[2])).toEqual(
      Array.from({ length: 30 }, (_, index) => `t${index}`),
    );
    clock.advance(10);
    expect(bench.delivered.length).toBe(30);
  });

  test("a full socket delays, and loses nothing", () => {
    online({}, { sendBufferByteLength: 200 });
    for (let index = 0; index < 100; index += 1) bench.client.publish("t", `${index}`, { delivery: MUST });
    clock.advance(500);
    expect(bench.sent()).toEqual(Array.from({ length: 100 }, (_, index) => `publish t ${index}`));
    expect(bench.delivered.length).toBe(100);
  });

  test("a message larger than the socket's buffer goes out in pieces, and others wait for its end", () => {
    online({ outboxByteLength: 8192 }, { sendBufferByteLength: 1500 });
    bench.client.publish("big", "x".repeat(4000), { QoS: 1 });
    bench.client.publish("small", "y");
    bench.client.subscribe("meanwhile");
    clock.advance(100);
    expect(bench.broker.connection.log).toEqual([
      "connect",
      "publish 1 big 4000 bytes",
      "subscribe 2",
      "publish small y",
    ]);
    expect(bench.delivered.length).toBe(2);
  });

  test("such a message is begun anew after a cut in its middle", () => {
    for (const QoS of [0, 1] as const) {
      online({ outboxByteLength: 8192 }, { sendBufferByteLength: 1500 });
      bench.client.publish("big", "x".repeat(4000), { QoS });
      clock.advance(1);
      bench.cut();
      expect(bench.sent(0)).toEqual([]);
      bench.broker.sessionPresent = true;
      bench.reconnect();
      clock.advance(100);
      expect(bench.sent().length).toBe(1);
      expect(bench.delivered.length).toBe(1);
      bench.end();
    }
  });

  test.each<[string, (client: ReliableClient) => unknown, number]>([
    ["a wildcard topic", (client) => client.publish("a/#", "x"), INVALID_TOPIC],
    ["an empty topic", (client) => client.publish("", "x"), INVALID_TOPIC],
    ["QoS 3", (client) => client.publish("a", "x", { QoS: 3 as 2 }), INVALID_QOS],
    ["delivery 7", (client) => client.publish("a", "x", { delivery: 7 as 2 }), INVALID_OPTION],
    [
      "DEADLINE without deadline",
      (client) => client.publish("a", "x", { delivery: DEADLINE }),
      INVALID_OPTION,
    ],
    ["a deadline without DEADLINE", (client) => client.publish("a", "x", { deadline: 5 }), INVALID_OPTION],
    ["a payload that is no bytes", (client) => client.publish("a", 5 as never), INVALID_OPTION],
    ["a bad topic filter", (client) => client.subscribe("a#"), INVALID_TOPIC],
    ["a subscription with QoS 3", (client) => client.subscribe("a", 3 as 2), INVALID_QOS],
    ["a bad filter to unsubscribe", (client) => client.unsubscribe(""), INVALID_TOPIC],
    ["a negative flush deadline", (client) => client.flush(-1, () => {}), INVALID_OPTION],
    ["flush without callback", (client) => client.flush(1, undefined as never), INVALID_OPTION],
    [
      "stream with QoS 2",
      (c) => c.stream("a", new ArrayBuffer(1), { QoS: 2 as 1, onComplete() {} }),
      INVALID_QOS,
    ],
    ["stream without onComplete", (c) => c.stream("a", new ArrayBuffer(1), {} as never), INVALID_OPTION],
  ])("%s throws", (_name, action, code) => {
    online();
    expect(codeOf(() => action(bench.client))).toBe(code);
    expect(bench.client.waiting).toBe(0);
  });

  test("invalid options throw from the constructor, and nothing is left", () => {
    online();
    const { pending } = clock;
    for (const options of [
      { host: "" },
      { minimumDelay: 0 },
      { maximumDelay: 10 },
      { inFlight: 0 },
      { id: "" },
    ])
      expect(codeOf(() => new ReliableBench(options))).toBe(INVALID_OPTION);
    expect(codeOf(() => new ReliableClient(undefined as never))).toBe(INVALID_OPTION);
    expect(clock.pending).toBe(pending);
  });
});

describe("an outage", () => {
  test("is reported once, and the client is back by itself", () => {
    online();
    expect([bench.client.connected, bench.client.reconnects]).toEqual([true, 0]);
    bench.cut();
    expect(bench.client.connected).toBe(false);
    bench.reconnect();
    expect([bench.client.connected, bench.client.reconnects]).toEqual([true, 1]);
    expect(bench.events).toEqual(["connect false", `disconnect ${CONNECTION_LOST}`, "connect false"]);
  });

  test("keeps the session: CONNECT has clean 0 (MQTT.js-like layer: always clean)", () => {
    online();
    expect(bench.broker.connection.all("connect")[0]?.clean).toBe(false);
  });

  test("every k-th PUBACK lost: all arrive, with the same identifier and DUP, only after the reconnect [MQTT-4.4.0-1]", () => {
    online();
    let count = 0;
    bench.broker.onPacket = (packet) => packet.cmd === "publish" && ++count % 3 === 0;
    for (let index = 0; index < 9; index += 1) bench.client.publish(`t${index}`, "x", { QoS: 1 });
    clock.advance(60_000);
    expect(bench.sent().length).toBe(9);
    expect(bench.sent().some((line) => line.includes("dup"))).toBe(false);
    bench.broker.onPacket = undefined;
    bench.broker.sessionPresent = true;
    bench.cut().reconnect();
    expect(bench.sent()).toEqual(["publish 3 dup t2 x", "publish 6 dup t5 x", "publish 9 dup t8 x"]);
    expect([...bench.delivered].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("when the broker has lost the session, unacknowledged messages are sent as new, without DUP", () => {
    online();
    bench.broker.unanswered.add("publish");
    bench.client.publish("t", "1", { QoS: 1 });
    bench.client.publish("t", "2", { QoS: 2 });
    bench.client.publish("t", "3", { QoS: 1 });
    clock.advance(10);
    bench.broker.unanswered.clear();
    bench.cut().reconnect();
    expect(bench.sent().map((line) => line.replace(/ \d+/, ""))).toEqual([
      "publish t 1",
      "publish t 2",
      "publish t 3",
      "pubrel",
    ]);
    expect(bench.delivered.length).toBe(3);
    expect(bench.dropped).toEqual([]);
  });

  describe("QoS 2 arrives exactly once through a cut after each of the four steps", () => {
    // What the broker received before the cut, and what it must receive after it.
    const steps: [string, ("publish" | "pubrel")[], string[]][] = [
      ["PUBLISH, before PUBREC", ["publish"], ["publish 1 dup t x", "pubrel 1"]],
      ["PUBREL, before PUBCOMP", ["pubrel"], ["pubrel 1"]],
    ];
    test.each(steps)("%s", (_name, unanswered, expected) => {
      online();
      for (const command of unanswered) bench.broker.unanswered.add(command);
      const token = bench.client.publish("t", "x", { QoS: 2 });
      clock.advance(20);
      expect(bench.delivered).toEqual([]);
      bench.broker.unanswered.clear();
      bench.broker.sessionPresent = true;
      bench.cut().reconnect();
      expect(bench.sent()).toEqual(expected);
      expect(bench.delivered).toEqual([token]);
    });

    test("PUBREC lost on its way: PUBLISH again", () => {
      online();
      bench.broker.onPacket = (packet, { peer }) => {
        if (packet.cmd === "publish") peer.reset();
        return packet.cmd === "publish";
      };
      const token = bench.client.publish("t", "x", { QoS: 2 });
      clock.advance(20);
      bench.broker.onPacket = undefined;
      bench.broker.sessionPresent = true;
      bench.reconnect();
      expect(bench.sent()).toEqual(["publish 1 dup t x", "pubrel 1"]);
      expect(bench.delivered).toEqual([token]);
    });

    test("PUBREL lost on its way: PUBREL again, and never PUBLISH", () => {
      online();
      bench.broker.unanswered.add("pubrel");
      bench.client.publish("t", "x", { QoS: 2 });
      clock.advance(3);
      bench.broker.sessionPresent = true;
      bench.cut().reconnect();
      expect(bench.sent()).toEqual(["pubrel 1"]);
      bench.broker.unanswered.clear();
      bench.cut().reconnect();
      expect(bench.sent()).toEqual(["pubrel 1"]);
      expect(bench.delivered.length).toBe(1);
    });

    test("inbound: PUBREC or PUBCOMP lost, one delivery", () => {
      online();
      bench.broker.unanswered.add("pubrec");
      bench.broker.connection.publish("t", "x", { qos: 2, messageId: 8 });
      clock.advance(10);
      bench.broker.sessionPresent = true;
      bench.cut().reconnect();
      bench.broker.connection.publish("t", "x", { qos: 2, messageId: 8, dup: true });
      clock.advance(10);
      bench.cut().reconnect();
      bench.broker.connection.send({ cmd: "pubrel", messageId: 8 });
      clock.advance(10);
      bench.cut().reconnect();
      bench.broker.connection.send({ cmd: "pubrel", messageId: 8 });
      clock.advance(10);
      expect(bench.messages).toEqual(["t x 2 false"]);
      expect(bench.broker.connection.log).toEqual(["connect", "pubcomp 8"]);
    });
  });

  test("1,000 numbered publishes through 5 cuts: first occurrences never decrease, none is lost [MQTT-4.6.0]", () => {
    online();
    bench.broker.sessionPresent = true;
    let answered = 0;
    bench.broker.onPacket = (packet) => packet.cmd === "publish" && ++answered % 7 === 0;
    let tokens = 0;
    for (let index = 0; index < 1000; index += 1) {
      bench.client.publish("n", `${index}`, { QoS: index % 2 === 0 ? 1 : 2, delivery: MUST });
      tokens += 1;
      clock.advance(30);
      if (index % 180 === 100) bench.cut();
      while (bench.client.waiting > 100) clock.advance(100);
      if (answered % 50 === 0) bench.broker.onPacket = undefined;
    }
    bench.broker.onPacket = undefined;
    bench.cut().reconnect();
    clock.advance(5000);
    const payloads = bench.broker.connections.flatMap((connection) => connection.all("publish"));
    const seen = new Set(payloads.map(({ payload }) => Number(String(payload))));
    // A Set keeps the order in which its members came first.
    expect([...seen]).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect(bench.delivered.length).toBe(tokens);
    expect(bench.dropped).toEqual([]);
  });

  test("new messages go out after those that are sent again", () => {
    online();
    bench.broker.unanswered.add("publish");
    bench.client.publish("old", "x", { QoS: 1 });
    clock.advance(10);
    bench.broker.stop();
    clock.advance(10);
    bench.client.publish("new", "x", { QoS: 1 });
    bench.broker.unanswered.clear();
    bench.broker.sessionPresent = true;
    bench.broker.start();
    bench.reconnect();
    expect(bench.sent()).toEqual(["publish 1 dup old x", "publish 2 new x"]);
  });
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

describe("subscriptions", () => {
  test("are sent when connected, and messages come whole with topic, QoS and retain", () => {
    bench = new ReliableBench();
    bench.client.subscribe("home/+/set", 1);
    bench.client.subscribe("other");
    bench.connect();
    expect(bench.broker.connection.all("subscribe")[0]?.subscriptions).toMatchObject([
      { topic: "home/+/set", qos: 1 },
      { topic: "other", qos: 0 },
    ]);
    bench.broker.connection.publish("home/light/set", "x".repeat(400), {
      qos: 1,
      messageId: 1,
      retain: true,
    });
    bench.broker.connection.publish("other", "");
    clock.advance(10);
    expect(bench.messages).toEqual([`home/light/set ${"x".repeat(400)} 1 true`, "other  0 false"]);
    expect(bench.broker.connection.log).toContain("puback 1");
  });

  test("are sent again when session-present is 0, and never when it is 1, although onConnect asks each time", () => {
    online({
      onConnect() {
        this.subscribe("a", 1);
      },
    });
    const subscribed = (): number => bench.broker.connection.all("subscribe").length;
    expect(subscribed()).toBe(1);
    bench.broker.sessionPresent = true;
    bench.cut().reconnect();
    expect(subscribed()).toBe(0);
    bench.broker.sessionPresent = false;
    bench.cut().reconnect();
    expect(subscribed()).toBe(1);
  });

  test("one that was not acknowledged is sent again even when session-present is 1", () => {
    bench = new ReliableBench();
    bench.broker.unanswered.add("subscribe");
    bench.client.subscribe("a");
    bench.connect();
    bench.broker.unanswered.clear();
    bench.broker.sessionPresent = true;
    bench.cut().reconnect();
    expect(bench.broker.connection.all("subscribe").length).toBe(1);
  });

  test("on the first connection they are sent even when session-present is 1: a device that was restarted cannot know", () => {
    bench = new ReliableBench();
    bench.broker.sessionPresent = true;
    bench.client.subscribe("a");
    bench.connect();
    expect(bench.broker.connection.all("subscribe").length).toBe(1);
  });

  test("a refused one is reported and the others stay", () => {
    bench = new ReliableBench();
    bench.broker.onPacket = (packet, connection) => {
      if (packet.cmd !== "subscribe") return false;
      connection.send({ cmd: "suback", messageId: packet.messageId!, granted: [0, 0x80] });
      return true;
    };
    bench.client.subscribe("allowed");
    bench.client.subscribe("secret");
    bench.connect();
    expect(bench.errors).toMatchObject([{ code: SUBSCRIPTION_REFUSED, returnCode: 0x80 }]);
    expect(bench.errors[0]?.message).toContain("secret");
    expect(bench.errors[0]?.message).not.toContain("allowed");
  });

  test("unsubscribe is sent when connected, and remembered when not", () => {
    online();
    bench.client.subscribe("a");
    bench.client.subscribe("b");
    clock.advance(5);
    bench.client.unsubscribe("a");
    clock.advance(5);
    expect(bench.broker.connection.all("unsubscribe")[0]?.unsubscriptions).toEqual(["a"]);
    bench.broker.sessionPresent = true;
    bench.broker.stop();
    clock.advance(10);
    bench.client.unsubscribe("b");
    bench.broker.start();
    bench.reconnect();
    expect(bench.broker.connection.log).toEqual(["connect", expect.stringMatching(/^unsubscribe/)]);
    bench.broker.sessionPresent = false;
    bench.cut().reconnect();
    expect(bench.broker.connection.log).toEqual(["connect"]);
  });

  test("more than fit one packet are sent in several", () => {
    bench = new ReliableBench();
    for (let index = 0; index < 20; index += 1) bench.client.subscribe(`topic/${index}`);
    bench.connect();
    const sent = bench.broker.connection.all("subscribe").map(({ subscriptions }) => subscriptions.length);
    expect(sent).toEqual([8, 8, 4]);
  });

  test("a message over messageByteLength is skipped, acknowledged and reported; the connection stays", () => {
    online({ messageByteLength: 100 });
    const { connection } = bench.broker;
    connection.publish("t", "x".repeat(5000), { qos: 1, messageId: 1 });
    connection.publish("t", "next");
    clock.advance(50);
    expect(bench.messages).toEqual(["t next 0 false"]);
    expect(bench.errors).toMatchObject([{ code: PACKET_TOO_LARGE }]);
    expect(connection.log).toContain("puback 1");
    expect(bench.client.connected).toBe(true);
  });

  test("the acknowledgement goes out after onMessage has returned", () => {
    let writes = 0;
    online({
      onMessage() {
        writes = bench.broker.network.counters.writes;
      },
    });
    const before = bench.broker.network.counters.writes;
    bench.broker.connection.publish("t", "x", { qos: 1, messageId: 1 });
    clock.advance(10);
    expect([writes, bench.broker.network.counters.writes]).toEqual([before, before + 1]);
  });
});

describe("closing", () => {
  test("sends DISCONNECT, so the will is not published, and leaves nothing", () => {
    online({ will: { topic: "status", message: "offline" } });
    bench.client.publish("status", "offline", { retain: true });
    bench.client.close();
    bench.client.close();
    clock.advance(20);
    expect(bench.broker.connection.log.slice(-2)).toEqual(["publish status offline", "disconnect"]);
    expect(bench.broker.network.connectionCount).toBe(0);
    expect(clock.pending).toBe(0);
  });

  for (const time of [0, 1, 2, 3, 4, 5, 6, 10, 20])
    test(`${time} ms after construction leaves nothing`, () => {
      bench = new ReliableBench();
      clock.advance(time);
      bench.client.close();
      clock.advance(20);
      expect(bench.broker.network.connectionCount).toBe(0);
      expect(clock.pending).toBe(0);
    });

  test("while it waits to reconnect leaves nothing", () => {
    offline();
    bench.client.publish("t", "x", { delivery: DEADLINE, deadline: 5000 });
    bench.client.flush(5000, () => {});
    bench.client.close();
    expect(clock.pending).toBe(0);
    clock.advance(100_000);
    expect(bench.broker.connections.length).toBe(1);
  });

  test("drops what is not delivered, reports it, and refuses what follows", () => {
    offline();
    const token = bench.client.publish("t", "x", { QoS: 1 });
    bench.client.close();
    expect(bench.dropped).toEqual([[token, CLIENT_CLOSED]]);
    expect(codeOf(() => bench.client.publish("t", "x"))).toBe(INVALID_STATE);
    expect(codeOf(() => bench.client.subscribe("t"))).toBe(INVALID_STATE);
    expect(codeOf(() => bench.client.flush(1, () => {}))).toBe(INVALID_STATE);
  });

  const places = ["onConnect", "onDisconnect", "onMessage", "onDelivered", "onDropped", "onError"] as const;
  test.each(places)("inside %s works, and no callback but onDropped follows", (place) => {
    let closed = false;
    const after: string[] = [];
    const callbacks = Object.fromEntries(
      places.map((name) => [
        name,
        function (this: ReliableClient): void {
          if (closed && name !== "onDropped") after.push(name);
          if (name !== place || closed) return;
          closed = true;
          this.close();
        },
      ]),
    );
    online({ ...callbacks, messageByteLength: 10 });
    if (!closed) {
      bench.client.publish("t", "x", { QoS: 1 });
      bench.broker.connection.publish("t", place === "onError" ? "far too long for it" : "in", {
        qos: 1,
        messageId: 1,
      });
      clock.advance(10);
    }
    if (!closed) bench.cut();
    if (!closed) {
      bench.client.publish("t", "1");
      bench.client.publish("t", "2");
    }
    clock.advance(100);
    expect([closed, after]).toEqual([true, []]);
    expect(clock.pending).toBe(0);
  });
});

describe("flush", () => {
  test("calls back when all is acknowledged or written, never before it returns", () => {
    online();
    const counts: number[] = [];
    bench.client.publish("t", "x", { QoS: 1 });
    bench.client.publish("t", "y");
    bench.client.flush(1000, (count) => void counts.push(count));
    expect(counts).toEqual([]);
    clock.advance(1);
    expect(counts).toEqual([]);
    clock.advance(10);
    expect(counts).toEqual([0]);
    clock.advance(2000);
    expect(counts).toEqual([0]);
  });

  test("with nothing to wait for it calls back in the next turn", () => {
    offline();
    const counts: number[] = [];
    bench.client.flush(1000, (count) => void counts.push(count));
    clock.advance(0);
    expect(counts).toEqual([0]);
  });

  test("at its deadline it tells how many are unsent, with the broker or DNS dead", () => {
    bench = new ReliableBench();
    bench.broker.network.cut();
    const counts: number[] = [];
    bench.client.publish("a", "x", { QoS: 1 });
    bench.client.publish("b", "x");
    bench.client.flush(1500, (count) => void counts.push(count));
    clock.advance(1499);
    expect(counts).toEqual([]);
    clock.advance(1);
    expect(counts).toEqual([2]);
  });

  test("dropped messages end it too, and close inside the callback works", () => {
    offline();
    const counts: number[] = [];
    bench.client.publish("a", "x", { delivery: DEADLINE, deadline: 50 });
    bench.client.flush(5000, (count) => {
      counts.push(count);
      bench.client.close();
    });
    clock.advance(60);
    expect(counts).toEqual([0]);
    expect(clock.pending).toBe(0);
  });

  test("a second flush replaces the first", () => {
    offline();
    const counts: string[] = [];
    bench.client.publish("a", "x");
    bench.client.flush(100, () => void counts.push("first"));
    bench.client.flush(100, () => void counts.push("second"));
    clock.advance(200);
    expect(counts).toEqual(["second"]);
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

describe("reconnecting", () => {
  function attempts(times: number): number[] {
    const started: number[] = [];
    bench.broker.network.onOpen = () => void started.push(clock.now());
    for (let waited = 0; waited < 3_600_000 && started.length < times; waited += 10) clock.advance(10);
    return started.slice(1).map((time, index) => time - started[index]!);
  }

  test("the delay doubles up to the maximum", () => {
    offline({ random: () => 0.999_999, minimumDelay: 1000, maximumDelay: 10_000 });
    const delays = attempts(6).map((delay) => Math.round(delay / 500) / 2);
    expect(delays).toEqual([4.5, 8.5, 10, 10, 10]);
  });

  test("every failed attempt is reported to onError, and none to onDisconnect", () => {
    offline();
    clock.advance(3000);
    expect(new Set(bench.events)).toEqual(new Set([`error ${CONNECTION_LOST}`]));
    expect(bench.events.length).toBeGreaterThan(2);
  });

  test("bad credentials are tried again at the maximum delay, and reported each time", () => {
    bench = new ReliableBench({ maximumDelay: 60_000 });
    bench.broker.returnCode = 4;
    clock.advance(29_000);
    expect(bench.events).toEqual([`error ${CONNECTION_REFUSED}`]);
    clock.advance(30_000 * 3);
    expect(bench.events.length).toBe(4);
    expect(bench.errors[0]?.returnCode).toBe(4);
  });

  test("return code 3, server unavailable, is retried soon", () => {
    bench = new ReliableBench();
    bench.broker.returnCode = 3;
    clock.advance(2000);
    expect(bench.events.length).toBeGreaterThan(2);
  });

  test("the back-off starts anew only after 30 s of connection", () => {
    online({ random: () => 0.5 });
    for (let count = 0; count < 3; count += 1) bench.cut().reconnect();
    let start = clock.now();
    bench.cut().reconnect();
    expect(clock.now() - start).toBeGreaterThan(6000);
    clock.advance(30_000);
    start = clock.now();
    bench.cut().reconnect();
    expect(clock.now() - start).toBeLessThan(2000);
  });

  test("1,000 clients, broker restarted: at most 10 % connect in any 100 ms (MQTT.js: 99 %)", () => {
    online();
    let seed = 1;
    const random = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    const { dns, socket } = bench.broker;
    const clients = Array.from(
      { length: 1000 },
      (_, index) => new ReliableClient({ host: "broker.local", id: `client-${index}`, dns, socket, random }),
    );
    clock.advance(100);
    bench.broker.stop();
    clock.advance(10);
    bench.broker.start();
    const times: number[] = [];
    const connections = bench.broker.connections.length;
    for (let time = 0; time < 600; time += 1) {
      const before = bench.broker.connections.length;
      clock.advance(10);
      times.push(bench.broker.connections.length - before);
    }
    expect(bench.broker.connections.length - connections).toBe(1001);
    for (let index = 0; index + 10 <= times.length; index += 1)
      expect(times.slice(index, index + 10).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(100);
    for (const client of clients) client.close();
  });

  test("publish, subscribe and stream inside every callback work", () => {
    online({
      onConnect() {
        this.subscribe("in");
        this.publish("status", "online", { QoS: 1 });
      },
      onMessage(_topic, payload) {
        this.publish("echo", payload, { QoS: 1 });
        this.unsubscribe("in");
      },
      onDelivered(token) {
        if (token === 2)
          this.stream("pieces", Uint8Array.of(65), {
            onComplete() {
              this.publish("done", "");
            },
          });
      },
    });
    bench.broker.connection.publish("in", "hello");
    clock.advance(50);
    expect(bench.broker.connection.log).toEqual([
      "connect",
      "subscribe 1",
      "publish 2 status online",
      "publish 3 echo hello",
      "unsubscribe 4",
      "publish pieces A",
      "publish done ",
    ]);
  });

  test("target, and this in callbacks", () => {
    let seen: unknown;
    online({
      target: "home",
      onConnect() {
        seen = this;
      },
    });
    expect(bench.client.target).toBe("home");
    expect(seen).toBe(bench.client);
  });
});
