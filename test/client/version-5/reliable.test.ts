import { describe, expect, test } from "vitest";
import { MUST } from "../../../device/client/delivery";
import {
  CONNECTION_REFUSED,
  DEADLINE_PASSED,
  INVALID_OPTION,
  PACKET_TOO_LARGE,
  PUBLISH_REFUSED,
  SUBSCRIPTION_REFUSED,
} from "../../../device/mqtt/mqtt-error";
import { DISCONNECTED, NOT_SUPPORTED } from "../../../device/mqtt/version-5/mqtt-error";
import { CONTENT_TYPE, SUBSCRIPTION_IDENTIFIER } from "../../../device/mqtt/version-5/property";
import { clock } from "../../support/timer";
import { codeThrownBy, ReliableBench } from "./bench";
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

  test("many topics, more than are remembered, all arrive under their own", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.connack = { properties: { topicAliasMaximum: 3 } };
    });
    for (let index = 0; index < 30; index++)
      bench.client.publish(`home/sensor/${index % 12}`, `${index % 12}`);
    clock.advance(50);
    const aliases = new Map<number, string>();
    for (const { topic, payload, properties } of bench.connection.all("publish")) {
      const alias = properties?.topicAlias ?? 0;
      if (topic) aliases.set(alias, topic);
      expect(topic || aliases.get(alias)).toBe(`home/sensor/${payload}`);
    }
    expect(bench.connection.all("publish").length).toBe(30);
  });
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

describe("a message that the broker refuses", () => {
  test.each([
    ["PUBACK", 1],
    ["PUBREC", 2],
  ] as const)(
    "[MQTT-4.4.0-2] by %s of failure is reported with its reason, and never sent again",
    (name, QoS) => {
      const reasons: unknown[] = [];
      const bench = new ReliableBench(
        { onDropped: (_token, _topic, reason) => void reasons.push(reason) },
        silent,
      );
      bench.client.publish("t", "x", { QoS, delivery: MUST });
      clock.advance(20);
      bench.connection.send({
        cmd: name.toLowerCase() as "puback",
        messageId: 1,
        reasonCode: 0x97,
        properties: { reasonString: "too much" },
      });
      expect(reasons).toMatchObject([{ code: PUBLISH_REFUSED, reasonCode: 0x97, reasonString: "too much" }]);
      bench.broker.connack = { sessionPresent: true };
      bench.cut().reconnect();
      expect(bench.sent).toEqual([]);
      expect([bench.client.waiting, bench.delivered.length]).toEqual([0, 0]);
    },
  );

  test("makes room for the next", () => {
    const bench = new ReliableBench({ inFlight: 1 }, silent);
    bench.client.publish("t", "1", { QoS: 1, delivery: MUST });
    bench.client.publish("t", "2", { QoS: 1, delivery: MUST });
    clock.advance(20);
    bench.connection.send({ cmd: "puback", messageId: 1, reasonCode: 0x80 });
    expect(bench.sent).toEqual(["publish 1 t 1", "publish 2 t 2"]);
  });

  test("as a stream ends it with the reason", () => {
    const bench = new ReliableBench({}, silent);
    const errors: unknown[] = [];
    bench.client.stream("t", new Uint8Array(4), { QoS: 1, onComplete: (error) => void errors.push(error) });
    clock.advance(20);
    bench.connection.send({ cmd: "puback", messageId: 1, reasonCode: 0x87 });
    expect(errors).toMatchObject([{ code: PUBLISH_REFUSED, reasonCode: 0x87 }]);
  });

  test("[MQTT-3.2.2-15] by its Maximum Packet Size is dropped and reported, and the others go on", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.connack = { properties: { maximumPacketSize: 30 } };
    });
    const large = bench.client.publish("t", "x".repeat(40), { QoS: 1 });
    const small = bench.client.publish("t", "x", { QoS: 1 });
    const errors: unknown[] = [];
    bench.client.stream("t", new Uint8Array(40), { onComplete: (error) => void errors.push(error?.code) });
    clock.advance(20);
    expect(bench.dropped).toEqual([[large, PACKET_TOO_LARGE, undefined]]);
    expect(bench.delivered).toEqual([small]);
    expect(errors).toEqual([PACKET_TOO_LARGE]);
  });

  test("[MQTT-3.2.2-11] [MQTT-3.2.2-14] by its Maximum QoS or Retain Available goes out as the broker takes it", () => {
    for (const maximumQoS of [0, 1]) {
      const bench = new ReliableBench({}, (broker) => {
        broker.connack = { properties: { maximumQoS, retainAvailable: false } };
      });
      for (const QoS of [0, 1, 2] as const) bench.client.publish("t", "x", { QoS, retain: true });
      clock.advance(30);
      expect(bench.connection.all("publish").map(({ qos, retain }) => [qos, retain])).toEqual([
        [0, false],
        [Math.min(1, maximumQoS), false],
        [maximumQoS, false],
      ]);
      expect([...bench.delivered].sort()).toEqual([1, 2, 3]);
    }
  });
});

