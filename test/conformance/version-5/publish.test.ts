import { afterEach, describe, expect, test } from "vitest";
import { SUBSCRIBE, UNSUBSCRIBE } from "../../../device/mqtt/control-packet";
import {
  IN_FLIGHT_FULL,
  INVALID_OPTION,
  INVALID_QOS,
  INVALID_TOPIC,
  MALFORMED_PACKET,
  PACKET_TOO_LARGE,
  PROTOCOL_ERROR,
} from "../../../device/mqtt/mqtt-error";
import { NOT_SUPPORTED, TOPIC_ALIAS_INVALID } from "../../../device/mqtt/version-5/mqtt-error";
import { clock } from "../../support/timer";
import { bytesOf, field, join, packet, puback, pubcomp, pubrec, pubrel, string, utf8 } from "../bytes";
import { closeAll, codeThrownBy } from "../raw-broker";
import {
  type Client5,
  connack,
  connect5,
  maximumPacketSize,
  parting,
  publish5,
  receiveMaximum,
  reconnect5,
  reliable5,
  topicAlias,
  topicAliasMaximum,
} from "./bench";

afterEach(closeAll);

const data = Buffer.from("x");

function refusal({ client }: Client5, options: object): number {
  return codeThrownBy(() => client.write(data, options));
}

/** The connection ends because of these bytes, the server is told why, and nothing is delivered. */
function expectEnd(sent: string, code: number, reasonCode: number, options = {}): void {
  const { broker, errors, messages } = connect5(options);
  broker.send(sent, publish5("after", "y"));
  expect([errors, messages]).toEqual([[code], []]);
  expect([broker.received, broker.isClosed]).toEqual([[parting(reasonCode)], true]);
}

describe("fixed header", () => {
  test("[MQTT-2.2.1-2] [MQTT-3.3.1-2] [MQTT-4.3.1-1] QoS 0: DUP 0 and no Packet Identifier, even when asked for, and never sent again", () => {
    const { broker, client } = connect5();
    client.write(data, { topic: "a", duplicate: true, id: 9 });
    clock.advance(3_600_000);
    expect(broker.received).toEqual(["30 05 00 01 61 00 78"]);
    expectEnd("38 05 00 01 61 00 78", MALFORMED_PACKET, 0x81);
    const { messages, ...other } = connect5();
    other.broker.send("30 07 00 01 61 00 00 01 78");
    // What would be an identifier is payload.
    expect(messages).toMatchObject([{ payload: "\0\u0001x" }]);
  });

  test("[MQTT-3.3.1-4] QoS 3 is not sent, and ends the connection when it is received", () => {
    const under = connect5();
    for (const QoS of [3, -1, 1.5, "1"]) expect(refusal(under, { topic: "a", QoS })).toBe(INVALID_QOS);
    under.broker.send();
    expect(under.broker.received).toEqual([]);
    for (const first of ["36", "3e", "37"])
      expectEnd(`${first} 07 00 01 61 00 01 00 78`, MALFORMED_PACKET, 0x81);
  });

  test("[MQTT-3.2.2-11] above the server's Maximum QoS nothing is sent, up to it all is", () => {
    for (const most of [0, 1]) {
      const under = connect5({}, join("24", `0${most}`));
      for (const QoS of [0, 1, 2])
        if (QoS > most) expect(refusal(under, { topic: "a", QoS })).toBe(NOT_SUPPORTED);
        else under.client.write(data, { topic: "a", QoS });
      under.broker.send();
      expect(under.broker.received.length).toBe(most + 1);
    }
  });

  test("[MQTT-3.2.2-11] [MQTT-3.2.2-14] a ReliableClient sends what it streams or has kept as the server takes it now, or not at all", () => {
    const { broker, client, errors } = reliable5();
    client.publish("a", "1", { QoS: 2, retain: true });
    broker.send();
    reconnect5(broker, connack(true, 0, "24 00 25 00"));
    broker.send();
    const ends: unknown[] = [];
    const onComplete = (error?: { code: number }): void => void ends.push(error?.code);
    client.stream("b", data, { QoS: 1, onComplete });
    client.stream("b", data, { retain: true, onComplete });
    client.stream("b", data, { onComplete });
    client.publish("c", "2", { QoS: 1, retain: true });
    broker.send();
    expect(broker.received).toEqual([publish5("a", "1"), publish5("b", "x"), publish5("c", "2")]);
    expect(ends).toEqual([NOT_SUPPORTED, NOT_SUPPORTED, undefined]);
    expect(errors).toEqual([]);
  });

  test("[MQTT-3.2.2-14] where the server keeps no messages RETAIN is not set; where it does, or says nothing, it may be", () => {
    const without = connect5({}, "25 00");
    expect(refusal(without, { topic: "a", retain: true })).toBe(NOT_SUPPORTED);
    without.client.write(data, { topic: "a" });
    without.broker.send();
    expect(without.broker.received).toEqual([publish5("a", "x")]);
    for (const given of ["", "25 01"]) {
      const { broker, client } = connect5({}, given);
      client.write(data, { topic: "a", retain: true });
      broker.send();
      expect(broker.received).toEqual([publish5("a", "x", { retain: true })]);
    }
  });
});

