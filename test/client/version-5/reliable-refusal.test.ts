import { describe, expect, test } from "vitest";
import { MUST } from "../../../device/client/delivery";
import {
  CONNECTION_REFUSED,
  INVALID_OPTION,
  PACKET_TOO_LARGE,
  PUBLISH_REFUSED,
  SUBSCRIPTION_REFUSED,
} from "../../../device/mqtt/mqtt-error";
import { DISCONNECTED, NOT_SUPPORTED } from "../../../device/mqtt/version-5/mqtt-error";
import { SUBSCRIPTION_IDENTIFIER } from "../../../device/mqtt/version-5/property";
import { clock } from "../../support/timer";
import { codeThrownBy, ReliableBench } from "./bench";
import type { Version5Broker } from "./broker";

function silent(broker: Version5Broker): void {
  broker.unanswered.add("publish");
}

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

test("an exchange that has come to PUBREL ends at QoS 2, whatever the broker's Maximum QoS is now", () => {
  const bench = new ReliableBench({}, (broker) => void broker.unanswered.add("pubrel"));
  bench.client.publish("t", "x", { QoS: 2 });
  clock.advance(20);
  bench.broker.unanswered.clear();
  bench.broker.connack = { sessionPresent: true, properties: { maximumQoS: 1 } };
  bench.cut().reconnect();
  expect([bench.delivered, bench.client.waiting]).toEqual([[1], 0]);
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
    const wanted = [
      { retainHandling: 1 },
      { retainHandling: 2 },
      { noLocal: true },
      { noLocal: true, retainAsPublished: true },
      { retainAsPublished: true },
      { subscriptionIdentifier: 1 },
      { subscriptionIdentifier: 2 },
    ] as const;
    for (const [index, options] of wanted.entries())
      for (let times = 0; times < 2; times++) {
        bench.client.subscribe("a", 1, options);
        clock.advance(10);
        expect(bench.connection.all("subscribe").length).toBe(index + 1);
      }
    expect(
      bench.connection
        .all("subscribe")
        .map(({ subscriptions: [first], properties }) => [
          first?.nl,
          first?.rap,
          first?.rh,
          properties?.subscriptionIdentifier,
        ]),
    ).toEqual([
      [false, false, 1, undefined],
      [false, false, 2, undefined],
      [true, false, 0, undefined],
      [true, true, 0, undefined],
      [false, true, 0, undefined],
      [false, false, 0, 1],
      [false, false, 0, 2],
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

  test("with an identifier, where the broker knows none, are reported and not sent", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.connack = { properties: { subscriptionIdentifiersAvailable: false } };
    });
    bench.client.subscribe("a", 0, { subscriptionIdentifier: 1 });
    bench.client.subscribe("b", 0, { noLocal: true });
    clock.advance(10);
    expect(bench.errors.map(({ code, reasonCode }) => [code, reasonCode])).toEqual([[NOT_SUPPORTED, 0xa1]]);
    expect(bench.connection.all("subscribe").map(({ subscriptions }) => subscriptions[0]?.topic)).toEqual([
      "b",
    ]);
  });

  test("that a broker did not have are asked for again when it is connected to anew", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.connack = { properties: { wildcardSubscriptionAvailable: false } };
    });
    bench.client.subscribe("a/#");
    clock.advance(10);
    expect(bench.connection.all("subscribe")).toEqual([]);
    bench.broker.connack = {};
    bench.cut().reconnect();
    expect(bench.connection.last("subscribe").subscriptions[0]?.topic).toBe("a/#");
  });

  test("that are not wanted any more are ended, also of a kind that the broker does not have now", () => {
    const bench = new ReliableBench();
    bench.client.subscribe("a/#");
    clock.advance(10);
    bench.broker.stop();
    clock.advance(10);
    bench.client.unsubscribe("a/#");
    bench.broker.connack = { sessionPresent: true, properties: { wildcardSubscriptionAvailable: false } };
    bench.broker.start();
    bench.reconnect();
    expect(bench.connection.last("unsubscribe").unsubscriptions).toEqual(["a/#"]);
    expect(bench.errors.map(({ code }) => code)).not.toContain(NOT_SUPPORTED);
  });

  // Header, Packet Identifier, Property Length, the filter of four characters with its length, its options.
  test.each([
    [{}, 2 + 2 + 1 + 6 + 1],
    [{ subscriptionIdentifier: 7 }, 2 + 2 + 1 + 2 + 6 + 1],
  ])(
    "with options %j are sent when the broker takes %i bytes, and not when it takes less",
    (options, byteLength) => {
      for (const maximumPacketSize of [byteLength, byteLength - 1]) {
        const bench = new ReliableBench({}, (broker) => {
          broker.connack = { properties: { maximumPacketSize } };
        });
        bench.client.subscribe("home", 1, options);
        clock.advance(10);
        const fits = maximumPacketSize === byteLength;
        expect(bench.connection.all("subscribe").length).toBe(fits ? 1 : 0);
        expect(bench.errors.map(({ code }) => code)).toEqual(fits ? [] : [PACKET_TOO_LARGE]);
      }
    },
  );

  test("are ended by a packet that has no options, and so is shorter by a byte", () => {
    for (const maximumPacketSize of [11, 10]) {
      const bench = new ReliableBench();
      bench.client.subscribe("home");
      clock.advance(10);
      bench.broker.stop();
      clock.advance(10);
      bench.client.unsubscribe("home");
      bench.broker.connack = { sessionPresent: true, properties: { maximumPacketSize } };
      bench.broker.start();
      bench.reconnect();
      expect(bench.connection.all("unsubscribe").length).toBe(maximumPacketSize === 11 ? 1 : 0);
      expect(bench.errors.map(({ code }) => code).includes(PACKET_TOO_LARGE)).toBe(maximumPacketSize !== 11);
    }
  });

  test.each(["connected", "not connected yet"])(
    "with options that do not go together are usage errors, %s",
    (when) => {
      const { client } = new ReliableBench({}, (broker) => {
        if (when !== "connected") broker.unanswered.add("connect");
      });
      expect(codeThrownBy(() => client.subscribe("$share/g/a", 0, { noLocal: true }))).toBe(INVALID_OPTION);
      expect(codeThrownBy(() => client.subscribe("a", 0, { retainHandling: 3 as 2 }))).toBe(INVALID_OPTION);
      expect(codeThrownBy(() => client.subscribe("a", 0, { subscriptionIdentifier: 0 }))).toBe(
        INVALID_OPTION,
      );
    },
  );
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

  test.each([
    [0x96, 2],
    [0x97, 2],
    [0x98, 1],
    [0x9f, 2],
  ])("with Reason Code %i: soon, or seldom where people have to do something", (reasonCode, connections) => {
    const bench = new ReliableBench();
    bench.connection.send({ cmd: "disconnect", reasonCode });
    clock.advance(3000);
    expect(bench.broker.connections.length).toBe(connections);
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