describe("subscriptions", () => {
  test("have options and an identifier, also when they are made again", () => {
    const bench = new ReliableBench();
    const options = { noLocal: true, retainAsPublished: true, retainHandling: 2, subscriptionIdentifier: 7 };
    bench.client.subscribe("a/#", 1, options as never);
    bench.client.subscribe("b", 0);
    clock.advance(10);
    bench.cut().reconnect();
    for (const connection of bench.broker.connections) {
      const packets = connection.all("subscribe");
      expect(packets.map(({ properties }) => properties?.subscriptionIdentifier)).toEqual([7, undefined]);
      expect(packets[0]?.subscriptions).toEqual([{ topic: "a/#", qos: 1, nl: true, rap: true, rh: 2 }]);
    }
    bench.connection.publish("a/b", "x", { properties: { subscriptionIdentifier: 7 } });
    expect(bench.messages[0]?.properties).toEqual({ [SUBSCRIPTION_IDENTIFIER]: 7 });
  });

  test("that are wanted again with other options are sent again, with the same they are not", () => {
    const bench = new ReliableBench();
    for (const retainHandling of [1, 1, 2] as const) {
      bench.client.subscribe("a", 1, { retainHandling });
      clock.advance(10);
    }
    expect(bench.connection.all("subscribe").map(({ subscriptions }) => subscriptions[0]?.rh)).toEqual([
      1, 2,
    ]);
  });

  test("refused by the broker are reported with code and reason", () => {
    const bench = new ReliableBench({}, (broker) => void broker.unanswered.add("subscribe"));
    bench.client.subscribe("a");
    bench.client.subscribe("b");
    clock.advance(10);
    for (const messageId of [1, 2])
      bench.connection.send({
        cmd: "suback",
        messageId,
        granted: [0x87],
        properties: { reasonString: "not for you" },
      } as never);
    expect(bench.errors).toMatchObject([
      { code: SUBSCRIPTION_REFUSED, reasonCode: 0x87, reasonString: "not for you" },
      { code: SUBSCRIPTION_REFUSED, reasonCode: 0x87 },
    ]);
  });

  test("of a kind that the broker does not have are reported and not sent; the others are", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.connack = {
        properties: { wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false },
      };
    });
    for (const filter of ["a/#", "b", "$share/g/c"]) bench.client.subscribe(filter);
    clock.advance(10);
    expect(bench.errors.map(({ code, reasonCode }) => [code, reasonCode])).toEqual([
      [NOT_SUPPORTED, 0xa2],
      [NOT_SUPPORTED, 0x9e],
    ]);
    expect(bench.connection.all("subscribe").flatMap(({ subscriptions }) => subscriptions)).toMatchObject([
      { topic: "b" },
    ]);
  });

  test("with options that do not go together are usage errors", () => {
    const { client } = new ReliableBench();
    expect(codeThrownBy(() => client.subscribe("$share/g/a", 0, { noLocal: true }))).toBe(INVALID_OPTION);
    expect(codeThrownBy(() => client.subscribe("a", 0, { retainHandling: 3 as 2 }))).toBe(INVALID_OPTION);
    expect(codeThrownBy(() => client.subscribe("a", 0, { subscriptionIdentifier: 0 }))).toBe(INVALID_OPTION);
  });
});

