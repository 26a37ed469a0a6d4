import { describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import {
  BUFFER_FULL,
  IN_FLIGHT_FULL,
  INVALID_OPTION,
  INVALID_QOS,
  INVALID_STRING,
  INVALID_TOPIC,
  PACKET_TOO_LARGE,
} from "../../../device/mqtt/mqtt-error";
import { Session } from "../../../device/mqtt/session";
import { NOT_SUPPORTED } from "../../../device/mqtt/version-5/mqtt-error";
import { REASON_STRING } from "../../../device/mqtt/version-5/property";
import { encodeProperties } from "../../../device/mqtt/version-5/property-writer";
import { clock } from "../../support/timer";
import { Bench, codeThrownBy } from "./bench";
import type { Version5Broker } from "./broker";

function allowing(properties: object): (broker: Version5Broker) => void {
  return (broker) => {
    broker.connack = { properties };
  };
}

describe("PUBLISH", () => {
  test("carries every property given, as values or encoded", () => {
    const bench = new Bench();
    const properties = {
      payloadFormatIndicator: 1,
      messageExpiryInterval: 60,
      contentType: "text/plain",
      responseTopic: "answers",
      correlationData: "42",
      userProperties: [["unit", "°C"]],
    } as const;
    bench.publish("home/temp", "21.5", { properties });
    bench.publish("home/temp", "21.5", { properties: encodeProperties(3, properties) });
    for (const packet of bench.connection.all("publish"))
      expect(packet.properties).toMatchObject({
        payloadFormatIndicator: true,
        messageExpiryInterval: 60,
        contentType: "text/plain",
        responseTopic: "answers",
        correlationData: Buffer.from("42"),
        userProperties: { unit: "°C" },
      });
  });

  test("[MQTT-2.2.1-2] [MQTT-3.3.1-2] [MQTT-4.3.1-1] at QoS 0 has no identifier and DUP 0, even when asked for", () => {
    const bench = new Bench();
    bench.publish("t", "x", { duplicate: true });
    expect(bench.connection.last("publish")).toMatchObject({ qos: 0, dup: false });
    expect(bench.connection.last("publish").messageId).toBeUndefined();
  });

  test("[MQTT-2.2.1-3] [MQTT-4.3.2-1] [MQTT-4.3.3-1] at QoS 1 and 2 takes a free identifier that is not 0, with DUP 0", () => {
    const bench = new Bench({}, (broker) => void broker.unanswered.add("publish"));
    bench.publish("t", "x", { QoS: 1 });
    bench.publish("t", "x", { QoS: 2 });
    expect(bench.connection.all("publish").map(({ messageId, dup }) => [messageId, dup])).toEqual([
      [1, false],
      [2, false],
    ]);
  });

  test("[MQTT-4.3.2-2] [MQTT-4.3.3-2] [MQTT-3.3.1-1] DUP is 0 the first time, and 1 when the application sends it again", () => {
    const bench = new Bench({}, (broker) => void broker.unanswered.add("publish"));
    bench.publish("t", "x", { QoS: 1, id: 5 });
    bench.publish("t", "x", { QoS: 1, id: 5, duplicate: true });
    expect(bench.connection.log.slice(1)).toEqual(["publish 5 t x", "publish 5 dup t x"]);
  });

  test("[MQTT-2.2.2-1] without properties their length is 0", () => {
    const bench = new Bench();
    bench.publish("t", "x");
    expect([...(bench.connection.peer.writes.at(-1) ?? [])]).toEqual([0x30, 5, 0, 1, 0x74, 0, 0x78]);
  });

  test("[MQTT-3.3.4-6] cannot carry a Subscription Identifier", () => {
    const { client } = new Bench();
    const properties = { subscriptionIdentifier: 1 };
    expect(codeThrownBy(() => client.write(Uint8Array.of(1), { topic: "t", properties }))).toBe(
      INVALID_OPTION,
    );
  });

  test("[MQTT-3.3.1-4] [MQTT-3.3.2-1] [MQTT-3.3.2-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2] what is no QoS or no topic is a usage error", () => {
    const { client } = new Bench();
    const write = (options: object): number => codeThrownBy(() => client.write(Uint8Array.of(1), options));
    expect(write({ topic: "t", QoS: 3 })).toBe(INVALID_QOS);
    for (const topic of ["", "a/#", "+", "a\0b", "a\ud800"]) expect(write({ topic })).toBe(INVALID_TOPIC);
  });

  test("[MQTT-4.7.3-3] a topic may have 65,535 bytes and not more", () => {
    const bench = new Bench();
    const write = (length: number) => (): unknown =>
      bench.client.write(Uint8Array.of(1), { topic: "t".repeat(length) });
    expect(codeThrownBy(write(65_536))).toBe(INVALID_TOPIC);
    // It only does not fit this socket.
    expect(codeThrownBy(write(65_535))).not.toBe(INVALID_TOPIC);
  });

  test("[MQTT-3.3.2-13] [MQTT-3.3.2-14] [MQTT-3.3.2-19] Response Topic and Content Type are UTF-8, and the topic has no wildcards", () => {
    const bench = new Bench();
    const write = (properties: object): number =>
      codeThrownBy(() => bench.client.write(Uint8Array.of(1), { topic: "t", properties }));
    expect(write({ responseTopic: "answers/#" })).toBe(INVALID_TOPIC);
    expect(write({ responseTopic: "a\ud800" })).toBe(INVALID_TOPIC);
    expect(write({ contentType: "a\ud800" })).toBe(INVALID_STRING);
    bench.publish("t", "x", { properties: { responseTopic: "grüße", contentType: "Größe" } });
    expect(bench.connection.last("publish").properties).toMatchObject({
      responseTopic: "grüße",
      contentType: "Größe",
    });
  });

  test("goes out in fragments with its properties", () => {
    const { client, connection } = new Bench();
    client.write(Uint8Array.of(0x61), { topic: "t", byteLength: 2, properties: { contentType: "a" } });
    client.write(Uint8Array.of(0x62));
    clock.advance(5);
    expect(connection.last("publish")).toMatchObject({
      payload: Buffer.from("ab"),
      properties: { contentType: "a" },
    });
  });

  test("needs no more room in the socket than it has bytes", () => {
    const bench = new Bench();
    bench.connection.peer.acknowledging = false;
    const topic = "home/temp";
    // What the client keeps for its own packets is in the socket too.
    const free = bench.client.write(Uint8Array.of(1), { topic }) + 8;
    const payload = free - 4 - topic.length - 2;
    expect(codeThrownBy(() => bench.client.write(new Uint8Array(payload + 1), { topic }))).toBe(BUFFER_FULL);
    expect(bench.client.write(new Uint8Array(payload), { topic })).toBe(0);
    clock.advance(5);
    expect(bench.connection.last("publish").payload.length).toBe(payload);
  });

  test("nothing else may be written between fragments", () => {
    const { client } = new Bench();
    client.write(Uint8Array.of(0x61), { topic: "t", byteLength: 2 });
    expect(() => client.write(undefined, { operation: MQTTClient.DISCONNECT, reasonCode: 4 })).toThrow();
    expect(() => client.write(undefined, { operation: MQTTClient.PUBACK, id: 1 })).toThrow();
  });
});

describe("limits that the broker tells", () => {
  test("[MQTT-3.2.2-11] [MQTT-3.2.2-14] Maximum QoS and Retain Available: such messages are refused here", () => {
    const bench = new Bench({}, allowing({ maximumQoS: 1, retainAvailable: false }));
    const write = (options: object): number =>
      codeThrownBy(() => bench.client.write(Uint8Array.of(1), { topic: "t", ...options }));
    expect(write({ QoS: 2 })).toBe(NOT_SUPPORTED);
    expect(write({ retain: true })).toBe(NOT_SUPPORTED);
    bench.publish("t", "x", { QoS: 1 });
    expect(bench.connection.all("publish").length).toBe(1);
  });

  test("[MQTT-3.2.2-15] Maximum Packet Size: nothing longer is sent, one of exactly that size is", () => {
    const bench = new Bench({}, allowing({ maximumPacketSize: 20 }));
    // Two bytes of header, three of topic, one of properties.
    expect(codeThrownBy(() => bench.publish("t", "x".repeat(15)))).toBe(PACKET_TOO_LARGE);
    bench.publish("t", "x".repeat(14));
    const items = [{ topic: "home/temperature/1" }];
    for (const operation of [MQTTClient.SUBSCRIBE, MQTTClient.UNSUBSCRIBE])
      expect(codeThrownBy(() => bench.control({ operation, items }))).toBe(PACKET_TOO_LARGE);
    expect(bench.connection.log).toEqual(["connect", `publish t ${"x".repeat(14)}`]);
  });

  test("[MQTT-3.3.4-7] [MQTT-4.9.0-1] [MQTT-4.9.0-2] Receive Maximum: no more QoS 1 and 2 messages than that wait for an acknowledgement", () => {
    const bench = new Bench({}, (broker) => {
      broker.unanswered.add("publish");
      broker.connack = { properties: { receiveMaximum: 2 } };
    });
    const { connection, client } = bench;
    expect(client.quota).toBe(2);
    bench.publish("t", "1", { QoS: 1 });
    bench.publish("t", "2", { QoS: 2 });
    expect(codeThrownBy(() => bench.publish("t", "3", { QoS: 1 }))).toBe(IN_FLIGHT_FULL);
    // QoS 0 does not count.
    bench.publish("t", "0");
    connection.send({ cmd: "puback", messageId: 1, reasonCode: 0 });
    expect(client.quota).toBe(1);
    bench.publish("t", "3", { QoS: 1 });
    expect(connection.all("publish").map(({ payload }) => String(payload))).toEqual(["1", "2", "0", "3"]);
  });

  test("a PUBREC does not give quota back, but a PUBCOMP and a PUBREC of failure do", () => {
    const bench = new Bench({}, (broker) => {
      broker.unanswered.add("publish").add("pubrel");
      broker.connack = { properties: { receiveMaximum: 2 } };
    });
    const { connection, client } = bench;
    bench.publish("t", "1", { QoS: 2 });
    bench.publish("t", "2", { QoS: 2 });
    connection.send({ cmd: "pubrec", messageId: 1, reasonCode: 0 });
    expect(client.quota).toBe(0);
    connection.send({ cmd: "pubcomp", messageId: 1, reasonCode: 0 });
    expect(client.quota).toBe(1);
    connection.send({ cmd: "pubrec", messageId: 2, reasonCode: 0x97 });
    expect(client.quota).toBe(2);
    // What was not waited for gives nothing.
    connection.send({ cmd: "puback", messageId: 9, reasonCode: 0 });
    expect(client.quota).toBe(2);
  });

  test("[MQTT-3.3.4-8] [MQTT-4.9.0-3] other packets do not wait for quota", () => {
    const bench = new Bench({ onReadable: () => {} }, (broker) => {
      broker.unanswered.add("publish");
      broker.connack = { properties: { receiveMaximum: 1 } };
    });
    const { connection } = bench;
    bench.publish("t", "1", { QoS: 1 });
    bench.control({ operation: MQTTClient.SUBSCRIBE, items: [{ topic: "t" }] });
    bench.control({ operation: MQTTClient.UNSUBSCRIBE, items: [{ topic: "t" }] });
    bench.control({ operation: MQTTClient.PINGREQ });
    connection.publish("t", "", { qos: 1, messageId: 4 });
    expect(connection.log.slice(2)).toEqual(["subscribe 2", "unsubscribe 3", "pingreq", "puback 4"]);
  });
});

describe("Topic Aliases", () => {
  const topics = (bench: Bench): [string, number | undefined][] =>
    bench.connection.all("publish").map(({ topic, properties }) => [topic, properties?.topicAlias]);

  test("[MQTT-3.2.2-17] [MQTT-3.3.2-9] the topics last used have one, up to the broker's maximum", () => {
    const bench = new Bench({}, allowing({ topicAliasMaximum: 2 }));
    for (const topic of ["home/a", "home/b", "home/a", "home/c", "home/a", "home/b"])
      bench.publish(topic, "x");
    expect(topics(bench)).toEqual([
      ["home/a", 1],
      ["home/b", 2],
      ["", 1],
      ["home/c", 2],
      ["", 1],
      ["home/b", 2],
    ]);
  });

  test("[MQTT-3.2.2-18] none where the broker has told no maximum", () => {
    const bench = new Bench();
    bench.publish("home/a", "x");
    bench.publish("home/a", "x");
    expect(topics(bench)).toEqual([
      ["home/a", undefined],
      ["home/a", undefined],
    ]);
  });

  test("no more than the application wants", () => {
    const bench = new Bench({ topicAliases: 0 }, allowing({ topicAliasMaximum: 10 }));
    bench.publish("home/a", "x");
    expect(topics(bench)).toEqual([["home/a", undefined]]);
  });

  test("a message that does not go out tells no alias", () => {
    const bench = new Bench({}, (broker) => {
      broker.unanswered.add("publish");
      broker.connack = { properties: { topicAliasMaximum: 2, receiveMaximum: 1 } };
    });
    bench.publish("home/a", "x", { QoS: 1 });
    expect(codeThrownBy(() => bench.publish("home/b", "x", { QoS: 1 }))).toBe(IN_FLIGHT_FULL);
    bench.publish("home/b", "x");
    expect(topics(bench)).toEqual([
      ["home/a", 1],
      ["home/b", 2],
    ]);
  });

  test("a message that an alias would make too long goes without", () => {
    const bench = new Bench({}, allowing({ topicAliasMaximum: 2, maximumPacketSize: 20 }));
    bench.publish("home/a", "x".repeat(9));
    // This one with alias is just as long as the broker takes it.
    bench.publish("home/b", "x".repeat(6));
    expect(topics(bench)).toEqual([
      ["home/a", undefined],
      ["home/b", 1],
    ]);
    // Two bytes of header, two of no topic, four of properties.
    bench.publish("home/b", "x".repeat(12));
    expect(topics(bench).at(-1)).toEqual(["", 1]);
    expect(codeThrownBy(() => bench.publish("home/b", "x".repeat(13)))).toBe(PACKET_TOO_LARGE);
    expect(bench.connection.all("publish").length).toBe(3);
  });

  test("[MQTT-3.3.2-7] they die with the connection, both ways", () => {
    const session = new Session();
    const allow = allowing({ topicAliasMaximum: 2 });
    const options = { session, properties: { topicAliasMaximum: 2 } };
    new Bench(options, allow).publish("home/a", "x");
    const second = new Bench(options, allow);
    second.publish("home/a", "x");
    expect(topics(second)).toEqual([["home/a", 1]]);
    second.connection.publish("", "x", { properties: { topicAlias: 1 } });
    expect(second.connection.log.at(-1)).toBe("disconnect 0x82");
  });
});

describe("acknowledgements of the broker", () => {
  test("come with Reason Code and properties", () => {
    const bench = new Bench({}, (broker) => void broker.unanswered.add("publish"));
    bench.publish("t", "x", { QoS: 1 });
    bench.connection.send({
      cmd: "puback",
      messageId: 1,
      reasonCode: 0x10,
      properties: { reasonString: "nobody listens" },
    });
    expect(bench.controls.at(-1)).toMatchObject({ operation: MQTTClient.PUBACK, id: 1, reasonCode: 0x10 });
    expect(bench.controls.at(-1)?.properties).toMatchObject({ [REASON_STRING]: "nobody listens" });
  });

  test("or as numbers, with the Reason String of a failure", () => {
    const acknowledged: unknown[][] = [];
    const bench = new Bench(
      { onAcknowledge: (...parameters: unknown[]) => void acknowledged.push(parameters) },
      (broker) => void broker.unanswered.add("publish"),
    );
    bench.publish("t", "x", { QoS: 1 });
    bench.publish("t", "x", { QoS: 1 });
    bench.connection.send({ cmd: "puback", messageId: 1, reasonCode: 0 });
    bench.connection.send({
      cmd: "puback",
      messageId: 2,
      reasonCode: 0x97,
      properties: { reasonString: "full" },
    });
    expect(acknowledged).toEqual([
      [4, 1, 0, undefined],
      [4, 2, 0x97, "full"],
    ]);
  });

  test("[MQTT-4.3.2-3] [MQTT-4.4.0-2] [MQTT-4.3.3-3] an exchange ends with PUBACK, and with PUBACK or PUBREC of failure", () => {
    const session = new Session();
    const bench = new Bench({ session }, (broker) => void broker.unanswered.add("publish"));
    for (const QoS of [1, 1, 2]) bench.publish("t", "x", { QoS });
    expect(session.inFlight).toBe(3);
    bench.connection.send({ cmd: "puback", messageId: 1, reasonCode: 0 });
    bench.connection.send({ cmd: "puback", messageId: 2, reasonCode: 0x80 });
    bench.connection.send({ cmd: "pubrec", messageId: 3, reasonCode: 0x97 });
    expect(session.inFlight).toBe(0);
    expect(bench.connection.all("pubrel")).toEqual([]);
  });

  test("[MQTT-2.2.1-5] [MQTT-4.3.3-4] [MQTT-4.3.3-5] PUBREC below 0x80 is answered with PUBREL of the same identifier, which waits for PUBCOMP", () => {
    const session = new Session();
    const bench = new Bench({ session }, (broker) => void broker.unanswered.add("publish").add("pubrel"));
    bench.publish("t", "x", { QoS: 2, id: 9 });
    bench.connection.send({ cmd: "pubrec", messageId: 9, reasonCode: 0x10 });
    expect(bench.connection.log.slice(1)).toEqual(["publish 9 t x", "pubrel 9"]);
    expect(session.isInFlight(9)).toBe(true);
    bench.connection.send({ cmd: "pubcomp", messageId: 9, reasonCode: 0 });
    expect(session.isInFlight(9)).toBe(false);
  });

  test("[MQTT-4.6.0-4] PUBRELs go out in the order of the PUBRECs", () => {
    const bench = new Bench({}, (broker) => void broker.unanswered.add("publish").add("pubrel"));
    for (const id of [1, 2, 3]) bench.publish("t", "x", { QoS: 2, id });
    for (const messageId of [2, 3, 1]) bench.connection.send({ cmd: "pubrec", messageId, reasonCode: 0 });
    expect(bench.connection.all("pubrel").map(({ messageId }) => messageId)).toEqual([2, 3, 1]);
  });

  test("a PUBREL of the application that the session has no room for costs no send quota", () => {
    const bench = new Bench({ session: new Session(1) }, (broker) => {
      broker.unanswered.add("publish");
      broker.connack = { properties: { receiveMaximum: 1 } };
    });
    bench.publish("t", "x", { QoS: 1, id: 1 });
    expect(() => bench.client.write(null, { operation: MQTTClient.PUBREL, id: 9 })).toThrow(
      expect.objectContaining({ code: IN_FLIGHT_FULL }),
    );
    bench.connection.send({ cmd: "puback", messageId: 1, reasonCode: 0 });
    bench.publish("t", "y", { QoS: 1, id: 2 });
    expect(bench.connection.log.slice(1)).toEqual(["publish 1 t x", "publish 2 t y"]);
  });

  test("a PUBREC of an unknown identifier is answered with 0x92", () => {
    const { connection } = new Bench();
    connection.send({ cmd: "pubrec", messageId: 77, reasonCode: 0 });
    expect(connection.log.at(-1)).toBe("pubrel 77 0x92");
  });
});