describe("topic", () => {
  test("[MQTT-3.3.2-1] stands first, before Packet Identifier, properties and payload, in UTF-8", () => {
    const { broker, client, messages } = connect5();
    client.write(Buffer.from("21"), { topic: "ü/b", QoS: 1, properties: { payloadFormatIndicator: 1 } });
    broker.send("32 0d 00 04 c3 bc 2f 62 01 02 02 01 01 32 31");
    expect(broker.received).toEqual(["32 0d 00 04 c3 bc 2f 62 00 01 02 01 01 32 31", puback(258)]);
    expect(messages).toMatchObject([{ topic: "ü/b", payload: "21" }]);
  });

  test("[MQTT-3.3.2-1] that is no UTF-8 ends the connection, and is not sent", () => {
    expectEnd(packet(0x30, field("61 ff"), "00"), MALFORMED_PACKET, 0x81);
    expect(refusal(connect5(), { topic: "a\udfff" })).toBe(INVALID_TOPIC);
  });

  test.each(["#", "+", "a/#", "a/+/b", "a+", "#a"])(
    "[MQTT-3.3.2-2] [MQTT-4.7.0-1] %s, with a wildcard, is no topic: neither sent, nor taken, nor that of a will",
    (topic) => {
      expect(refusal(connect5(), { topic })).toBe(INVALID_TOPIC);
      expect(codeThrownBy(() => connect5({ will: { topic, message: "" } }))).toBe(INVALID_TOPIC);
      expectEnd(publish5(topic, "x"), MALFORMED_PACKET, 0x81);
    },
  );

  test("[MQTT-4.7.3-1] [MQTT-4.7.3-2] has a character at least, and no U+0000", () => {
    for (const topic of ["", "\0", "a\0b"]) expect(refusal(connect5(), { topic })).toBe(INVALID_TOPIC);
    expectEnd(publish5("a\0b", "x"), MALFORMED_PACKET, 0x81);
    expectEnd(publish5("", "x"), PROTOCOL_ERROR, 0x82);
    const { broker, client, messages } = connect5();
    client.write(data, { topic: "/" });
    broker.send(publish5("/", "x"), publish5(" ", "x"));
    expect(broker.received).toEqual([publish5("/", "x")]);
    expect(messages.map(({ topic }) => topic)).toEqual(["/", " "]);
  });

  test("[MQTT-4.7.3-3] of 65,535 bytes is sent, one byte more is not, however few characters it has", () => {
    const { broker, client } = reliable5({ outboxByteLength: 70_000 });
    client.publish("ü".repeat(32_767), "x");
    expect(codeThrownBy(() => client.publish("ü".repeat(32_768), "x"))).toBe(INVALID_TOPIC);
    clock.advance(1000);
    // In the only packet: its topic, and nothing after that but a Property Length and a byte of payload.
    expect(broker.received.map((bytes) => bytes.slice(0, 17))).toEqual(
      broker.received.map(() => "30 82 80 04 ff fe"),
    );
    expect(broker.received.length).toBeLessThanOrEqual(1);
  });
});

