import { describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { MALFORMED_PACKET, PACKET_TOO_LARGE, PROTOCOL_ERROR } from "../../../device/mqtt/mqtt-error";
import { RECEIVE_MAXIMUM_EXCEEDED, TOPIC_ALIAS_INVALID } from "../../../device/mqtt/version-5/mqtt-error";
import { clock } from "../../support/timer";
import { Bench } from "./bench";

describe("a connection ends with DISCONNECT that says why", () => {
  // Bytes of the broker, code of the error, Reason Code of the DISCONNECT.
  const cases: [string, string, number, number][] = [
    ["[MQTT-3.3.1-4] PUBLISH of QoS 3", "36 06 0001 74 0001 00", MALFORMED_PACKET, 0x81],
    ["[MQTT-3.3.1-2] PUBLISH of QoS 0 with DUP", "38 04 0001 74 00", MALFORMED_PACKET, 0x81],
    ["[MQTT-2.1.3-1] PUBACK with flags", "41 02 0001", MALFORMED_PACKET, 0x81],
    ["[MQTT-3.6.1-1] PUBREL without its flags", "60 02 0001", MALFORMED_PACKET, 0x81],
    ["[MQTT-3.14.1-1] DISCONNECT with flags", "e1 00", MALFORMED_PACKET, 0x81],
    ["[MQTT-3.15.1-1] AUTH with flags", "f1 00", MALFORMED_PACKET, 0x81],
    ["[MQTT-1.5.4-1] a topic that is no UTF-8", "30 04 0001 ff 00", MALFORMED_PACKET, 0x81],
    ["[MQTT-1.5.4-2] a topic with U+0000", "30 04 0001 00 00", MALFORMED_PACKET, 0x81],
    ["[MQTT-3.3.2-2] [MQTT-4.7.0-1] a topic with a wildcard", "30 04 0001 23 00", MALFORMED_PACKET, 0x81],
    ["[MQTT-1.5.5-1] an overlong Remaining Length", "d0 80 00", MALFORMED_PACKET, 0x81],
    [
      "[MQTT-1.5.7-1] a User Property that is no UTF-8",
      "30 0b 0001 74 07 26 0001 61 0001 ff",
      MALFORMED_PACKET,
      0x81,
    ],
    ["[MQTT-3.3.2-14] a Response Topic with a wildcard", "30 08 0001 74 04 08 0001 2b", PROTOCOL_ERROR, 0x82],
    ["[MQTT-3.3.2-8] Topic Alias 0", "30 07 0001 74 03 23 0000", TOPIC_ALIAS_INVALID, 0x94],
    ["[MQTT-3.4.2-1] PUBACK with a code of another packet", "40 03 0001 8e", PROTOCOL_ERROR, 0x82],
    ["[MQTT-3.5.2-1] PUBREC with a code of another packet", "50 03 0001 8e", PROTOCOL_ERROR, 0x82],
    ["[MQTT-3.6.2-1] PUBREL with a code of another packet", "62 03 0001 10", PROTOCOL_ERROR, 0x82],
    ["[MQTT-3.7.2-1] PUBCOMP with a code of another packet", "70 03 0001 10", PROTOCOL_ERROR, 0x82],
    ["[MQTT-3.14.2-1] DISCONNECT with a code of another packet", "e0 01 10", PROTOCOL_ERROR, 0x82],
    ["[MQTT-3.15.2-1] AUTH with a code of another packet", "f0 02 10 00", PROTOCOL_ERROR, 0x82],
    ["a packet for servers", "c0 00", PROTOCOL_ERROR, 0x82],
    ["PUBLISH with neither topic nor alias", "30 03 0000 00", PROTOCOL_ERROR, 0x82],
    ["a property twice", "30 08 0001 74 04 01 00 01 00", PROTOCOL_ERROR, 0x82],
  ];
  test.each(cases)("%s", (_name, bytes, code, reasonCode) => {
    const { connection, codes } = new Bench();
    connection.sendBytes(bytes);
    expect(codes).toEqual([code]);
    expect(connection.log).toEqual(["connect", `disconnect 0x${reasonCode.toString(16)}`]);
    expect(connection.isClosed).toBe(true);
  });

  test("a packet over the announced Maximum Packet Size: 0x95", () => {
    const { connection, codes } = new Bench({ properties: { maximumPacketSize: 40 } });
    connection.publish("t", "x".repeat(40));
    expect(codes).toEqual([PACKET_TOO_LARGE]);
    expect(connection.log.at(-1)).toBe("disconnect 0x95");
  });

  test("[MQTT-3.3.2-11] an alias over the announced maximum: 0x94", () => {
    const { connection, codes } = new Bench({ properties: { topicAliasMaximum: 2 } });
    connection.publish("t", "x", { properties: { topicAlias: 3 } });
    expect(codes).toEqual([TOPIC_ALIAS_INVALID]);
    expect(connection.log.at(-1)).toBe("disconnect 0x94");
  });

  test("[MQTT-3.3.4-9] more messages at a time than announced: 0x93", () => {
    const counts: number[] = [];
    const { connection, codes, broker } = new Bench({
      properties: { receiveMaximum: 2 },
      onReadable(count) {
        counts.push(count);
        this.read();
      },
    });
    broker.unanswered.add("pubrec");
    for (const messageId of [1, 2]) connection.publish("t", "x", { qos: 2, messageId });
    expect(codes).toEqual([]);
    connection.publish("t", "x", { qos: 2, messageId: 3 });
    expect(codes).toEqual([RECEIVE_MAXIMUM_EXCEEDED]);
    expect(connection.log.at(-1)).toBe("disconnect 0x93");
    expect(counts).toEqual([1, 1]);
  });

  test("messages of QoS 0 do not count against it", () => {
    const { connection, messages, errors } = new Bench({ properties: { receiveMaximum: 1 } });
    for (let count = 0; count < 3; count++) connection.publish("t", "x");
    expect([messages.length, errors]).toEqual([3, []]);
  });

  test("nor do those that were refused as too long", () => {
    const { connection, codes } = new Bench({ headerByteLength: 32, properties: { receiveMaximum: 1 } });
    for (let messageId = 1; messageId <= 3; messageId++)
      connection.publish("t".repeat(100), "x", { qos: 2, messageId });
    expect(codes).toEqual([PACKET_TOO_LARGE, PACKET_TOO_LARGE, PACKET_TOO_LARGE]);
    expect(connection.log.slice(1)).toEqual(["pubrec 1 0x97", "pubrec 2 0x97", "pubrec 3 0x97"]);
  });

  test("nor those that the application refuses, but those that wait while it sends something else do", () => {
    const bench = new Bench({ properties: { receiveMaximum: 1 } });
    const { connection, codes } = bench;
    bench.broker.unanswered.add("pubrec");
    connection.publish("t", "x", { qos: 2, messageId: 1 });
    bench.control({ operation: MQTTClient.PUBREC, id: 1, reasonCode: 0x80 });
    connection.publish("t", "x", { qos: 2, messageId: 2 });
    expect(codes).toEqual([]);
    connection.send({ cmd: "pubrec", messageId: 9, reasonCode: 0 });
    expect(connection.log.at(-1)).toBe("pubrel 9 0x92");
    connection.publish("t", "x", { qos: 2, messageId: 3 });
    expect(codes).toEqual([RECEIVE_MAXIMUM_EXCEEDED]);
  });

  test("as many as announced, one after the other, for as long as one likes", () => {
    const { connection, messages, errors } = new Bench({ properties: { receiveMaximum: 1 } });
    for (let messageId = 1; messageId < 20; messageId += 1)
      connection.publish("t", "x", { qos: messageId % 2 === 0 ? 1 : 2, messageId });
    expect([messages.length, errors.length]).toEqual([19, 0]);
  });

  test("and with FIN, not RST, however much of what the broker has sent is unread: so the packet arrives", () => {
    const { connection } = new Bench();
    connection.sendBytes(`c0 00 ${"00".repeat(1000)}`);
    expect(connection.log).toEqual(["connect", "disconnect 0x82"]);
    expect([connection.peer.finished, connection.peer.wasReset]).toEqual([true, false]);
  });

  test("when the broker has closed already, what it sent last is an error all the same", () => {
    const { connection, codes, client } = new Bench({ onReadable: () => {} });
    connection.peer.send(Buffer.from("30040001740078c000".replace("3004", "3005"), "hex"));
    connection.peer.finish();
    clock.advance(10);
    client.read(1);
    clock.advance(10);
    expect(codes).toEqual([PROTOCOL_ERROR]);
  });

  test("in the middle of a message of its own the client just closes", () => {
    const { connection, client, codes } = new Bench();
    client.write(Uint8Array.of(1), { topic: "t", byteLength: 5 });
    clock.advance(10);
    const { length } = connection.peer.bytes;
    connection.sendBytes("c0 00");
    expect(codes).toEqual([PROTOCOL_ERROR]);
    expect(connection.isClosed).toBe(true);
    // A DISCONNECT would be taken for a part of the message.
    expect(connection.peer.bytes.length).toBe(length);
  });
});
