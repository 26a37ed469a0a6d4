import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { INVALID_OPTION, INVALID_PACKET_IDENTIFIER, PROTOCOL_ERROR } from "../../../device/mqtt/mqtt-error";
import { Session } from "../../../device/mqtt/session";
import { clock } from "../../support/timer";
import { bytesOf, number, packet, puback, pubcomp, pubrec, pubrel } from "../bytes";
import { closeAll, codeThrownBy } from "../raw-broker";
import {
  byte,
  connack,
  connect5,
  maximumPacketSize,
  parting,
  properties,
  publish5,
  reasonString,
  reconnect5,
  reliable5,
  userProperty,
} from "./bench";

afterEach(closeAll);

const data = Buffer.from("x");
const { PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, UNSUBSCRIBE } = MQTTClient;

describe("Packet Identifiers", () => {
  test("[MQTT-2.2.1-3] [MQTT-4.3.2-1] [MQTT-4.3.3-1] of messages and requests are never 0, and never one in use, beyond 65,535 too", () => {
    const session = new Session();
    const { broker, client } = connect5({ session });
    const items = [{ topic: "a" }];
    client.write(data, { topic: "a", QoS: 1 });
    client.write(data, { topic: "a", QoS: 2 });
    client.write(undefined, { operation: SUBSCRIBE, items });
    client.write(undefined, { operation: UNSUBSCRIBE, items });
    broker.send(puback(1));
    session.last = 65_534;
    client.write(data, { topic: "a", QoS: 1 });
    client.write(data, { topic: "a", QoS: 1 });
    client.write(data, { topic: "a", QoS: 1 });
    broker.send();
    const ids = broker.received.map((bytes) =>
      bytesOf(bytes)
        .slice(bytes.startsWith("3") ? 5 : 2)
        .slice(0, 2),
    );
    expect(ids.map(([high = 0, low = 0]) => high * 256 + low)).toEqual([1, 2, 3, 4, 65_535, 1, 5]);
    for (const id of [2, 3, 4, 5])
      expect(codeThrownBy(() => client.write(data, { topic: "a", QoS: 1, id }))).toBe(
        INVALID_PACKET_IDENTIFIER,
      );
    for (const id of [0, -1, 65_536, 1.5])
      expect(codeThrownBy(() => client.write(undefined, { operation: SUBSCRIBE, id, items }))).toBe(
        INVALID_PACKET_IDENTIFIER,
      );
  });

  test("[MQTT-2.2.1-5] [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT-4.3.3-4] of a PUBLISH are those of all its acknowledgements", () => {
    for (const id of [1, 255, 256, 0x1234, 65_535]) {
      const { broker, client } = connect5();
      broker.send(publish5("a", "x", { QoS: 1, id }), publish5("a", "x", { QoS: 2, id }), pubrel(id));
      client.write(data, { topic: "a", QoS: 2, id });
      broker.send(pubrec(id));
      expect(broker.received).toEqual([
        puback(id),
        pubrec(id),
        pubcomp(id),
        publish5("a", "x", { QoS: 2, id }),
        pubrel(id),
      ]);
    }
  });
});