describe("properties", () => {
  test.each([
    ["[MQTT-3.3.2-13]", "a Response Topic", "08"],
    ["[MQTT-3.3.2-19]", "a Content Type", "03"],
  ])(
    "%s %s that is no UTF-8 ends the connection; other text is delivered and sent",
    (_id, _what, identifier) => {
      for (const bytes of ["ff", "ed a0 80", "61 00"])
        expectEnd(publish5("t", "x", { properties: join(identifier, field(bytes)) }), MALFORMED_PACKET, 0x81);
      const given: unknown[] = [];
      const { broker, client } = connect5({
        onReadable(count, options) {
          this.read(count);
          given.push(options.properties?.get(Number.parseInt(identifier, 16) as 3));
        },
      });
      const sent = publish5("t", "x", { properties: join(identifier, string("ä/水")) });
      broker.send(sent);
      const name = identifier === "08" ? "responseTopic" : "contentType";
      client.write(data, { topic: "t", properties: { [name]: "ä/水" } });
      broker.send();
      expect([given, broker.received]).toEqual([["ä/水"], [sent]]);
    },
  );

  test("[MQTT-3.3.2-14] a Response Topic with a wildcard is not sent, not put in a will, and ends the connection", () => {
    for (const responseTopic of ["#", "a/+", ""]) {
      expect(refusal(connect5(), { topic: "a", properties: { responseTopic } })).toBe(INVALID_TOPIC);
      const will = { topic: "w", message: "", properties: { responseTopic } };
      expect(codeThrownBy(() => connect5({ will }))).toBe(INVALID_TOPIC);
    }
    for (const topic of ["#", "a/+"])
      expectEnd(publish5("t", "x", { properties: join("08", string(topic)) }), PROTOCOL_ERROR, 0x82);
  });

  test("[MQTT-3.3.4-6] a Subscription Identifier is not sent in PUBLISH, neither as value nor in a ReliableClient's", () => {
    const given = { subscriptionIdentifier: 1 } as never;
    expect(refusal(connect5(), { topic: "a", properties: given })).toBe(INVALID_OPTION);
    const { client } = reliable5();
    expect(codeThrownBy(() => client.publish("a", "x", { properties: given }))).toBe(INVALID_OPTION);
  });
});

describe("Topic Alias", () => {
  test("[MQTT-3.2.2-17] [MQTT-3.3.2-9] [MQTT-3.3.2-8] is from 1 to the server's maximum, however many topics there are", () => {
    const { broker, client } = connect5({ topicAliases: 10 }, topicAliasMaximum(2));
    const topics = ["home/a", "home/b", "home/c", "home/d", "home/a", "home/d"];
    for (const topic of topics) client.write(data, { topic });
    broker.send();
    const aliases = broker.received.map((bytes) => /03 23 (.. ..) 78$/.exec(bytes)?.[1]);
    expect(aliases.length).toBe(6);
    for (const alias of aliases) expect([undefined, "00 01", "00 02"]).toContain(alias);
    expect(aliases).toContain("00 01");
    expect(aliases).toContain("00 02");
  });

  test.each([
    ["says nothing of them", []],
    ["takes 0", [topicAliasMaximum(0)]],
  ])("[MQTT-3.2.2-18] [MQTT-3.2.2-17] is not sent where the server %s", (_what, given) => {
    const { broker, client } = connect5({ topicAliases: 10 }, ...given);
    for (let count = 0; count < 3; count++) client.write(data, { topic: "a/long/topic" });
    broker.send();
    expect(broker.received).toEqual(Array(3).fill(publish5("a/long/topic", "x")));
  });

  test("[MQTT-3.3.2-8] is not 0: 0 ends the connection, and no application can send it", () => {
    const options = { properties: { topicAliasMaximum: 5 } };
    const sent = publish5("t", "x", { properties: topicAlias(0) });
    expectEnd(sent, TOPIC_ALIAS_INVALID, 0x94, options);
    const under = connect5({}, topicAliasMaximum(5));
    expect(() =>
      under.client.write(data, { topic: "t", properties: { topicAlias: 0 } as never }),
    ).not.toThrow();
    under.broker.send();
    expect(under.broker.received.join()).not.toContain("23 00 00");
  });

  test("[MQTT-3.3.2-10] from 1 to the announced maximum each is taken, in any order, and stands for its newest topic", () => {
    const { broker, messages } = connect5({ properties: { topicAliasMaximum: 20 } });
    for (let alias = 20; alias > 0; alias--)
      broker.send(publish5(`t/${alias}`, "x", { properties: topicAlias(alias) }));
    broker.send(publish5("new", "x", { properties: topicAlias(7) }));
    for (const alias of [1, 7, 20]) broker.send(publish5("", "x", { properties: topicAlias(alias) }));
    expect(messages.slice(-3).map(({ topic }) => topic)).toEqual(["t/1", "new", "t/20"]);
    expect([messages.length, broker.isClosed]).toEqual([24, false]);
    broker.send(publish5("t", "x", { properties: topicAlias(21) }));
    expect([messages.length, broker.received]).toEqual([24, [parting(0x94)]]);
  });

  test("[MQTT-3.3.2-7] stands for nothing on the next connection, whichever side it came from, though the session goes on", () => {
    const { broker, client, messages, errors } = reliable5(
      { properties: { topicAliasMaximum: 5 } },
      topicAliasMaximum(5),
    );
    client.publish("home/a", "1", { QoS: 1 });
    client.publish("home/a", "2", { QoS: 1 });
    broker.send(publish5("t", "x", { properties: topicAlias(1) }));
    const full = publish5("home/a", "1", { QoS: 1, id: 1, properties: topicAlias(1) });
    expect(broker.received.slice(0, 2)).toEqual([
      full,
      publish5("", "2", { QoS: 1, id: 2, properties: topicAlias(1) }),
    ]);
    broker.send(puback(1));
    reconnect5(broker, connack(true, 0, topicAliasMaximum(5)));
    const again = { QoS: 1, id: 2, duplicate: true, properties: topicAlias(1) };
    expect(broker.received).toEqual([publish5("home/a", "2", again)]);
    broker.send(publish5("", "x", { properties: topicAlias(1) }));
    expect(broker.received.slice(1)).toEqual([parting(0x82)]);
    expect([messages.length, errors]).toEqual([1, []]);
  });
});

