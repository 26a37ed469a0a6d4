import { afterEach, describe, expect, test } from "vitest";
import { DEADLINE, MUST } from "../../device/client/delivery";
import ReliableClient from "../../device/client/reliable-client";
import { MQTTError } from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { ReliableBench } from "./reliable-client-bench";

let bench: ReliableBench;

afterEach(() => {
  bench.end();
  expect(clock.pending).toBe(0);
});

/** What the MQTTError says that `action` throws. */
function textOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof MQTTError) return error.message;
    throw error;
  }
  throw new Error("did not throw");
}

const MAXIMUM_TIME = 2_147_483_647;

describe("an error thrown by the constructor names the value and the limit", () => {
  const texts: [object, string][] = [
    [{ minimumDelay: 0 }, `minimumDelay 0 is not 1 to ${MAXIMUM_TIME}`],
    [{ minimumDelay: 2000, maximumDelay: 1000 }, `maximumDelay 1000 is not 2000 to ${MAXIMUM_TIME}`],
    [{ outboxByteLength: 63 }, `outboxByteLength 63 is not 64 to ${MAXIMUM_TIME}`],
    [{ outboxByteLength: 64, messageByteLength: 0 }, `messageByteLength 0 is not 1 to ${MAXIMUM_TIME - 64}`],
    [{ inFlight: 0 }, "inFlight 0 is not 1 to 255"],
    [{ inFlight: 256 }, "inFlight 256 is not 1 to 255"],
  ];
  test.each(texts)("%j: %s", (options, text) => {
    bench = new ReliableBench();
    expect(textOf(() => new ReliableBench(options))).toBe(text);
  });

  test("options that are missing, or no object", () => {
    bench = new ReliableBench();
    for (const options of [undefined, null, "broker.local"])
      expect(textOf(() => new ReliableClient(options as never))).toBe("options are missing");
  });
});

describe("an error thrown by a method names the value and the limit", () => {
  const onComplete = (): void => {};
  const texts: [string, (client: ReliableClient) => unknown, string][] = [
    ["QoS", (c) => c.publish("t", "x", { QoS: 3 as 2 }), "QoS 3 is not 0, 1 or 2"],
    [
      "delivery",
      (c) => c.publish("t", "x", { delivery: 3 as 2 }),
      "delivery 3 is not LATEST, DEADLINE or MUST",
    ],
    [
      "delivery under 0",
      (c) => c.publish("t", "x", { delivery: -1 as 2 }),
      "delivery -1 is not LATEST, DEADLINE or MUST",
    ],
    [
      "no deadline",
      (c) => c.publish("t", "x", { delivery: DEADLINE }),
      `deadline 0 is not 1 to ${MAXIMUM_TIME}`,
    ],
    [
      "a deadline of a message that has none",
      (c) => c.publish("t", "x", { delivery: MUST, deadline: 5 }),
      "a deadline needs delivery DEADLINE",
    ],
    [
      "properties",
      (c) => c.publish("t", "x", { properties: { contentType: "text" } }),
      "properties need MQTT 5.0",
    ],
    ["payload", (c) => c.publish("t", 5 as never), "payload is not a Byte Buffer"],
    [
      "payloadByteLength",
      (c) => c.prepare({ topic: "t", payloadByteLength: -1 }),
      "payloadByteLength -1 is not 0 to 268435455",
    ],
    [
      "QoS of a stream",
      (c) => c.stream("t", new ArrayBuffer(1), { QoS: 2 as 1, onComplete }),
      "QoS 2 is not 0 or 1",
    ],
    ["onComplete", (c) => c.stream("t", new ArrayBuffer(1), {} as never), "onComplete is not a function"],
    ["payload of a stream", (c) => c.stream("t", 5 as never, { onComplete }), "payload is not a Byte Buffer"],
    ["QoS of a subscription", (c) => c.subscribe("t", 3 as 2), "QoS 3 is not 0, 1 or 2"],
    [
      "options of a subscription",
      (c) => c.subscribe("t", 0, { noLocal: true }),
      "options of a subscription need MQTT 5.0",
    ],
    ["deadline of flush", (c) => c.flush(-1, () => {}), `deadline -1 is not 0 to ${MAXIMUM_TIME}`],
    ["callback of flush", (c) => c.flush(1, undefined as never), "callback is not a function"],
    ["authentication", (c) => c.reauthenticate(), "there is no connection"],
  ];
  test.each(texts)("%s", (_name, action, text) => {
    bench = new ReliableBench().connect();
    bench.broker.stop();
    clock.advance(10);
    expect(textOf(() => action(bench.client))).toBe(text);
    expect(bench.client.waiting).toBe(0);
  });

  test("a client that is closed says so", () => {
    bench = new ReliableBench();
    const { client } = bench;
    client.close();
    const actions = [
      () => client.publish("t", "x"),
      () => client.prepare({ topic: "t", payloadByteLength: 1 }),
      () => client.stream("t", new ArrayBuffer(1), { onComplete }),
      () => client.subscribe("t"),
      () => client.unsubscribe("t"),
      () => client.reconnect(),
      () => client.reauthenticate(),
      () => client.flush(1, () => {}),
    ];
    for (const action of actions) expect(textOf(action)).toBe("the client is closed");
  });
});

