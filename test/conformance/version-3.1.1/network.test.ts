import { generate, parser } from "mqtt-packet";
import { afterEach, describe, expect, test } from "vitest";
import {
  CONNECTION_LOST,
  IN_FLIGHT_FULL,
  MALFORMED_PACKET,
  PROTOCOL_ERROR,
} from "../../../device/mqtt/mqtt-error";
import { Session } from "../../../device/mqtt/session";
import { clock } from "../../support/timer";
import { bytesOf, CONNACK_NEW, CONNACK_RESUMED, PINGRESP, packet, puback, publish, pubrel } from "../bytes";
import { closeAll, connectClient, connectReliable, RawBroker, RECONNECT } from "../raw-broker";

afterEach(closeAll);

const data = Buffer.from("x");

/** A socket class of the broker's network in which one method fails. */
function brokenSocket(
  broker: RawBroker,
  method: "read" | "write",
  when: () => boolean,
): Record<string, unknown> {
  const TCP = broker.socket.io as new (
    options: object,
  ) => Record<string, (...parameters: unknown[]) => unknown>;
  class Broken extends TCP {
    [method](...parameters: unknown[]): unknown {
      if (when()) throw new Error("transient");
      return super[method]!(...parameters);
    }
  }
  return { ...broker.socket, io: Broken };
}

describe("protocol violations", () => {
  test.each([
    ["a second CONNACK", CONNACK_NEW, PROTOCOL_ERROR],
    ["a CONNECT", "10 0d 00 04 4d 51 54 54 04 02 00 00 00 01 61", PROTOCOL_ERROR],
    ["a SUBSCRIBE", "82 06 00 01 00 01 61 00", PROTOCOL_ERROR],
    ["an UNSUBSCRIBE", "a2 05 00 01 00 01 61", PROTOCOL_ERROR],
    ["a PINGREQ", "c0 00", PROTOCOL_ERROR],
    ["a DISCONNECT", "e0 00", PROTOCOL_ERROR],
    ["a packet of the reserved type 0", "00 00", MALFORMED_PACKET],
    ["a packet of the reserved type 15", "f0 00", MALFORMED_PACKET],
    ["a Remaining Length of five bytes", "30 80 80 80 80 01", MALFORMED_PACKET],
    ["a PUBACK of three bytes", "40 03 00 01 00", MALFORMED_PACKET],
    ["a PUBACK of one byte", "40 01 00", MALFORMED_PACKET],
    ["a PINGRESP with a body", "d0 01 00", MALFORMED_PACKET],
    ["a SUBACK without a return code", "90 02 00 01", MALFORMED_PACKET],
    ["a SUBACK with return code 3", "90 03 00 01 03", MALFORMED_PACKET],
    ["a topic longer than its packet", "30 05 00 04 61 62 63", MALFORMED_PACKET],
    ["a PUBLISH without room for its Packet Identifier", "32 04 00 02 61 62", MALFORMED_PACKET],
  ])("[MQTT-4.8.0-1] %s closes the connection", (_what, bytes, code) => {
    const broker = new RawBroker();
    const { errors, messages } = connectClient(broker);
    broker.send(bytes, publish("a", "x", { QoS: 1, id: 1 }));
    expect([errors, broker.isClosed, broker.received, messages]).toEqual([[code], true, [], []]);
  });

  test.each([
    ["a PUBLISH", publish("a", "x", { QoS: 1, id: 1 })],
    ["a PINGRESP", PINGRESP],
    ["a SUBACK", "90 03 00 01 00"],
  ])("[MQTT-4.8.0-1] %s instead of CONNACK closes the connection", (_what, bytes) => {
    const broker = new RawBroker();
    broker.connack = bytes;
    const { errors, messages, controls } = connectClient(broker);
    expect([errors, broker.isClosed, messages, controls]).toEqual([[PROTOCOL_ERROR], true, [], []]);
  });

  test("[MQTT-4.8.0-1] packets without fault, though nobody waits for them, do not close it", () => {
    const broker = new RawBroker();
    const { errors } = connectClient(broker);
    broker.send(PINGRESP, puback(7), "90 03 00 07 80", "b0 02 00 07", "70 02 00 07", pubrel(7));
    expect([errors, broker.isClosed]).toEqual([[], false]);
  });
});

describe("transient errors", () => {
  test("[MQTT-4.8.0-2] a QoS 2 message that cannot be remembered closes the connection unacknowledged", () => {
    const broker = new RawBroker();
    const { errors } = connectClient(broker, { session: new Session(2) });
    for (const id of [1, 2, 3]) broker.send(publish("a", "x", { QoS: 2, id }));
    expect(broker.received).toEqual(["50 02 00 01", "50 02 00 02"]);
    expect([errors, broker.isClosed]).toEqual([[IN_FLIGHT_FULL], true]);
  });

  test("[MQTT-4.8.0-2] with room in memory the same messages do not", () => {
    const broker = new RawBroker();
    const { errors } = connectClient(broker, { session: new Session(3) });
    for (const id of [1, 2, 3]) broker.send(publish("a", "x", { QoS: 2, id }));
    expect(broker.received.length).toBe(3);
    expect([errors, broker.isClosed]).toEqual([[], false]);
  });

  test("[MQTT-4.8.0-2] an error while a packet is read closes the connection", () => {
    const broker = new RawBroker();
    let broken = false;
    const { errors } = connectClient(broker, { socket: brokenSocket(broker, "read", () => broken) });
    broker.send(PINGRESP);
    expect(broker.isClosed).toBe(false);
    broken = true;
    broker.send(publish("a", "x", { QoS: 1, id: 1 }));
    expect([errors, broker.isClosed, broker.received]).toEqual([[CONNECTION_LOST], true, []]);
  });

  test("[MQTT-4.8.0-2] an error while an acknowledgement is written closes the connection", () => {
    const broker = new RawBroker();
    let broken = false;
    const { errors } = connectClient(broker, { socket: brokenSocket(broker, "write", () => broken) });
    broken = true;
    broker.send(publish("a", "x", { QoS: 1, id: 1 }));
    expect([errors, broker.isClosed]).toEqual([[CONNECTION_LOST], true]);
  });
});

