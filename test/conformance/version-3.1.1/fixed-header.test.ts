import { afterEach, describe, expect, test } from "vitest";
import { DISCONNECT, PINGREQ, SUBSCRIBE, UNSUBSCRIBE } from "../../../device/mqtt/control-packet";
import { INVALID_OPTION, INVALID_QOS, MALFORMED_PACKET } from "../../../device/mqtt/mqtt-error";
import { hexOf, number, packet, publish, pubrec, pubrel, string } from "../bytes";
import { closeAll, codeThrownBy, connectClient, connectReliable, RawBroker } from "../raw-broker";

afterEach(closeAll);

/** Bodies with which the packets that a server sends are right, by their first byte. */
const FROM_SERVER: readonly (readonly [number, string])[] = [
  [0x40, "00 01"], // PUBACK
  [0x50, "00 01"], // PUBREC
  [0x62, "00 01"], // PUBREL
  [0x70, "00 01"], // PUBCOMP
  [0x90, "00 01 00"], // SUBACK
  [0xb0, "00 01"], // UNSUBACK
  [0xd0, ""], // PINGRESP
];

function firstBytes(broker: RawBroker): string[] {
  return broker.packets.map((bytes) => bytes.slice(0, 2));
}

describe("fixed header", () => {
  test("[MQTT-2.2.2-1] every packet that a client sends has the flags that table 2.2 prescribes", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    const items = [{ topic: "a" }];
    client.write(null, { operation: SUBSCRIBE, items });
    client.write(null, { operation: UNSUBSCRIBE, items });
    client.write(Buffer.from("x"), { topic: "a", QoS: 2, id: 9 });
    client.write(null, { operation: PINGREQ });
    broker.send(publish("a", "x", { QoS: 1, id: 1 }), publish("a", "x", { QoS: 2, id: 2 }));
    broker.send(pubrel(2), pubrec(9));
    client.write(null, { operation: DISCONNECT });
    broker.send();
    expect(firstBytes(broker)).toEqual("10 82 a2 34 c0 40 50 70 62 e0".split(" "));
  });

  test.each(FROM_SERVER)(
    "[MQTT-2.2.2-2] a packet with the first byte %d is taken, with any other flags it closes the connection",
    (right, body) => {
      for (let flags = 0; flags < 16; flags++) {
        const broker = new RawBroker();
        const { errors } = connectClient(broker);
        const first = (right & 0xf0) | flags;
        broker.send(packet(first, body));
        expect(broker.isClosed).toBe(first !== right);
        expect(errors).toEqual(first === right ? [] : [MALFORMED_PACKET]);
      }
    },
  );

  test("[MQTT-2.2.2-2] a CONNACK with any flag set closes the connection", () => {
    for (let flags = 0; flags < 16; flags++) {
      const broker = new RawBroker();
      broker.connack = packet(0x20 | flags, "00 00");
      const { errors, controls } = connectClient(broker);
      expect(broker.isClosed).toBe(flags > 0);
      expect(errors).toEqual(flags > 0 ? [MALFORMED_PACKET] : []);
      expect(controls).toEqual(flags > 0 ? [] : [2]);
    }
  });

  test("[MQTT-3.6.1-1] PUBREL is sent with the flags 0010; received with others it gets no PUBCOMP but the end", () => {
    for (let flags = 0; flags < 16; flags++) {
      const broker = new RawBroker();
      connectClient(broker);
      broker.send(publish("a", "x", { QoS: 2, id: 5 }), pubrec(7));
      broker.send(packet(0x60 | flags, number(5)));
      const answers = ["50 02 00 05", "62 02 00 07"];
      expect(broker.received).toEqual(flags === 2 ? [...answers, "70 02 00 05"] : answers);
      expect(broker.isClosed).toBe(flags !== 2);
    }
  });

  test("[MQTT-3.8.1-1] SUBSCRIBE is sent with the flags 0010", () => {
    const broker = new RawBroker();
    const { client } = connectReliable(broker);
    client.subscribe("a/#", 1);
    broker.send();
    expect(broker.received).toEqual(["82 08 00 01 00 03 61 2f 23 01"]);
  });

  test("[MQTT-3.10.1-1] UNSUBSCRIBE is sent with the flags 0010", () => {
    const broker = new RawBroker();
    const { client } = connectReliable(broker);
    client.subscribe("a/#");
    broker.send("90 03 00 01 00");
    client.unsubscribe("a/#");
    broker.send();
    expect(broker.received.slice(1)).toEqual(["a2 07 00 02 00 03 61 2f 23"]);
  });
});