describe("the end of a connection", () => {
  test("by take-over: the client does not take the session back, until told to", () => {
    const bench = new ReliableBench();
    bench.connection.send({ cmd: "disconnect", reasonCode: 0x8e });
    expect(bench.errors).toMatchObject([{ code: DISCONNECTED, reasonCode: 0x8e }]);
    clock.advance(10 * 60_000);
    expect(bench.broker.connections.length).toBe(1);
    bench.client.publish("t", "x", { QoS: 1 });
    bench.client.reconnect();
    clock.advance(20);
    expect(bench.broker.connections.length).toBe(2);
    expect(bench.delivered).toEqual([1]);
    bench.client.reconnect();
    clock.advance(20);
    expect(bench.broker.connections.length).toBe(2);
  });

  test("by a broker that moved names the other one, and the client tries seldom", () => {
    const bench = new ReliableBench();
    bench.broker.connack = { reasonCode: 0x9d, properties: { serverReference: "b.local:1884" } };
    bench.connection.send({
      cmd: "disconnect",
      reasonCode: 0x9c,
      properties: { serverReference: "b.local" },
    });
    expect(bench.errors[0]).toMatchObject({ code: DISCONNECTED, serverReference: "b.local" });
    clock.advance(29_000);
    expect(bench.broker.connections.length).toBe(1);
    clock.advance(2000);
    expect(bench.errors[1]).toMatchObject({ code: CONNECTION_REFUSED, serverReference: "b.local:1884" });
    clock.advance(27_000);
    expect(bench.broker.connections.length).toBe(2);
  });

  test("by a broker that shuts down, is busy or unavailable: the client is back soon", () => {
    for (const reasonCode of [0x8b, 0x89, 0x00]) {
      const bench = new ReliableBench();
      bench.connection.send({ cmd: "disconnect", reasonCode });
      clock.advance(3000);
      expect(bench.broker.connections.length).toBe(2);
    }
  });

  test("by bad credentials: the client tries seldom", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.connack = { reasonCode: 0x86 };
    });
    expect(bench.errors).toMatchObject([{ code: CONNECTION_REFUSED, reasonCode: 0x86 }]);
    clock.advance(29_000);
    expect(bench.broker.connections.length).toBe(1);
  });

  test("by a packet over our Maximum Packet Size is reported, told the broker, and mended", () => {
    const bench = new ReliableBench({ properties: { maximumPacketSize: 50 } });
    bench.connection.publish("t", "x".repeat(60));
    expect(bench.connection.log.at(-1)).toBe("disconnect 0x95");
    expect(bench.events.slice(1)).toEqual([`disconnect ${PACKET_TOO_LARGE}`]);
    bench.reconnect();
    expect(bench.client.connected).toBe(true);
  });

  test("by close sends DISCONNECT 0", () => {
    const bench = new ReliableBench();
    bench.client.close();
    clock.advance(10);
    expect(bench.connection.log).toEqual(["connect", "disconnect"]);
  });
});

describe("enhanced authentication", () => {
  test("goes through the application, at CONNECT and again later", () => {
    const asked: string[] = [];
    const bench = new ReliableBench(
      {
        properties: { authenticationMethod: "M" },
        onAuthenticate(data) {
          asked.push(Buffer.from(data ?? []).toString());
          return "answer";
        },
      },
      (broker) => void broker.unanswered.add("connect"),
    );
    const auth = (data: string, reasonCode = 0x18): void =>
      bench.connection.send({
        cmd: "auth",
        reasonCode,
        properties: { authenticationMethod: "M", authenticationData: Buffer.from(data) },
      });
    auth("one");
    bench.connection.send({
      cmd: "connack",
      reasonCode: 0,
      sessionPresent: false,
      properties: { authenticationMethod: "M" },
    });
    expect(bench.client.connected).toBe(true);
    bench.client.reauthenticate(Uint8Array.of(1));
    clock.advance(5);
    auth("two");
    auth("", 0);
    expect(asked).toEqual(["one", "two"]);
    expect(bench.connection.all("auth").map(({ reasonCode }) => reasonCode)).toEqual([0x18, 0x19, 0x18]);
    bench.broker.stop();
    clock.advance(10);
    expect(() => bench.client.reauthenticate()).toThrow();
  });
});