describe("Maximum Packet Size", () => {
  test("[MQTT-3.2.2-15] a packet of that size is sent, one byte more is not, whatever its type", () => {
    const { broker, ...under } = connect5({}, maximumPacketSize(24));
    const { client } = under;
    const write = (options: object, payload = data) => client.write(payload, options);
    const refused = (action: () => unknown) => expect(codeThrownBy(action)).toBe(PACKET_TOO_LARGE);
    write({ topic: "t" }, Buffer.alloc(18, "x"));
    refused(() => write({ topic: "t" }, Buffer.alloc(19, "x")));
    refused(() => write({ topic: "t", byteLength: 19 }, Buffer.alloc(1, "x")));
    write({ topic: "t", QoS: 1 }, Buffer.alloc(16, "x"));
    refused(() => write({ topic: "t", QoS: 1 }, Buffer.alloc(17, "x")));
    write({ topic: "t", properties: { contentType: "y".repeat(15) } }, Buffer.alloc(0));
    refused(() => write({ topic: "t", properties: { contentType: "y".repeat(16) } }, Buffer.alloc(0)));
    for (const [operation, most] of [
      [SUBSCRIBE, 16],
      [UNSUBSCRIBE, 17],
    ] as const) {
      write({ operation, items: [{ topic: "f".repeat(most) }] });
      refused(() => write({ operation, items: [{ topic: "f".repeat(most + 1) }] }));
    }
    broker.send();
    expect(broker.received.map((bytes) => bytesOf(bytes).length)).toEqual([24, 24, 24, 24, 24]);
  });

  test("[MQTT-3.2.2-15] a ReliableClient reports subscriptions that are too large, and goes on", () => {
    const { broker, client, errors } = reliable5({}, maximumPacketSize(24));
    client.publish("t", "x");
    broker.send();
    try {
      client.subscribe("f".repeat(30));
    } catch {
      // To be told by a throw is as good.
    }
    client.subscribe("ok");
    client.publish("t", "y");
    broker.send();
    for (const bytes of broker.received) expect(bytesOf(bytes).length).toBeLessThanOrEqual(24);
    expect(broker.received).toContain(publish5("t", "y"));
    expect(broker.received.some((bytes) => bytes.endsWith(join(string("ok"), "00")))).toBe(true);
    expect(errors.filter((code) => code !== PACKET_TOO_LARGE)).toEqual([]);
  });

  test("[MQTT-3.2.2-15] a ReliableClient that subscribed before the server told its limit goes on without that subscription", () => {
    const { broker, client, errors } = reliable5();
    client.subscribe("f".repeat(30));
    for (let count = 0; count < 4; count++) client.subscribe(`filter/${count}`);
    broker.send();
    reconnect5(broker, connack(false, 0, maximumPacketSize(24)));
    for (const bytes of broker.received) expect(bytesOf(bytes).length).toBeLessThanOrEqual(24);
    client.publish("t", "y");
    broker.send();
    expect(broker.received).toContain(publish5("t", "y"));
    // Four filters that do not fit one packet fit several.
    const filters = broker.received.filter((bytes) => bytes.startsWith("82")).join(" ");
    for (let count = 0; count < 4; count++) expect(filters).toContain(utf8(`filter/${count}`));
    expect(errors).toEqual([PACKET_TOO_LARGE]);
  });
});

