import { describe, expect, test } from "vitest";
import { MUST } from "../../../device/client/delivery";
import { DEADLINE_PASSED } from "../../../device/mqtt/mqtt-error";
import { CONTENT_TYPE } from "../../../device/mqtt/version-5/property";
import { SEND_BUFFER } from "../../../host-sim/network/tcp";
import { clock } from "../../support/timer";
import { ReliableBench } from "./bench";
import type { Version5Broker } from "./broker";

function silent(broker: Version5Broker): void {
  broker.unanswered.add("publish");
}

describe("the session", () => {
  test("is kept for ever unless asked otherwise, as in 3.1.1", () => {
    const { connection } = new ReliableBench();
    expect(connection.last("connect")).toMatchObject({
      clean: false,
      properties: { sessionExpiryInterval: 0xffff_ffff },
    });
    const other = new ReliableBench({ properties: { sessionExpiryInterval: 60 } }).connection;
    expect(other.last("connect").properties?.sessionExpiryInterval).toBe(60);
  });

  test("[MQTT-3.1.2-4] clean begins a new one with each connection, which ends with it", () => {
    const bench = new ReliableBench({ clean: true });
    bench.cut().reconnect();
    for (const { packets } of bench.broker.connections)
      expect(packets[0]).toMatchObject({ clean: true, properties: { receiveMaximum: 256 } });
    expect(bench.connection.last("connect").properties?.sessionExpiryInterval).toBeUndefined();
  });

  test("[MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-3.3.1-1] resumed: what was not acknowledged is sent again in order, with DUP and its identifiers", () => {
    const bench = new ReliableBench({}, silent);
    for (const text of ["1", "2", "3"]) bench.client.publish("home/temp", text, { QoS: 1, delivery: MUST });
    clock.advance(1000);
    bench.connection.send({ cmd: "puback", messageId: 2, reasonCode: 0 });
    expect(bench.sent.length).toBe(3);
    bench.broker.unanswered.clear();
    bench.broker.connack = { sessionPresent: true };
    bench.cut().reconnect();
    expect(bench.sent).toEqual(["publish 1 dup home/temp 1", "publish 3 dup home/temp 3"]);
    expect(bench.delivered).toEqual([2, 1, 3]);
  });

  test("[MQTT-4.3.3-6] resumed after PUBREC: PUBREL again, never PUBLISH", () => {
    const bench = new ReliableBench({}, (broker) => void broker.unanswered.add("pubrel"));
    bench.client.publish("t", "x", { QoS: 2 });
    clock.advance(20);
    bench.broker.unanswered.clear();
    bench.broker.connack = { sessionPresent: true };
    bench.cut().reconnect();
    expect(bench.sent).toEqual(["pubrel 1"]);
    expect(bench.delivered).toEqual([1]);
  });

  test("[MQTT-3.2.2-5] lost by the broker: what was not acknowledged is new", () => {
    const bench = new ReliableBench({}, silent);
    bench.client.publish("t", "x", { QoS: 2 });
    clock.advance(20);
    bench.broker.unanswered.clear();
    bench.cut().reconnect();
    expect(bench.sent[0]).not.toContain("dup");
    expect(bench.delivered).toEqual([1]);
  });

  test("under an identifier that the broker has assigned goes on under it", () => {
    const bench = new ReliableBench({ id: "" }, (broker) => {
      broker.connack = { properties: { assignedClientIdentifier: "auto-9" } };
    });
    expect(bench.client.limits?.assignedClientIdentifier).toBe("auto-9");
    bench.cut().reconnect();
    expect(bench.connection.last("connect").clientId).toBe("auto-9");
    expect(bench.events).toContain("connect 5 false");
  });

  test("Server Keep Alive holds", () => {
    const { connection } = new ReliableBench({}, (broker) => {
      broker.connack = { properties: { serverKeepAlive: 5 } };
    });
    clock.advance(5000);
    expect(connection.log).toEqual(["connect", "pingreq"]);
  });
});