describe("receiving", () => {
  test("[MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-4.3.3-8] QoS 0 is not answered, QoS 1 with PUBACK, QoS 2 with PUBREC, once the application has it", () => {
    const { broker, client } = connect5({ onReadable: () => {} });
    broker.send(publish5("a", "0"));
    client.read();
    broker.send(publish5("a", "12", { QoS: 1, id: 7 }));
    expect(client.read(1)?.byteLength).toBe(1);
    broker.send();
    expect(broker.received).toEqual([]);
    client.read(1);
    broker.send(publish5("a", "2", { QoS: 2, id: 8 }));
    expect(broker.received).toEqual([puback(7)]);
    client.read(1);
    broker.send();
    expect(broker.received).toEqual([puback(7), pubrec(8)]);
  });

  test("[MQTT-4.3.2-5] QoS 1: after PUBACK the identifier is that of a new message, DUP or not", () => {
    const { broker, messages } = connect5();
    broker.send(publish5("a", "1", { QoS: 1, id: 300 }), publish5("a", "2", { QoS: 1, id: 300 }));
    broker.send(publish5("a", "3", { QoS: 1, id: 300, duplicate: true }));
    expect(broker.received).toEqual([puback(300), puback(300), puback(300)]);
    expect(messages.map(({ payload }) => payload)).toEqual(["1", "2", "3"]);
  });

  test("[MQTT-4.3.3-10] [MQTT-4.3.3-12] QoS 2: delivered once until PUBREL, on this connection and the next, and then anew", () => {
    const { broker, messages } = reliable5();
    const first = { QoS: 2, id: 300 };
    broker.send(publish5("a", "1", first));
    broker.send(publish5("a", "1", { ...first, duplicate: true }));
    expect(broker.received).toEqual([pubrec(300), pubrec(300)]);
    reconnect5(broker);
    broker.send(publish5("a", "1", { ...first, duplicate: true }), pubrel(300));
    expect(broker.received).toEqual([pubrec(300), pubcomp(300)]);
    expect(messages.length).toBe(1);
    broker.send(publish5("a", "2", first), pubrel(300), publish5("a", "3", { ...first, duplicate: true }));
    expect(messages.map(({ payload }) => payload)).toEqual(["1", "2", "3"]);
  });

  test("[MQTT-4.3.3-11] QoS 2: each PUBREL is answered with PUBCOMP, by 0x92 when it is of nothing known", () => {
    const { broker, errors } = connect5();
    broker.send(publish5("a", "1", { QoS: 2, id: 3 }), pubrel(3), pubrel(3), pubrel(4));
    const unknown = (id: number) => packet(0x70, number(id), "92");
    expect(broker.received).toEqual([pubrec(3), pubcomp(3), unknown(3), unknown(4)]);
    expect([errors, broker.isClosed]).toEqual([[], false]);
  });

  test("[MQTT-4.3.3-9] QoS 2: after a PUBREC of failure the identifier is that of a new message", () => {
    const { broker, messages } = connect5({ headerByteLength: 32 });
    broker.send(publish5("t".repeat(100), "1", { QoS: 2, id: 3 }));
    broker.send(publish5("a", "2", { QoS: 2, id: 3, duplicate: true }), pubrel(3));
    expect(broker.received).toEqual([packet(0x50, "00 03 97"), pubrec(3), pubcomp(3)]);
    expect(messages.map(({ payload }) => payload)).toEqual(["2"]);
  });

  test("[MQTT-4.3.3-13] QoS 2: the exchange is completed after the message has expired, and after a new connection too", () => {
    const { broker, messages } = reliable5();
    broker.send(publish5("a", "1", { QoS: 2, id: 3, properties: "02 00 00 00 01" }));
    clock.advance(10_000);
    reconnect5(broker);
    broker.send(
      publish5("a", "1", { QoS: 2, id: 3, duplicate: true, properties: "02 00 00 00 01" }),
      pubrel(3),
    );
    expect(broker.received).toEqual([pubrec(3), pubcomp(3)]);
    expect(messages.length).toBe(1);
  });

  test("[MQTT-4.5.0-2] what the application does not take, or is too large for it, is acknowledged all the same", () => {
    const { broker } = connect5({ onReadable: undefined as never });
    broker.send(publish5("a", "1", { QoS: 1, id: 1 }), publish5("a", "", { QoS: 2, id: 2 }), pubrel(2));
    expect(broker.received).toEqual([puback(1), pubrec(2), pubcomp(2)]);
    const small = reliable5({ messageByteLength: 4 });
    small.broker.send(publish5("a", "12345", { QoS: 1, id: 1 }), publish5("a", "12345", { QoS: 2, id: 2 }));
    expect(small.broker.received.map((bytes) => bytes.slice(0, 11))).toEqual(["40 02 00 01", "50 02 00 02"]);
    expect(small.messages).toEqual([]);
  });

  test("[MQTT-4.6.0-2] [MQTT-4.6.0-3] PUBACKs and PUBRECs are in the order of the messages, also when they had to wait", () => {
    const { broker, client } = connect5();
    client.write(data, { topic: "long", byteLength: 3 });
    for (const [QoS, id] of [
      [1, 9],
      [2, 2],
      [1, 5],
      [2, 7],
      [1, 1],
    ])
      broker.send(publish5("a", "x", { QoS: QoS!, id: id! }));
    expect(broker.received.length).toBe(1);
    client.write(Buffer.from("yz"));
    broker.send();
    expect(broker.received.slice(1)).toEqual([puback(9), pubrec(2), puback(5), pubrec(7), puback(1)]);
  });
});