describe("what happened to a message is told in words", () => {
  const reasons: string[] = [];

  function offline(outboxByteLength: number = 4096): ReliableClient {
    reasons.length = 0;
    bench = new ReliableBench({
      outboxByteLength,
      onDropped: (_token, topic, { message }) => void reasons.push(`${topic}: ${message}`),
    }).connect();
    bench.broker.stop();
    clock.advance(10);
    return bench.client;
  }

  test("a newer one took its place, its deadline has passed, the client was closed", () => {
    const client = offline();
    client.publish("home/temp", "1");
    client.publish("home/temp", "2");
    client.publish("home/light", "on", { delivery: DEADLINE, deadline: 50 });
    clock.advance(50);
    client.close();
    expect(reasons).toEqual([
      "home/temp: a newer message of its topic took its place",
      "home/light: its deadline has passed",
      "home/temp: the client was closed",
    ]);
  });

  test("a newer one took its place when the outage began", () => {
    reasons.length = 0;
    bench = new ReliableBench({
      inFlight: 1,
      onDropped: (_token, topic, { message }) => void reasons.push(`${topic}: ${message}`),
    }).connect();
    bench.broker.unanswered.add("publish");
    for (const payload of ["1", "2", "3"]) bench.client.publish("t", payload, { QoS: 1 });
    clock.advance(5);
    bench.cut();
    expect(reasons).toEqual(["t: a newer message of its topic took its place"]);
  });

  test("its deadline had passed when the broker lost the session", () => {
    reasons.length = 0;
    bench = new ReliableBench({
      onDropped: (_token, topic, { message }) => void reasons.push(`${topic}: ${message}`),
    }).connect();
    bench.broker.unanswered.add("publish");
    bench.client.publish("t", "x", { QoS: 1, delivery: DEADLINE, deadline: 100 });
    clock.advance(200);
    bench.cut().reconnect();
    expect(reasons).toEqual(["t: its deadline has passed"]);
  });

  test("the outbox was full, or too small", () => {
    const client = offline(64);
    client.publish("a", "x".repeat(30));
    client.publish("b", "y".repeat(30));
    client.publish("c", "z".repeat(60));
    expect(reasons).toEqual([
      "a: the outbox of 64 bytes is full",
      "c: 77 bytes do not fit the outbox of 64, 17 are free",
    ]);
  });
});

describe("onError gets a text that tells", () => {
  test("which subscriptions the broker refused", () => {
    bench = new ReliableBench();
    bench.broker.onPacket = (packet, connection) => {
      if (packet.cmd !== "subscribe") return false;
      connection.send({ cmd: "suback", messageId: packet.messageId!, granted: [0x80, 0, 0x80] });
      return true;
    };
    for (const topicFilter of ["secret/a", "open", "secret/b"]) bench.client.subscribe(topicFilter);
    bench.connect();
    expect(bench.errors.map(({ message }) => message)).toEqual([
      "the broker refused to subscribe to secret/a, secret/b",
    ]);
  });

  test("which message was too long, and for what", () => {
    bench = new ReliableBench({ messageByteLength: 10 }).connect();
    bench.broker.connection.publish("home/image", "x".repeat(2000));
    clock.advance(20);
    expect(bench.errors.map(({ message }) => message)).toEqual([
      "a message of 2000 bytes on home/image was skipped: messageByteLength is 10",
    ]);
  });
});