describe("messages", () => {
  test("carry their properties, also after an outage", () => {
    const bench = new ReliableBench();
    const properties = { contentType: "text/plain", userProperties: [["unit", "K"]] } as const;
    bench.client.publish("home/temp", "1", { QoS: 1, properties });
    clock.advance(10);
    bench.broker.stop();
    clock.advance(10);
    bench.client.publish("home/temp", "2", { QoS: 1, properties });
    bench.broker.start();
    bench.reconnect();
    for (const connection of bench.broker.connections)
      expect(connection.last("publish").properties).toMatchObject({
        contentType: "text/plain",
        userProperties: { unit: "K" },
      });
    expect(bench.delivered).toEqual([1, 2]);
  });

  test("that are larger than the socket's buffer go in pieces, properties first", () => {
    const bench = new ReliableBench({ outboxByteLength: 20_000 });
    const payload = "0123456789".repeat(1000);
    bench.client.publish("home/log", payload, { QoS: 1, properties: { contentType: "text/plain" } });
    clock.advance(100);
    expect(String(bench.connection.last("publish").payload)).toBe(payload);
    expect(bench.connection.last("publish").properties).toMatchObject({ contentType: "text/plain" });
    expect(bench.delivered).toEqual([1]);
  });

  test("streamed carry properties too", () => {
    const bench = new ReliableBench();
    const results: unknown[] = [];
    bench.client.stream("home/image", new Uint8Array(10_000), {
      QoS: 1,
      properties: { contentType: "image/jpeg" },
      onComplete: (error) => void results.push(error),
    });
    clock.advance(100);
    expect(bench.connection.last("publish").payload.length).toBe(10_000);
    expect(bench.connection.last("publish").properties).toMatchObject({ contentType: "image/jpeg" });
    expect(results).toEqual([undefined]);
  });

  test("arrive with theirs, even in several pieces", () => {
    const bench = new ReliableBench({ bufferByteLength: 16 });
    bench.connection.publish("t", "x".repeat(100), { properties: { contentType: "a/b" } });
    expect(bench.messages).toMatchObject([
      { payload: "x".repeat(100), properties: { [CONTENT_TYPE]: "a/b" } },
    ]);
  });

  test("use Topic Aliases, new ones on each connection", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.connack = { properties: { topicAliasMaximum: 3 } };
    });
    for (const text of ["1", "2"]) bench.client.publish("home/temp", text);
    clock.advance(10);
    bench.cut().reconnect();
    bench.client.publish("home/temp", "3");
    clock.advance(10);
    expect(
      bench.broker.connections.map((connection) =>
        connection.all("publish").map(({ topic, properties }) => [topic, properties?.topicAlias]),
      ),
    ).toEqual([
      [
        ["home/temp", 1],
        ["", 1],
      ],
      [["home/temp", 1]],
    ]);
  });

  test.each(["online", "offline"])(
    "many topics, more than are remembered, all arrive under their own, published %s",
    (when) => {
      const bench = new ReliableBench({}, (broker) => {
        broker.connack = { properties: { topicAliasMaximum: 3 } };
      });
      if (when === "offline") bench.broker.stop();
      clock.advance(10);
      for (let index = 0; index < 30; index++)
        bench.client.publish(`home/sensor/${index % 12}`, `${index % 12}`, { delivery: MUST });
      if (when === "offline") {
        bench.broker.start();
        bench.reconnect();
      }
      clock.advance(50);
      const aliases = new Map<number, string>();
      for (const { topic, payload, properties } of bench.connection.all("publish")) {
        const alias = properties?.topicAlias ?? 0;
        if (topic) aliases.set(alias, topic);
        expect(topic || aliases.get(alias)).toBe(`home/sensor/${payload}`);
      }
      expect(bench.connection.all("publish").length).toBe(30);
    },
  );
});

describe("[MQTT-3.3.4-7] the broker's Receive Maximum", () => {
  test("[MQTT-4.9.0-2] [MQTT-3.3.4-7] bounds what is in flight, also when a session resumes", () => {
    const bench = new ReliableBench({}, (broker) => {
      silent(broker);
      broker.connack = { properties: { receiveMaximum: 3 } };
    });
    for (let index = 1; index <= 6; index++)
      bench.client.publish("t", `${index}`, { QoS: 1, delivery: MUST });
    clock.advance(50);
    expect(bench.sent).toEqual(["publish 1 t 1", "publish 2 t 2", "publish 3 t 3"]);
    bench.broker.connack = { sessionPresent: true, properties: { receiveMaximum: 2 } };
    bench.cut().reconnect();
    expect(bench.sent).toEqual(["publish 1 dup t 1", "publish 2 dup t 2"]);
    bench.connection.send({ cmd: "puback", messageId: 1, reasonCode: 0 });
    expect(bench.sent.slice(2)).toEqual(["publish 3 dup t 3"]);
    bench.broker.unanswered.clear();
    // With 2 acknowledged 4, 5 and 6 go out one after the other, as 3 still holds half of the quota.
    for (const messageId of [2, 3]) bench.connection.send({ cmd: "puback", messageId, reasonCode: 0 });
    expect(bench.delivered).toEqual([1, 2, 4, 5, 6, 3]);
  });

  test("[MQTT-3.3.4-8] [MQTT-4.9.0-3] PUBRELs of a resumed session do not wait for it", () => {
    const bench = new ReliableBench({}, (broker) => void broker.unanswered.add("publish").add("pubrel"));
    for (const text of ["1", "2", "3"]) bench.client.publish("t", text, { QoS: 2, delivery: MUST });
    clock.advance(20);
    bench.connection.send({ cmd: "pubrec", messageId: 3, reasonCode: 0 });
    bench.broker.connack = { sessionPresent: true, properties: { receiveMaximum: 1 } };
    bench.cut().reconnect();
    expect(bench.sent).toEqual(["publish 1 dup t 1", "pubrel 3"]);
    bench.broker.unanswered.clear();
    bench.connection.send({ cmd: "pubcomp", messageId: 3, reasonCode: 0 });
    bench.connection.send({ cmd: "pubrec", messageId: 1, reasonCode: 0 });
    expect(bench.delivered).toEqual([3, 1, 2]);
  });
});

