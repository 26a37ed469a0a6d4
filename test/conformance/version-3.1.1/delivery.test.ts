import { afterEach, describe, expect, test } from "vitest";
import { INVALID_PACKET_IDENTIFIER, PACKET_TOO_LARGE } from "../../../device/mqtt/mqtt-error";
import { Session } from "../../../device/mqtt/session";
import { clock } from "../../support/timer";
import { CONNACK_RESUMED, puback, pubcomp, publish, pubrec, pubrel } from "../bytes";
import { closeAll, codeThrownBy, connectClient, connectReliable, RawBroker, RECONNECT } from "../raw-broker";

afterEach(closeAll);

const data = Buffer.from("x");

function reconnect(broker: RawBroker): void {
  broker.connack = CONNACK_RESUMED;
  broker.reset();
  clock.advance(RECONNECT);
}

describe("receiving", () => {
  test("[MQTT-3.3.4-1] QoS 0 is not answered, QoS 1 with PUBACK, QoS 2 with PUBREC", () => {
    const broker = new RawBroker();
    const { messages } = connectClient(broker);
    broker.send(publish("a", "0"));
    expect(broker.received).toEqual([]);
    broker.send(publish("a", "1", { QoS: 1, id: 7 }));
    expect(broker.received).toEqual([puback(7)]);
    broker.send(publish("a", "2", { QoS: 2, id: 8 }));
    expect(broker.received).toEqual([puback(7), pubrec(8)]);
    expect(messages.map(({ payload, QoS }) => [payload, QoS])).toEqual([
      ["0", 0],
      ["1", 1],
      ["2", 2],
    ]);
  });

  test("[MQTT-4.3.2-2] QoS 1: PUBACK with its identifier; the same identifier again is a new message, DUP or not", () => {
    const broker = new RawBroker();
    const { messages } = connectClient(broker);
    broker.send(publish("a", "1", { QoS: 1, id: 300 }));
    broker.send(publish("a", "2", { QoS: 1, id: 300 }));
    broker.send(publish("a", "3", { QoS: 1, id: 300, duplicate: true }));
    expect(broker.received).toEqual([puback(300), puback(300), puback(300)]);
    expect(messages.map(({ payload }) => payload)).toEqual(["1", "2", "3"]);
  });

  test("[MQTT-4.3.2-2] QoS 1: no PUBACK before the application has accepted the message", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker, { onReadable: () => {} });
    broker.send(publish("a", "1", { QoS: 1, id: 300 }));
    expect(broker.received).toEqual([]);
    client.read(1);
    broker.send();
    expect(broker.received).toEqual([puback(300)]);
  });

  test("[MQTT-4.3.3-2] QoS 2: delivered once until PUBREL, which PUBCOMP answers; then the identifier is new", () => {
    const broker = new RawBroker();
    const { messages } = connectClient(broker);
    broker.send(publish("a", "1", { QoS: 2, id: 300 }));
    broker.send(
      publish("a", "1", { QoS: 2, id: 300, duplicate: true }),
      publish("a", "1", { QoS: 2, id: 300 }),
    );
    expect(broker.received).toEqual([pubrec(300), pubrec(300), pubrec(300)]);
    expect(messages.length).toBe(1);
    broker.send(pubrel(300));
    expect(broker.received.slice(3)).toEqual([pubcomp(300)]);
    broker.send(publish("a", "2", { QoS: 2, id: 300 }));
    expect(broker.received.slice(4)).toEqual([pubrec(300)]);
    expect(messages.map(({ payload }) => payload)).toEqual(["1", "2"]);
  });

  test("[MQTT-4.3.3-2] QoS 2: a PUBREL is answered with PUBCOMP each time, also one for nothing known", () => {
    const broker = new RawBroker();
    connectClient(broker);
    broker.send(publish("a", "1", { QoS: 2, id: 3 }), pubrel(3), pubrel(3), pubrel(4));
    expect(broker.received).toEqual([pubrec(3), pubcomp(3), pubcomp(3), pubcomp(4)]);
  });

  test("[MQTT-4.5.0-2] messages that the application does not want are acknowledged all the same", () => {
    const broker = new RawBroker();
    connectClient(broker, { onReadable: undefined as never });
    broker.send(publish("a", "1", { QoS: 1, id: 1 }), publish("a", "", { QoS: 2, id: 2 }), pubrel(2));
    expect(broker.received).toEqual([puback(1), pubrec(2), pubcomp(2)]);
  });

  test("[MQTT-4.5.0-2] messages over a limit, which go by unread, are acknowledged all the same", () => {
    const broker = new RawBroker();
    const errors: number[] = [];
    const onError = ({ code }: { code: number }) => void errors.push(code);
    const { messages } = connectReliable(broker, { messageByteLength: 4, onError });
    broker.send(publish("a", "12345", { QoS: 1, id: 1 }));
    broker.send(
      publish("t".repeat(300), "x", { QoS: 2, id: 2 }),
      pubrel(2),
      publish("a", "1234", { QoS: 1, id: 3 }),
    );
    expect(broker.received).toEqual([puback(1), pubrec(2), pubcomp(2), puback(3)]);
    expect(errors).toEqual([PACKET_TOO_LARGE, PACKET_TOO_LARGE]);
    expect(messages.map(({ payload }) => payload)).toEqual(["1234"]);
  });
});

