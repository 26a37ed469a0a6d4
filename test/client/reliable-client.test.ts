import { afterEach, describe, expect, test } from "vitest";
import { DEADLINE, MUST } from "../../device/client/delivery";
import ReliableClient from "../../device/client/reliable-client";
import {
  INVALID_OPTION,
  INVALID_QOS,
  INVALID_TOPIC,
  PACKET_TOO_LARGE,
  SUBSCRIPTION_REFUSED,
} from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { codeOf } from "./code-of";
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

  test("one that was never sent is forgotten without a word to the broker", () => {
    bench = new ReliableBench();
    bench.client.subscribe("a");
    bench.client.unsubscribe("a");
    bench.client.unsubscribe("never");
    bench.connect();
    expect(bench.broker.connection.log).toEqual(["connect"]);
  });

  test("with another QoS one is sent again", () => {
    online();
    bench.client.subscribe("a");
    clock.advance(5);
    bench.client.subscribe("a", 2);
    clock.advance(5);
    const sent = bench.broker.connection.all("subscribe").map(({ subscriptions }) => subscriptions[0]?.qos);
    expect(sent).toEqual([0, 2]);
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
