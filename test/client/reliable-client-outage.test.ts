import { afterEach, describe, expect, test } from "vitest";
import { MUST } from "../../device/client/delivery";
import ReliableClient from "../../device/client/reliable-client";
import { CONNECTION_LOST, CONNECTION_REFUSED } from "../../device/mqtt/mqtt-error";
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