describe("sending", () => {
  test("[MQTT-4.3.1-1] QoS 0: one PUBLISH with QoS 0 and DUP 0, and none after a lost connection", () => {
    const broker = new RawBroker();
    const { client, delivered } = connectReliable(broker);
    const token = client.publish("a", "x");
    broker.send();
    expect(broker.received).toEqual(["30 04 00 01 61 78"]);
    expect(delivered).toEqual([token]);
    reconnect(broker);
    expect(broker.received).toEqual([]);
  });

  test("[MQTT-4.3.2-1] QoS 1: a fresh identifier for each message, DUP 0, and kept until its PUBACK", () => {
    const broker = new RawBroker();
    const session = new Session();
    const { client } = connectClient(broker, { session });
    for (let count = 0; count < 3; count++) client.write(data, { topic: "a", QoS: 1 });
    broker.send();
    expect(broker.received).toEqual([1, 2, 3].map((id) => publish("a", "x", { QoS: 1, id })));
    // A PUBREC, or a PUBACK for another, does not acknowledge.
    broker.send(pubrec(1), puback(4), puback(2));
    expect([1, 2, 3].map((id) => session.isInFlight(id))).toEqual([true, false, true]);
    expect(codeThrownBy(() => client.write(data, { topic: "a", QoS: 1, id: 1 }))).toBe(
      INVALID_PACKET_IDENTIFIER,
    );
    broker.send(puback(1), puback(3));
    expect(session.inFlight).toBe(0);
  });

  test("[MQTT-4.3.2-1] QoS 1: a message without PUBACK is not delivered, and is sent again after a reconnect", () => {
    const broker = new RawBroker();
    const { client, delivered } = connectReliable(broker);
    client.publish("a", "x", { QoS: 1 });
    broker.send(pubcomp(1), pubrec(1));
    expect(delivered).toEqual([]);
    reconnect(broker);
    expect(broker.received).toEqual([publish("a", "x", { QoS: 1, id: 1, duplicate: true })]);
    broker.send(puback(1));
    expect(delivered).toEqual([1]);
    reconnect(broker);
    expect(broker.received).toEqual([]);
  });

  test("[MQTT-4.3.3-1] QoS 2: a fresh identifier, DUP 0, PUBREL upon PUBREC, complete with PUBCOMP only", () => {
    const broker = new RawBroker();
    const { client, delivered } = connectReliable(broker);
    client.publish("a", "x", { QoS: 2 });
    client.publish("a", "y", { QoS: 2 });
    broker.send();
    expect(broker.received).toEqual([
      publish("a", "x", { QoS: 2, id: 1 }),
      publish("a", "y", { QoS: 2, id: 2 }),
    ]);
    broker.send(puback(1), pubcomp(1));
    expect(delivered).toEqual([]);
    broker.send(pubrec(1));
    expect(broker.received.slice(2)).toEqual([pubrel(1)]);
    expect(delivered).toEqual([]);
    broker.send(puback(1));
    expect(delivered).toEqual([]);
    broker.send(pubcomp(1));
    expect(delivered).toEqual([1]);
  });

  test("[MQTT-4.3.3-1] QoS 2: before PUBREC the PUBLISH is sent again, after it PUBREL only", () => {
    const broker = new RawBroker();
    const { client } = connectReliable(broker);
    client.publish("a", "x", { QoS: 2 });
    broker.send();
    reconnect(broker);
    expect(broker.received).toEqual([publish("a", "x", { QoS: 2, id: 1, duplicate: true })]);
    broker.send(pubrec(1));
    for (let count = 0; count < 2; count++) {
      reconnect(broker);
      expect(broker.received).toEqual([pubrel(1)]);
    }
    // A PUBREC that the server repeats is answered again.
    broker.send(pubrec(1));
    expect(broker.received).toEqual([pubrel(1), pubrel(1)]);
    broker.send(pubcomp(1));
    reconnect(broker);
    expect(broker.received).toEqual([]);
  });
});

