import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { INVALID_OPTION, NOT_CONNECTED, PROTOCOL_ERROR } from "../../../device/mqtt/mqtt-error";
import { DISCONNECTED } from "../../../device/mqtt/version-5/mqtt-error";
import { clock } from "../../support/timer";
import { bytesOf, packet, pubrec, pubrel } from "../bytes";
import { closeAll, codeThrownBy } from "../raw-broker";
import {
  byte,
  connect5,
  maximumPacketSize,
  parting,
  properties,
  publish5,
  reasonString,
  reliable5,
  userProperty,
} from "./bench";

afterEach(closeAll);

const operation = MQTTClient.DISCONNECT;
const GOOD_BYE = "e0 00";

// MQTT 5.0 table 3-10, by who sends them.
const FROM_SERVER = [
  0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
  0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
];
const FROM_CLIENT = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];

describe("Reason Codes of DISCONNECT", () => {
  test("[MQTT-3.14.2-1] that the client sends are those of the table", () => {
    for (let reasonCode = 0; reasonCode < 256; reasonCode++) {
      const { broker, client } = connect5();
      const write = () => client.write(undefined, { operation, reasonCode });
      if (!FROM_CLIENT.includes(reasonCode)) expect(codeThrownBy(write)).toBe(INVALID_OPTION);
      else write();
      broker.send();
      const sent = reasonCode === 0 ? GOOD_BYE : parting(reasonCode);
      expect(broker.received).toEqual(FROM_CLIENT.includes(reasonCode) ? [sent] : []);
    }
  });

  test("[MQTT-3.14.2-1] that the server sends and are not in the table are a protocol error", () => {
    for (let reasonCode = 0; reasonCode < 256; reasonCode++) {
      const { broker, errors } = connect5();
      broker.send(parting(reasonCode));
      const isListed = FROM_SERVER.includes(reasonCode);
      expect([errors, broker.isClosed]).toEqual([[isListed ? DISCONNECTED : PROTOCOL_ERROR], true]);
      expect(broker.received).toEqual(isListed ? [] : [parting(0x82)]);
    }
  });
});

describe("DISCONNECT", () => {
  test("[MQTT-3.14.2-3] [MQTT-3.14.2-4] has Reason String and User Properties as far as the server's Maximum Packet Size lets them", () => {
    const text = reasonString("why");
    const pair = userProperty("b");
    const [whole, shorter, least] = [[text, pair], [text], []].map((given) =>
      given.length > 0 ? packet(0xe0, "98", properties(...given)) : parting(0x98),
    ) as [string, string, string];
    const length = (bytes: string): number => bytesOf(bytes).length;
    for (const [size, expected] of [
      [length(whole), whole],
      [length(whole) - 1, shorter],
      [length(shorter), shorter],
      [length(shorter) - 1, least],
      // The least that this client takes for a limit.
      [5, least],
    ] as const) {
      const { broker, client } = connect5({}, maximumPacketSize(size));
      const given = { reasonString: "why", userProperties: [["a", "b"]] } as const;
      client.write(undefined, { operation, reasonCode: 0x98, properties: given });
      broker.send();
      expect(broker.received).toEqual([expected]);
    }
  });

  test("[MQTT-3.14.4-1] is the last packet, whatever application and server want, and however long it takes", () => {
    const { broker, client, messages } = connect5({ keepAlive: 1000 });
    client.write(Buffer.from("x"), { topic: "a", QoS: 2 });
    broker.send();
    client.write(undefined, { operation, reasonCode: 4 });
    const items = [{ topic: "a" }];
    for (const options of [
      { topic: "a" },
      { operation },
      { operation, reasonCode: 0x80 },
      ...[MQTTClient.PINGREQ, MQTTClient.SUBSCRIBE, MQTTClient.PUBACK].map((other) => ({
        operation: other,
        items,
        id: 1,
      })),
    ])
      expect(codeThrownBy(() => client.write(Buffer.from("x"), options))).toBe(NOT_CONNECTED);
    broker.send(publish5("a", "x", { QoS: 1, id: 1 }), publish5("a", "x", { QoS: 2, id: 2 }));
    broker.send(pubrec(1), pubrel(9), "62 02 00 00", "00 00");
    clock.advance(10_000);
    expect(broker.received).toEqual([publish5("a", "x", { QoS: 2, id: 1 }), parting(4)]);
    expect(messages).toEqual([]);
  });

  test("[MQTT-3.14.4-1] leaves an acknowledgement unsent that was due", () => {
    const { broker } = connect5({
      onReadable(count) {
        this.read(count);
        this.write(undefined, { operation });
      },
    });
    broker.send(publish5("a", "x", { QoS: 1, id: 1 }), publish5("a", "x", { QoS: 1, id: 2 }));
    clock.advance(10_000);
    expect(broker.received).toEqual([GOOD_BYE]);
  });

  test("[MQTT-3.14.4-1] [MQTT-3.14.4-2] that says what was wrong is the last packet, and the connection closes at once", () => {
    const { broker, messages } = connect5();
    broker.send("c0 00", publish5("a", "x", { QoS: 1, id: 1 }));
    expect([broker.received, broker.isClosed, messages]).toEqual([[parting(0x82)], true, []]);
  });

  test("[MQTT-3.14.4-2] is followed by the end of the connection, whether the server closes or not", () => {
    for (const closes of [true, false]) {
      let closed = 0;
      const { broker, client, errors } = connect5({ onClose: () => closed++ });
      clock.advance(60_000);
      expect(broker.isClosed).toBe(false);
      client.write(undefined, { operation });
      broker.send();
      if (closes) broker.peer.finish();
      clock.advance(closes ? 20 : 10_000);
      expect([broker.received, broker.isClosed, broker.peer.wasReset]).toEqual([[GOOD_BYE], true, false]);
      expect([closed, errors]).toEqual([1, []]);
    }
  });

  test("[MQTT-3.14.4-2] is what close of a ReliableClient sends; it does not come back", () => {
    const { broker, client } = reliable5();
    client.close();
    broker.send();
    expect([broker.received, broker.isClosed]).toEqual([[GOOD_BYE], true]);
    clock.advance(600_000);
    expect(broker.peers.length).toBe(1);
  });
});

describe("codes of failure", () => {
  test("[MQTT-4.13.2-1] in PUBACK, PUBREC, SUBACK and UNSUBACK end no connection", () => {
    const { broker, client, errors } = connect5();
    client.write(Buffer.from("x"), { topic: "a", QoS: 1 });
    client.write(Buffer.from("x"), { topic: "a", QoS: 2 });
    broker.send(packet(0x40, "00 01", byte(0x87)), packet(0x50, "00 02", byte(0x97)));
    broker.send(packet(0x90, "00 03 00", byte(0x87)), packet(0xb0, "00 04 00", byte(0x8f)));
    expect([errors, broker.isClosed]).toEqual([[], false]);
  });
});
