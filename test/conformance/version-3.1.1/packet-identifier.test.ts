import { afterEach, describe, expect, test } from "vitest";
import { SUBSCRIBE, UNSUBSCRIBE } from "../../../device/mqtt/control-packet";
import { INVALID_PACKET_IDENTIFIER, MALFORMED_PACKET } from "../../../device/mqtt/mqtt-error";
import { Session } from "../../../device/mqtt/session";
import { clock } from "../../support/timer";
import { CONNACK_RESUMED, number, packet, puback, pubcomp, publish, pubrec, pubrel, string } from "../bytes";
import { closeAll, codeThrownBy, connectClient, connectReliable, RawBroker, RECONNECT } from "../raw-broker";

afterEach(closeAll);

describe("Packet Identifier", () => {
  test("[MQTT-2.3.1-1] SUBSCRIBE, UNSUBSCRIBE and PUBLISH at QoS 1 and 2 carry one that is not zero", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    const items = [{ topic: "a" }];
    client.write(null, { operation: SUBSCRIBE, items });
    client.write(null, { operation: UNSUBSCRIBE, items });
    client.write(Buffer.from("x"), { topic: "a", QoS: 1 });
    client.write(Buffer.from("x"), { topic: "a", QoS: 2 });
    const data = Buffer.from("x");
    for (const options of [
      { operation: SUBSCRIBE, items, id: 0 },
      { operation: UNSUBSCRIBE, items, id: 0 },
      { topic: "a", QoS: 1, id: 0 },
      { topic: "a", QoS: 2, id: 65_536 },
    ])
      expect(codeThrownBy(() => client.write(data, options))).toBe(INVALID_PACKET_IDENTIFIER);
    broker.send();
    expect(broker.received).toEqual([
      "82 06 00 01 00 01 61 00",
      "a2 05 00 02 00 01 61",
      publish("a", "x", { QoS: 1, id: 3 }),
      publish("a", "x", { QoS: 2, id: 4 }),
    ]);
  });

  test.each([
    ["PUBLISH at QoS 1", publish("a", "x", { QoS: 1, id: 0 })],
    ["PUBLISH at QoS 2", publish("a", "x", { QoS: 2, id: 0 })],
    ["PUBACK", puback(0)],
    ["PUBREC", pubrec(0)],
    ["PUBREL", pubrel(0)],
    ["PUBCOMP", pubcomp(0)],
    ["SUBACK", "90 03 00 00 00"],
    ["UNSUBACK", "b0 02 00 00"],
  ])("[MQTT-2.3.1-1] a %s with Packet Identifier 0 closes the connection", (_name, bytes) => {
    const broker = new RawBroker();
    const { errors } = connectClient(broker);
    broker.send(bytes);
    expect([errors, broker.isClosed, broker.received]).toEqual([[MALFORMED_PACKET], true, []]);
  });

  test("[MQTT-2.3.1-2] after 65,535 comes 1, or the next that is not in use", () => {
    const session = new Session();
    session.publish(1, 1, false);
    session.publish(2, 2, false);
    // All others have been used, and acknowledged.
    const given = Array.from({ length: 65_533 }, () => session.nextPacketIdentifier());
    expect(given.every((id, index) => id === index + 3)).toBe(true);
    const broker = new RawBroker();
    broker.connack = CONNACK_RESUMED;
    const { client } = connectClient(broker, { session, clean: false });
    client.write(Buffer.from("x"), { topic: "a", QoS: 1 });
    client.write(null, { operation: SUBSCRIBE, items: [{ topic: "a" }] });
    client.write(null, { operation: UNSUBSCRIBE, items: [{ topic: "a" }] });
    broker.send();
    expect(broker.received).toEqual([
      publish("a", "x", { QoS: 1, id: 3 }),
      packet(0x82, number(4), string("a"), "00"),
      packet(0xa2, number(5), string("a")),
    ]);
  });

  test("[MQTT-2.3.1-2] one that is in use is refused for another packet, whatever has it", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    const data = Buffer.from("x");
    client.write(data, { topic: "a", QoS: 1, id: 7 });
    client.write(null, { operation: SUBSCRIBE, items: [{ topic: "a" }], id: 8 });
    for (const id of [7, 8]) {
      const use = () => client.write(data, { topic: "b", QoS: 2, id });
      expect(codeThrownBy(use)).toBe(INVALID_PACKET_IDENTIFIER);
    }
    broker.send(puback(7), "90 03 00 08 00");
    for (const id of [7, 8]) client.write(data, { topic: "b", QoS: 2, id });
    broker.send();
    expect(broker.received.slice(2)).toEqual([
      publish("b", "x", { QoS: 2, id: 7 }),
      publish("b", "x", { QoS: 2, id: 8 }),
    ]);
  });

  test("[MQTT-2.3.1-3] a message sent again keeps its own, and nothing else gets it meanwhile", () => {
    const broker = new RawBroker();
    const { client } = connectReliable(broker);
    client.publish("a", "1", { QoS: 1 });
    broker.send();
    broker.connack = CONNACK_RESUMED;
    broker.reset();
    client.publish("a", "2", { QoS: 1 });
    clock.advance(RECONNECT);
    expect(broker.received).toEqual([
      publish("a", "1", { QoS: 1, id: 1, duplicate: true }),
      publish("a", "2", { QoS: 1, id: 2 }),
    ]);
  });

  test("[MQTT-2.3.1-3] that of QoS 1 is free after PUBACK, that of QoS 2 after PUBCOMP, and not before", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    const data = Buffer.from("x");
    const use = (id: number) => client.write(data, { topic: "b", QoS: 1, id });
    client.write(data, { topic: "a", QoS: 1, id: 1 });
    client.write(data, { topic: "a", QoS: 2, id: 2 });
    broker.send(pubrec(2));
    expect([codeThrownBy(() => use(1)), codeThrownBy(() => use(2))]).toEqual([
      INVALID_PACKET_IDENTIFIER,
      INVALID_PACKET_IDENTIFIER,
    ]);
    // Acknowledgements of another kind, or of others, free nothing.
    broker.send(pubcomp(1), puback(2), puback(3));
    expect([codeThrownBy(() => use(1)), codeThrownBy(() => use(2))]).toEqual([
      INVALID_PACKET_IDENTIFIER,
      INVALID_PACKET_IDENTIFIER,
    ]);
    broker.send(puback(1), pubcomp(2));
    use(1);
    use(2);
  });

  test("[MQTT-2.3.1-5] a PUBLISH at QoS 0 has none: the payload follows the topic, both ways", () => {
    const broker = new RawBroker();
    const { client, messages } = connectClient(broker);
    client.write(Buffer.from([1, 2, 3]), { topic: "a", id: 9 });
    broker.send("30 06 00 01 61 31 32 33");
    expect(broker.received).toEqual(["30 06 00 01 61 01 02 03"]);
    expect(messages).toMatchObject([{ topic: "a", payload: "123", QoS: 0 }]);
  });

  test("[MQTT-2.3.1-6] PUBACK, PUBREC and PUBREL have that of their PUBLISH", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    client.write(Buffer.from("x"), { topic: "a", QoS: 2, id: 0x7fff });
    broker.send(
      publish("a", "x", { QoS: 1, id: 0x1234 }),
      publish("a", "y", { QoS: 2, id: 0xfffe }),
      pubrec(0x7fff),
      pubrel(0xfffe),
    );
    expect(broker.received.slice(1)).toEqual(["40 02 12 34", "50 02 ff fe", "62 02 7f ff", "70 02 ff fe"]);
  });
});