describe("sending", () => {
  test("[MQTT-4.3.2-2] [MQTT-4.3.3-2] [MQTT-3.3.1-1] DUP is 0 the first time and 1 each further time, but not when the server has lost the session", () => {
    const { broker, client } = reliable5();
    client.publish("a", "1", { QoS: 1, retain: true });
    client.publish("b", "2", { QoS: 2 });
    broker.send();
    const firsts = (): string[] => broker.received.map((bytes) => bytes.slice(0, 2));
    expect(firsts()).toEqual(["33", "34"]);
    for (let count = 0; count < 2; count++) {
      reconnect5(broker);
      broker.send();
      expect(firsts()).toEqual(["3b", "3c"]);
    }
    reconnect5(broker, connack(false));
    broker.send();
    expect(firsts()).toEqual(["33", "34"]);
  });

  test("[MQTT-4.3.2-3] QoS 1: unacknowledged until the PUBACK of its identifier, and nothing else", () => {
    const { broker, client, delivered } = reliable5();
    const token = client.publish("a", "x", { QoS: 1 });
    broker.send(pubcomp(1), puback(2));
    expect([delivered, client.waiting]).toEqual([[], 1]);
    reconnect5(broker);
    broker.send();
    expect(broker.received).toEqual([publish5("a", "x", { QoS: 1, id: 1, duplicate: true })]);
    broker.send(packet(0x40, "00 01 10"));
    expect([delivered, client.waiting]).toEqual([[token], 0]);
    reconnect5(broker);
    broker.send();
    expect(broker.received).toEqual([]);
  });

  test("[MQTT-4.3.3-3] [MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-4.3.3-6] QoS 2: PUBLISH until PUBREC, then PUBREL and never PUBLISH again, until PUBCOMP", () => {
    const { broker, client, delivered } = reliable5();
    client.publish("a", "x", { QoS: 2 });
    broker.send(puback(1), pubcomp(1));
    reconnect5(broker);
    broker.send();
    expect(broker.received).toEqual([publish5("a", "x", { QoS: 2, id: 1, duplicate: true })]);
    broker.send(packet(0x50, "00 01 10"));
    expect(broker.received.slice(1)).toEqual([pubrel(1)]);
    for (let count = 0; count < 2; count++) {
      reconnect5(broker);
      broker.send();
      expect(broker.received).toEqual([pubrel(1)]);
    }
    expect(delivered).toEqual([]);
    broker.send(pubcomp(1));
    expect(delivered).toEqual([1]);
    reconnect5(broker);
    broker.send();
    expect(broker.received).toEqual([]);
  });

  test("[MQTT-4.3.3-7] QoS 2: a message that was sent does not expire, one that was not does", () => {
    const { broker, client, delivered, dropped } = reliable5();
    const expiring = { QoS: 2, properties: { messageExpiryInterval: 5 } } as const;
    client.publish("a", "sent", expiring);
    clock.advance(10_000);
    broker.reset();
    broker.network.cut();
    client.publish("b", "not sent", expiring);
    clock.advance(10_000);
    expect(dropped).toEqual([2]);
    broker.network.restore();
    broker.connack = connack(true);
    clock.advance(120_000);
    expect(broker.received[0]?.startsWith("3c")).toBe(true);
    broker.send(pubrec(1), pubcomp(1));
    expect([delivered, dropped]).toEqual([[1], [2]]);
  });

  test("[MQTT-4.4.0-2] PUBACK and PUBREC from 0x80 on end it: its identifier is free, and it is not sent again", () => {
    for (const code of [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99])
      for (const [QoS, type] of [
        [1, 0x40],
        [2, 0x50],
      ] as const) {
        const { broker, client, dropped } = reliable5();
        client.publish("a", "x", { QoS });
        broker.send(packet(type, "00 01", byte(code)));
        expect([dropped, client.waiting, broker.received.length]).toEqual([[1], 0, 1]);
        reconnect5(broker);
        broker.send();
        expect(broker.received).toEqual([]);
      }
  });

  test("[MQTT-4.6.0-1] [MQTT-4.4.0-1] again, in the order in which they went out first, across QoS and wrapped identifiers", () => {
    const { broker, client } = reliable5();
    for (const [index, QoS] of ([1, 2, 2, 1, 2, 1] as const).entries())
      client.publish(`t/${index}`, "x", { QoS, delivery: 2 });
    broker.send(puback(4), pubrec(5));
    reconnect5(broker);
    broker.send();
    const again = (index: number, QoS: number) =>
      publish5(`t/${index}`, "x", { QoS, id: index + 1, duplicate: true });
    expect(broker.received).toEqual([again(0, 1), again(1, 2), again(2, 2), pubrel(5), again(5, 1)]);
  });

  test("[MQTT-4.6.0-4] PUBRELs are in the order of the PUBRECs, also when they had to wait", () => {
    const { broker, client } = connect5();
    for (const id of [1, 2, 3]) client.write(data, { topic: "a", QoS: 2, id });
    client.write(data, { topic: "long", byteLength: 2 });
    broker.send(pubrec(3), pubrec(1), pubrec(2));
    client.write(data);
    broker.send();
    expect(broker.received.slice(4)).toEqual([pubrel(3), pubrel(1), pubrel(2)]);
  });
});