describe("PUBLISH flags", () => {
  test("[MQTT-3.3.1-2] at QoS 0 DUP is 0, even when the application asks for it", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    client.write(Buffer.from("x"), { topic: "a", duplicate: true, retain: true });
    client.write(Buffer.from("x"), { topic: "a", QoS: 0 });
    broker.send();
    expect(broker.received).toEqual([publish("a", "x", { retain: true }), publish("a", "x")]);
  });

  test("[MQTT-3.3.1-2] a PUBLISH with DUP at QoS 0 closes the connection", () => {
    const broker = new RawBroker();
    const { errors, messages } = connectClient(broker);
    broker.send(packet(0x38, string("a"), "78"));
    expect([errors, messages, broker.isClosed]).toEqual([[MALFORMED_PACKET], [], true]);
  });

  test("[MQTT-3.3.1-4] QoS 3 is sent in no packet: neither PUBLISH nor SUBSCRIBE nor a will", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    const QoS = 3;
    expect(codeThrownBy(() => client.write(Buffer.from("x"), { topic: "a", QoS }))).toBe(INVALID_QOS);
    const items = [{ topic: "a", QoS }];
    expect(codeThrownBy(() => client.write(null, { operation: SUBSCRIBE, items }))).toBe(INVALID_QOS);
    broker.send();
    expect(broker.received).toEqual([]);
    const { client: reliable } = connectReliable(broker);
    expect(codeThrownBy(() => reliable.publish("a", "x", { QoS: QoS as 2 }))).toBe(INVALID_QOS);
    for (const allowed of [0, 1, 2]) client.write(Buffer.from("x"), { topic: "a", QoS: allowed });
  });

  test.each([0x36, 0x37, 0x3e, 0x3f])(
    "[MQTT-3.3.1-4] a PUBLISH with the first byte %d, which has QoS 3, closes the connection",
    (first) => {
      const broker = new RawBroker();
      const { errors, messages } = connectClient(broker);
      broker.send(packet(first, string("a"), number(1), "78"));
      expect([errors, messages, broker.isClosed]).toEqual([[MALFORMED_PACKET], [], true]);
      expect(broker.received).toEqual([]);
    },
  );
});

describe("SUBSCRIBE and UNSUBSCRIBE", () => {
  test("[MQTT-3.8.3-3] SUBSCRIBE has one or more pairs of Topic Filter and QoS; without any it is not sent", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    const none = [[], undefined] as const;
    for (const items of none)
      expect(codeThrownBy(() => client.write(null, { operation: SUBSCRIBE, items: items as [] }))).toBe(
        INVALID_OPTION,
      );
    client.write(null, { operation: SUBSCRIBE, items: [{ topic: "a" }] });
    client.write(null, { operation: SUBSCRIBE, items: [{ topic: "a" }, { topic: "b", QoS: 2 }] });
    broker.send();
    expect(broker.received).toEqual(["82 06 00 01 00 01 61 00", "82 0a 00 02 00 01 61 00 00 01 62 02"]);
  });

  test("[MQTT-3.8.3-4] the byte of the requested QoS is 0, 1 or 2, and its six upper bits are zero", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    for (const QoS of [0, 1, 2]) client.write(null, { operation: SUBSCRIBE, items: [{ topic: "a", QoS }] });
    for (const QoS of [3, 4, 0x80, 0x81, -1, 1.5]) {
      const items = [{ topic: "a", QoS }];
      expect(codeThrownBy(() => client.write(null, { operation: SUBSCRIBE, items }))).toBe(INVALID_QOS);
    }
    broker.send();
    expect(broker.received.map((bytes) => bytes.slice(-2))).toEqual(["00", "01", "02"]);
  });

  test("[MQTT-3.10.3-2] UNSUBSCRIBE has one or more Topic Filters; without any it is not sent", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    expect(codeThrownBy(() => client.write(null, { operation: UNSUBSCRIBE, items: [] }))).toBe(
      INVALID_OPTION,
    );
    expect(codeThrownBy(() => client.write(null, { operation: UNSUBSCRIBE }))).toBe(INVALID_OPTION);
    client.write(null, { operation: UNSUBSCRIBE, items: [{ topic: "a" }, { topic: "b" }] });
    broker.send();
    expect(broker.received).toEqual([`a2 08 ${hexOf(Uint8Array.of(0, 1))} 00 01 61 00 01 62`]);
  });
});