describe("order", () => {
  const payloads = ["1", "2", "3", "4", "5"];

  test("[MQTT-4.6.0-1] messages sent again come in the order of their first sending, and before new ones", () => {
    const broker = new RawBroker();
    const { client } = connectReliable(broker);
    for (const payload of payloads) client.publish("a", payload, { QoS: Number(payload) % 2 === 0 ? 2 : 1 });
    broker.send(puback(3));
    broker.connack = CONNACK_RESUMED;
    broker.reset();
    client.publish("b", "new", { QoS: 1 });
    for (let count = 0; count < 2; count++) {
      clock.advance(RECONNECT);
      expect(broker.received).toEqual([
        publish("a", "1", { QoS: 1, id: 1, duplicate: true }),
        publish("a", "2", { QoS: 2, id: 2, duplicate: true }),
        publish("a", "4", { QoS: 2, id: 4, duplicate: true }),
        publish("a", "5", { QoS: 1, id: 5, duplicate: true }),
        publish("b", "new", { QoS: 1, id: 6, duplicate: count > 0 }),
      ]);
      broker.reset();
    }
  });

  test("[MQTT-4.6.0-2] PUBACKs go out in the order of the messages", () => {
    const broker = new RawBroker();
    connectClient(broker);
    const ids = [9, 2, 700, 1, 3];
    broker.send(ids.map((id) => publish("a", "x", { QoS: 1, id })).join(" "));
    expect(broker.received).toEqual(ids.map(puback));
  });

  test("[MQTT-4.6.0-3] PUBRECs go out in the order of the messages", () => {
    const broker = new RawBroker();
    connectClient(broker);
    const ids = [9, 2, 700, 1, 3];
    broker.send(ids.map((id) => publish("a", "x", { QoS: 2, id })).join(" "));
    expect(broker.received).toEqual(ids.map(pubrec));
  });

  test("[MQTT-4.6.0-4] PUBRELs go out in the order of the PUBRECs, whatever that of the messages was", () => {
    const broker = new RawBroker();
    const { client } = connectReliable(broker);
    for (const payload of payloads) client.publish("a", payload, { QoS: 2 });
    broker.send();
    const ids = [4, 1, 5, 3, 2];
    broker.send(ids.map(pubrec).join(" "));
    expect(broker.received.slice(5)).toEqual(ids.map(pubrel));
  });

  test("[MQTT-4.6.0-2] [MQTT-4.6.0-3] [MQTT-4.6.0-4] also when they have to wait for the end of a PUBLISH in fragments", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    client.write(data, { topic: "q", QoS: 2, id: 50 });
    client.write(data, { topic: "q", QoS: 2, id: 40 });
    client.write(data, { topic: "a", byteLength: 3 });
    broker.send(publish("b", "x", { QoS: 1, id: 9 }), pubrec(50), publish("b", "x", { QoS: 2, id: 8 }));
    broker.send(publish("b", "x", { QoS: 1, id: 7 }), pubrec(40), publish("b", "x", { QoS: 2, id: 6 }));
    expect(broker.received.at(-1)).toBe("30 06 00 01 61 78");
    client.write(data);
    client.write(data);
    broker.send();
    expect(broker.received.slice(2)).toEqual([
      publish("a", "xxx"),
      ...[puback(9), pubrel(50), pubrec(8), puback(7), pubrel(40), pubrec(6)],
    ]);
  });
});
