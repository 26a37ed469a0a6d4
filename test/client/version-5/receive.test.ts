import { describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { PACKET_TOO_LARGE } from "../../../device/mqtt/mqtt-error";
import { Session } from "../../../device/mqtt/session";
import {
  CONTENT_TYPE,
  CORRELATION_DATA,
  MESSAGE_EXPIRY_INTERVAL,
  PAYLOAD_FORMAT_INDICATOR,
  RESPONSE_TOPIC,
  SUBSCRIPTION_IDENTIFIER,
  USER_PROPERTY,
} from "../../../device/mqtt/version-5/property";
import { clock } from "../../support/timer";
import { Bench } from "./bench";

describe("a message", () => {
  test("comes with all its properties", () => {
    const { connection, messages } = new Bench();
    connection.publish("home/temp", "21.5", {
      properties: {
        payloadFormatIndicator: true,
        messageExpiryInterval: 5,
        contentType: "text/plain",
        responseTopic: "answers",
        correlationData: Buffer.from("42"),
        subscriptionIdentifier: 7,
        userProperties: { unit: ["°C", "K"] },
      },
    });
    expect(messages).toMatchObject([{ topic: "home/temp", payload: "21.5" }]);
    expect(messages[0]?.properties).toEqual({
      [PAYLOAD_FORMAT_INDICATOR]: 1,
      [MESSAGE_EXPIRY_INTERVAL]: 5,
      [CONTENT_TYPE]: "text/plain",
      [RESPONSE_TOPIC]: "answers",
      [CORRELATION_DATA]: new Uint8Array([0x34, 0x32]),
      [SUBSCRIPTION_IDENTIFIER]: 7,
      [USER_PROPERTY]: ["unit=°C", "unit=K"],
    });
  });

  test("without properties has none of the message before", () => {
    const { connection, messages } = new Bench();
    connection.publish("t", "1", { properties: { contentType: "a" } });
    connection.publish("t", "2");
    expect(messages[1]?.properties).toEqual({});
  });

  test("[MQTT-3.3.2-10] may have any alias from 1 to the announced maximum", () => {
    const { connection, messages, errors } = new Bench({ properties: { topicAliasMaximum: 3 } });
    for (const topicAlias of [1, 2, 3]) {
      connection.publish(`home/${topicAlias}`, "full", { properties: { topicAlias } });
      connection.publish("", "alias", { properties: { topicAlias } });
    }
    expect(messages.map(({ topic, payload }) => `${topic} ${payload}`)).toEqual([
      "home/1 full",
      "home/1 alias",
      "home/2 full",
      "home/2 alias",
      "home/3 full",
      "home/3 alias",
    ]);
    expect(errors).toEqual([]);
  });

  test("[MQTT-1.5.4-3] keeps a BOM in its topic", () => {
    const { connection, messages } = new Bench();
    connection.publish("\ufeffa", "x");
    expect(messages[0]?.topic).toBe("\ufeffa");
  });
});

describe("QoS", () => {
  test("[MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-4.3.3-8] QoS 0 is not answered, QoS 1 with PUBACK, QoS 2 with PUBREC of its identifier", () => {
    const { connection, broker } = new Bench();
    broker.unanswered.add("pubrec");
    connection.publish("t", "0");
    connection.publish("t", "1", { qos: 1, messageId: 11 });
    connection.publish("t", "2", { qos: 2, messageId: 12 });
    expect(connection.log.slice(1)).toEqual(["puback 11", "pubrec 12"]);
  });

  test("[MQTT-4.5.0-2] [MQTT-4.6.0-2] [MQTT-4.6.0-3] all are acknowledged in their order, also when the application takes none", () => {
    const { connection, broker, client } = new Bench({ onReadable: undefined as never });
    broker.unanswered.add("pubrec");
    for (const messageId of [5, 3, 9]) connection.publish("t", "x", { qos: 1, messageId });
    for (const messageId of [6, 2]) connection.publish("t", "x", { qos: 2, messageId });
    expect(connection.log.slice(1)).toEqual(["puback 5", "puback 3", "puback 9", "pubrec 6", "pubrec 2"]);
    expect(client.ended).toBe(false);
  });

  test("QoS 1 is acknowledged only when the application has the payload", () => {
    const { connection, client } = new Bench({ onReadable: () => {} });
    connection.publish("t", "x", { qos: 1, messageId: 1 });
    expect(connection.all("puback")).toEqual([]);
    const bytes = client.read(1);
    clock.advance(5);
    expect([bytes.byteLength, connection.all("puback").length]).toEqual([1, 1]);
  });

  test("[MQTT-4.3.2-5] the identifier of a QoS 1 message that was acknowledged is that of a new one", () => {
    const { connection, messages } = new Bench();
    connection.publish("t", "1", { qos: 1, messageId: 1 });
    connection.publish("t", "2", { qos: 1, messageId: 1 });
    expect(messages.map(({ payload }) => payload)).toEqual(["1", "2"]);
  });

  test("[MQTT-4.3.3-10] [MQTT-4.3.3-11] [MQTT-4.3.3-12] QoS 2 arrives once, PUBREL gets PUBCOMP, and then the identifier is new", () => {
    const { connection, messages, broker } = new Bench();
    broker.unanswered.add("pubrec");
    connection.publish("t", "1", { qos: 2, messageId: 4 });
    connection.publish("t", "1", { qos: 2, messageId: 4, dup: true });
    connection.send({ cmd: "pubrel", messageId: 4, reasonCode: 0 });
    connection.publish("t", "2", { qos: 2, messageId: 4 });
    expect(connection.log.slice(1)).toEqual(["pubrec 4", "pubrec 4", "pubcomp 4", "pubrec 4"]);
    expect(messages.map(({ payload }) => payload)).toEqual(["1", "2"]);
  });

  test("[MQTT-4.3.3-13] the exchange goes on although the message has expired meanwhile", () => {
    const { connection, messages, broker } = new Bench();
    broker.unanswered.add("pubrec");
    connection.publish("t", "1", { qos: 2, messageId: 4, properties: { messageExpiryInterval: 1 } });
    clock.advance(5000);
    connection.send({ cmd: "pubrel", messageId: 4, reasonCode: 0 });
    expect(connection.log.slice(1)).toEqual(["pubrec 4", "pubcomp 4"]);
    expect(messages.length).toBe(1);
  });

  test("a PUBREL of an unknown identifier is answered with 0x92", () => {
    const { connection } = new Bench();
    connection.send({ cmd: "pubrel", messageId: 8, reasonCode: 0 });
    expect(connection.log.at(-1)).toBe("pubcomp 8 0x92");
  });

  test("[MQTT-4.3.3-9] a message too long to keep is refused with 0x97, and its identifier is free again", () => {
    const session = new Session();
    const { connection, errors, messages } = new Bench({ headerByteLength: 32, session });
    const topic = "t".repeat(100);
    connection.publish(topic, "x", { qos: 1, messageId: 1 });
    connection.publish(topic, "x", { qos: 2, messageId: 2 });
    expect(connection.log.slice(1)).toEqual(["puback 1 0x97", "pubrec 2 0x97"]);
    expect(errors.map(({ code }) => code)).toEqual([PACKET_TOO_LARGE, PACKET_TOO_LARGE]);
    expect(session.isReceived(2)).toBe(false);
    connection.publish("u", "y", { qos: 2, messageId: 2 });
    expect(messages.map(({ payload }) => payload)).toEqual(["y"]);
  });

  test("an acknowledgement with a Reason Code waits as others do until the socket takes it", () => {
    const { connection, client } = new Bench({ headerByteLength: 32 });
    client.write(Uint8Array.of(1), { topic: "t", byteLength: 2 });
    connection.publish("t".repeat(100), "x", { qos: 1, messageId: 1 });
    connection.send({ cmd: "pubrel", messageId: 300, reasonCode: 0 });
    client.write(Uint8Array.of(2));
    clock.advance(5);
    expect(connection.log.slice(2)).toEqual(["puback 1 0x97", "pubcomp 300 0x92"]);
  });

  test("[MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3] acknowledgements of the application have a code and properties, these only as far as the broker takes them", () => {
    const bench = new Bench({}, (broker) => {
      broker.connack = { properties: { maximumPacketSize: 20 } };
      broker.unanswered.add("pubrec").add("pubrel");
    });
    const { PUBACK, PUBREC, PUBREL, PUBCOMP } = MQTTClient;
    for (const operation of [PUBACK, PUBREC, PUBREL, PUBCOMP])
      for (const reasonString of ["short", "far too long for a broker like this"])
        bench.control({
          operation,
          id: 5,
          reasonCode: operation === PUBREL || operation === PUBCOMP ? 0x92 : 0x97,
          properties: { reasonString, userProperties: [["name", "a value"]] },
        });
    const sent = bench.connection.packets.slice(1) as {
      cmd: string;
      reasonCode: number;
      properties?: object;
    }[];
    expect(sent.map(({ cmd, reasonCode }) => `${cmd} ${reasonCode}`)).toEqual(
      ["puback 151", "pubrec 151", "pubrel 146", "pubcomp 146"].flatMap((line) => [line, line]),
    );
    for (const [index, { properties = {} }] of sent.entries())
      expect(properties).toEqual(index % 2 === 0 ? { reasonString: "short" } : {});
  });

  test("acknowledgements of the application begin no exchange, but its PUBREL does", () => {
    const session = new Session();
    const bench = new Bench({ session }, (broker) => {
      broker.connack = { properties: { receiveMaximum: 5 } };
      broker.unanswered.add("pubrec").add("pubrel");
    });
    const { PUBACK, PUBREC, PUBREL, PUBCOMP } = MQTTClient;
    for (const operation of [PUBACK, PUBREC, PUBCOMP]) bench.control({ operation, id: 5 });
    expect([session.inFlight, bench.client.quota]).toEqual([0, 5]);
    bench.control({ operation: PUBREL, id: 5 });
    expect([session.inFlight, bench.client.quota]).toEqual([1, 4]);
  });

  test("acknowledgements of the application have no code of another packet", () => {
    const { client } = new Bench();
    expect(() =>
      client.write(undefined, { operation: MQTTClient.PUBREL, id: 1, reasonCode: 0x10 }),
    ).toThrow();
    expect(() => client.write(undefined, { operation: MQTTClient.PUBACK, reasonCode: 0x80 })).toThrow();
  });
});