describe("network connection", () => {
  test("[MQTT-7.1.2-1] all packets of a client go over one stream, in order, without a byte lost or added", () => {
    // A send buffer that is often full.
    const broker = new RawBroker(64);
    const { client, delivered } = connectReliable(broker, { outboxByteLength: 4096 });
    const payloads = Array.from({ length: 40 }, (_, index) => "p".repeat(index));
    for (const payload of payloads) client.publish("a", payload, { QoS: 0, delivery: 2 });
    clock.advance(1000);
    expect(broker.received).toEqual(payloads.map((payload) => publish("a", payload)));
    expect([delivered.length, broker.peers.length]).toEqual([40, 1]);
  });

  test("[MQTT-7.1.2-1] bytes are read as one stream: any segments make the same messages", () => {
    const payloads = ["", "1", "22", "3".repeat(200), "4".repeat(700)];
    const stream = bytesOf(...payloads.map((payload) => publish("a", payload)));
    for (const length of [1, 2, 3, 7, 64, 255, stream.length]) {
      const broker = new RawBroker();
      const { messages } = connectClient(broker);
      for (let start = 0; start < stream.length; start += length)
        broker.peer.send(stream.subarray(start, start + length));
      clock.advance(50);
      expect(messages.map(({ payload }) => payload)).toEqual(payloads);
    }
  });

  test("[MQTT-7.1.2-1] what a broken stream leaves undone is not continued on another", () => {
    const broker = new RawBroker();
    const { client, messages } = connectReliable(broker);
    broker.send("30 06 00 01 61 31");
    broker.connack = CONNACK_RESUMED;
    broker.reset();
    clock.advance(RECONNECT);
    broker.send("32 33", "30 04 00 01 61 34");
    // "23" began a packet on the new stream, which is a violation: it is no end of the message.
    expect(messages).toEqual([]);
    clock.advance(2 * RECONNECT);
    client.publish("a", "x");
    broker.send(publish("a", "5"));
    expect(broker.packets[0]?.startsWith("10")).toBe(true);
    expect(messages.map(({ payload }) => payload)).toEqual(["5"]);
  });

  test("[MQTT-7.0.0-2] a whole conversation is made of packets that another codec reads, and writes alike", () => {
    const broker = new RawBroker();
    const will = { topic: "w", message: "m", QoS: 1, retain: true };
    const { client } = connectReliable(broker, { user: "u", password: "p", will, keepAlive: 2000 });
    client.subscribe("a/+", 2);
    client.publish("a", "1", { retain: true });
    client.publish("a", "2", { QoS: 1 });
    client.publish("a", "3", { QoS: 2 });
    broker.send("90 03 00 01 02", puback(2), "50 02 00 03", "70 02 00 03");
    broker.send(publish("a/b", "4", { QoS: 1, id: 1 }), publish("a/b", "5", { QoS: 2, id: 2 }), pubrel(2));
    client.unsubscribe("a/+");
    clock.advance(3000);
    client.close();
    broker.send();
    const commands: string[] = [];
    const written: Buffer[] = [];
    const decoder = parser({ protocolVersion: 4 });
    decoder.on("packet", (read) => {
      commands.push(read.cmd);
      written.push(generate(read));
    });
    decoder.parse(Buffer.from(broker.peer.bytes));
    expect(commands).toEqual(
      "connect subscribe publish publish publish pubrel puback pubrec pubcomp unsubscribe pingreq disconnect".split(
        " ",
      ),
    );
    expect(Buffer.concat(written)).toEqual(Buffer.from(broker.peer.bytes));
  });

  test("[MQTT-7.0.0-2] CONNECT names the protocol of the standard, and nothing private", () => {
    const broker = new RawBroker();
    connectClient(broker);
    expect(broker.packets).toEqual([packet(0x10, "00 04 4d 51 54 54 04 02 00 00", "00 01 63")]);
  });

  test("[MQTT-7.0.0-2] a server that answers with nothing but what the standard demands suffices", () => {
    const broker = new RawBroker();
    const { client, delivered, messages } = connectReliable(broker);
    client.subscribe("b", 1);
    const token = client.publish("a", data, { QoS: 1 });
    broker.send("90 03 00 01 01", puback(2), publish("b", "y", { QoS: 1, id: 1 }));
    expect([delivered, messages.length, client.waiting]).toEqual([[token], 1, 0]);
  });
});