describe("Receive Maximum", () => {
  test("[MQTT-4.9.0-1] [MQTT-4.9.0-2] [MQTT-3.3.4-7] so many messages wait for an acknowledgement, and not one more", () => {
    for (const most of [1, 2, 5]) {
      const under = connect5({}, receiveMaximum(most));
      for (let count = 0; count < most; count++)
        under.client.write(data, { topic: "a", QoS: 1 + (count % 2) });
      for (const QoS of [1, 2]) expect(refusal(under, { topic: "a", QoS })).toBe(IN_FLIGHT_FULL);
      under.broker.send(puback(1));
      under.client.write(data, { topic: "a", QoS: 2 });
      expect(refusal(under, { topic: "a", QoS: 1 })).toBe(IN_FLIGHT_FULL);
      under.broker.send();
      expect(under.broker.received.length).toBe(most + 1);
    }
  });

  test("[MQTT-4.9.0-1] is 65,535 where the server says nothing, and 0 ends the attempt", () => {
    expect(connect5().client.quota).toBe(65_535);
    expect(connect5({}, receiveMaximum(300)).client.quota).toBe(300);
    const { broker, errors, controls } = connect5({}, receiveMaximum(0));
    expect([errors, controls, broker.isClosed]).toEqual([[PROTOCOL_ERROR], [], true]);
  });

  test("[MQTT-4.9.0-2] quota comes back with PUBACK, PUBCOMP and a PUBREC of failure, not with PUBREC, and never above the maximum", () => {
    const { broker, client } = connect5({}, receiveMaximum(3));
    const left = (...sent: string[]): number => {
      broker.send(...sent);
      return client.quota;
    };
    for (const QoS of [1, 2, 2]) client.write(data, { topic: "a", QoS });
    expect(left()).toBe(0);
    expect(left(pubrec(2), pubrec(2))).toBe(0);
    expect(left(pubcomp(2))).toBe(1);
    expect(left(packet(0x50, "00 03 97"))).toBe(2);
    expect(left(puback(1))).toBe(3);
    expect(left(puback(1), pubcomp(2), puback(9))).toBe(3);
  });

  test("[MQTT-3.3.4-8] [MQTT-4.9.0-3] at quota 0 all other packets go on at once, both ways", () => {
    const { broker, client, messages } = reliable5({}, receiveMaximum(1));
    client.publish("a", "1", { QoS: 2, delivery: 2 });
    client.publish("a", "2", { QoS: 1, delivery: 2 });
    client.subscribe("b", 1);
    client.unsubscribe("b");
    broker.send(publish5("b", "1", { QoS: 1, id: 5 }), publish5("b", "2", { QoS: 2, id: 6 }), pubrel(6));
    broker.send(pubrec(1));
    expect(broker.received.map((bytes) => bytes.slice(0, 2))).toEqual("34 82 a2 40 50 70 62".split(" "));
    expect(messages.length).toBe(2);
    broker.send(pubcomp(1));
    expect(broker.received.at(-1)?.slice(0, 2)).toBe("32");
  });
});