describe("Reason Codes of acknowledgements", () => {
  // MQTT 5.0 tables 3-4 to 3-7.
  const receipts = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
  const cases = [
    ["[MQTT-3.4.2-1]", "PUBACK", PUBACK, 0x40, receipts],
    ["[MQTT-3.5.2-1]", "PUBREC", PUBREC, 0x50, receipts],
    ["[MQTT-3.6.2-1]", "PUBREL", PUBREL, 0x62, [0x00, 0x92]],
    ["[MQTT-3.7.2-1]", "PUBCOMP", PUBCOMP, 0x70, [0x00, 0x92]],
  ] as const;

  test.each(cases)("%s of %s that are sent are those of its table", (_id, _name, operation, first, codes) => {
    const { broker, client } = connect5();
    for (let reasonCode = 0; reasonCode < 256; reasonCode++) {
      const write = () => client.write(undefined, { operation, id: 5, reasonCode });
      if (codes.includes(reasonCode as 0)) write();
      else expect(codeThrownBy(write)).toBe(INVALID_OPTION);
    }
    broker.send();
    const sent = (code: number) => packet(first, "00 05", code === 0 ? "" : byte(code));
    expect(broker.received).toEqual(codes.map(sent));
  });

  test.each(cases)(
    "%s of %s that are received and not in its table end the connection with 0x82",
    (_id, _name, _operation, first, codes) => {
      for (let code = 0; code < 256; code++) {
        const { broker, errors } = connect5();
        broker.send(packet(first, "00 05", byte(code)));
        const isListed = codes.includes(code as 0);
        expect([errors, broker.isClosed]).toEqual(isListed ? [[], false] : [[PROTOCOL_ERROR], true]);
        if (!isListed) expect(broker.received).toEqual([parting(0x82)]);
      }
    },
  );
});

describe("Reason String and User Properties of acknowledgements", () => {
  test.each([
    ["[MQTT-3.4.2-2] [MQTT-3.4.2-3]", "PUBACK", PUBACK, 0x40, 0x97],
    ["[MQTT-3.5.2-2] [MQTT-3.5.2-3]", "PUBREC", PUBREC, 0x50, 0x97],
    ["[MQTT-3.6.2-2] [MQTT-3.6.2-3]", "PUBREL", PUBREL, 0x62, 0x92],
    ["[MQTT-3.7.2-2] [MQTT-3.7.2-3]", "PUBCOMP", PUBCOMP, 0x70, 0x92],
  ] as const)(
    "%s of %s are sent as far as the server's Maximum Packet Size lets them",
    (_id, _name, operation, first, reasonCode) => {
      const text = reasonString("why");
      const pair = userProperty("b");
      const whole = packet(first, "00 05", byte(reasonCode), properties(text, pair));
      const shorter = packet(first, "00 05", byte(reasonCode), properties(text));
      const least = packet(first, "00 05", byte(reasonCode));
      const sentAt = (size: number): string[] => {
        const { broker, client } = connect5({}, maximumPacketSize(size));
        const given = { reasonString: "why", userProperties: [["a", "b"]] } as const;
        client.write(undefined, { operation, id: 5, reasonCode, properties: given });
        broker.send();
        return broker.received;
      };
      const length = (bytes: string): number => bytesOf(bytes).length;
      expect(sentAt(length(whole))).toEqual([whole]);
      expect(sentAt(length(whole) - 1)).toEqual([shorter]);
      expect(sentAt(length(shorter))).toEqual([shorter]);
      expect(sentAt(length(shorter) - 1)).toEqual([least]);
      expect(sentAt(length(least))).toEqual([least]);
    },
  );

  test("[MQTT-3.2.2-15] [MQTT-3.4.2-2] [MQTT-3.5.2-2] what this client says by itself has neither, and is at most five bytes", () => {
    const { broker } = connect5({ headerByteLength: 32 }, maximumPacketSize(5));
    const topic = "t".repeat(100);
    broker.send(publish5(topic, "x", { QoS: 1, id: 1 }), publish5(topic, "x", { QoS: 2, id: 2 }), pubrel(9));
    broker.send(publish5("a", "x", { QoS: 1, id: 3 }), packet(0x50, "00 07", "00"));
    for (const bytes of broker.received) expect(bytesOf(bytes).length).toBeLessThanOrEqual(5);
    expect(broker.received.length).toBe(5);
  });
});