describe("Message Expiry Interval", () => {
  test("counts while the message waits: what is left of it is sent", () => {
    const bench = new ReliableBench();
    bench.broker.stop();
    clock.advance(10);
    bench.client.publish("t", "x", {
      QoS: 1,
      properties: { payloadFormatIndicator: 1, messageExpiryInterval: 600 },
    });
    clock.advance(100_000);
    bench.broker.start();
    const { length } = bench.broker.connections;
    const start = clock.now();
    bench.reconnect();
    expect(bench.broker.connections.length).toBe(length + 1);
    const waited = 100 + Math.floor((clock.now() - start) / 1000);
    const left = bench.connection.last("publish").properties?.messageExpiryInterval ?? 0;
    expect(Math.abs(left - (600 - waited))).toBeLessThanOrEqual(1);
  });

  test("passed after a message was sent: when the broker has lost the session it is dropped, not sent as new", () => {
    const bench = new ReliableBench({}, silent);
    const token = bench.client.publish("t", "x", { QoS: 1, properties: { messageExpiryInterval: 2 } });
    clock.advance(2000);
    expect(bench.dropped).toEqual([]);
    bench.cut().reconnect();
    expect(bench.dropped).toEqual([[token, DEADLINE_PASSED, undefined]]);
    expect(bench.sent).toEqual([]);
  });

  test("is nothing that other properties have, or none: messages wait unchanged", () => {
    const bench = new ReliableBench();
    // What the outbox held before is not taken for properties of what it holds now.
    bench.client.publish("t", new Uint8Array(400).fill(2), { QoS: 1 });
    clock.advance(20);
    bench.broker.stop();
    clock.advance(10);
    const given = [{}, { payloadFormatIndicator: 1 }, { contentType: "text/plain" }, {}] as const;
    for (const [index, properties] of given.entries())
      bench.client.publish(`t/${index}`, `${index}`, { QoS: 1, properties });
    clock.advance(5000);
    bench.broker.start();
    bench.reconnect();
    expect(
      bench.connection.all("publish").map(({ payload, properties }) => [`${payload}`, properties ?? {}]),
    ).toEqual([
      ["0", {}],
      ["1", { payloadFormatIndicator: true }],
      ["2", { contentType: "text/plain" }],
      ["3", {}],
    ]);
  });

  test("[MQTT-4.3.3-7] passed: a message that has not been sent is dropped and reported, one that has been is not", () => {
    const bench = new ReliableBench({}, silent);
    const sent = bench.client.publish("t", "sent", { QoS: 2, properties: { messageExpiryInterval: 2 } });
    clock.advance(20);
    bench.broker.stop();
    clock.advance(10);
    const waiting = bench.client.publish("u", "waits", { QoS: 1, properties: { messageExpiryInterval: 2 } });
    clock.advance(1999);
    expect(bench.dropped).toEqual([]);
    clock.advance(1);
    expect(bench.dropped).toEqual([[waiting, DEADLINE_PASSED, undefined]]);
    bench.broker.unanswered.clear();
    bench.broker.connack = { sessionPresent: true };
    bench.broker.start();
    bench.reconnect();
    expect(bench.sent).toEqual(["publish 1 dup t sent", "pubrel 1"]);
    expect(bench.connection.last("publish").properties?.messageExpiryInterval).toBe(1);
    expect(bench.delivered).toEqual([sent]);
  });
});

describe("Maximum Packet Size", () => {
  test("a message that just fits is sent, with the QoS that the broker takes", () => {
    for (const [maximumPacketSize, delivered] of [
      [7, [1]],
      [6, []],
    ] as const) {
      const bench = new ReliableBench({}, (broker) => {
        broker.connack = { properties: { maximumQoS: 0, maximumPacketSize } };
      });
      // At QoS 0: two bytes of header, three of topic, one of properties, one of payload.
      bench.client.publish("t", "x", { QoS: 2 });
      clock.advance(20);
      expect(bench.delivered).toEqual(delivered);
    }
  });
});

describe("a socket that is nearly full", () => {
  /** Publishes `length` bytes while only half of them fit. @returns how many bytes had gone out before there was more room */
  function sentAtFirst(length: number): number {
    const bench = new ReliableBench({ outboxByteLength: 8192 });
    const { peer } = bench.connection;
    peer.acknowledging = false;
    const { length: before } = peer.bytes;
    bench.client.publish("f", new Uint8Array(SEND_BUFFER - Math.floor(length / 2) - before), {
      delivery: MUST,
    });
    clock.advance(5);
    const { length: filled } = peer.bytes;
    bench.client.publish("t", new Uint8Array(length), { delivery: MUST });
    clock.advance(5);
    const first = peer.bytes.length - filled;
    peer.acknowledging = true;
    clock.advance(5);
    expect(bench.connection.last("publish").payload.length).toBe(length);
    return first;
  }

  test("takes a message of 1 KiB whole or not at all, and of a longer one what it can", () => {
    // Fixed header, topic, and what MQTT 5.0 may add.
    const overhead = 3 + 3 + 8;
    expect(sentAtFirst(1024 - overhead)).toBe(0);
    expect(sentAtFirst(1024 - overhead + 1)).toBeGreaterThan(0);
  });
});
