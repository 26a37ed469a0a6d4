import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { Session } from "../../../device/mqtt/session";
import { clock } from "../../support/timer";
import { CONNACK_NEW, CONNACK_RESUMED, puback, pubcomp, publish, pubrec, pubrel } from "../bytes";
import {
  closeAll,
  connectClient,
  connectReliable,
  RawBroker,
  RECONNECT,
  type ReliableUnderTest,
} from "../raw-broker";

afterEach(closeAll);

const data = Buffer.from("x");

/** Connect Flags of the newest CONNECT. */
function flagsOf(broker: RawBroker): string | undefined {
  return broker.packets[0]?.split(" ")[9];
}

function connected(
  options: Parameters<typeof connectReliable>[1] = {},
): { broker: RawBroker } & ReliableUnderTest {
  const broker = new RawBroker();
  return { broker, ...connectReliable(broker, { keepAlive: 0, ...options }) };
}

/** Breaks the connection and waits for the next, whose CONNACK is `connack`. */
function reconnect(broker: RawBroker, connack: string = CONNACK_RESUMED): void {
  broker.connack = connack;
  broker.reset();
  clock.advance(RECONNECT);
}

describe("Clean Session 0", () => {
  test("[MQTT-3.1.2-4] resumes what was under way when the server still has the session", () => {
    const { broker, client, delivered } = connected();
    expect(flagsOf(broker)).toBe("00");
    const token = client.publish("a", "x", { QoS: 1 });
    broker.send(publish("b", "y", { QoS: 2, id: 9 }));
    reconnect(broker);
    expect(flagsOf(broker)).toBe("00");
    expect(broker.received).toEqual([publish("a", "x", { QoS: 1, id: 1, duplicate: true })]);
    broker.send(puback(1), pubrel(9));
    expect(delivered).toEqual([token]);
    expect(broker.received.slice(1)).toEqual([pubcomp(9)]);
  });

  test("[MQTT-3.1.2-4] begins a new session when the server has none", () => {
    const { broker, client, messages } = connected();
    client.subscribe("b", 2);
    client.publish("a", "x", { QoS: 1 });
    broker.send("90 03 00 01 02", publish("b", "y", { QoS: 2, id: 9 }));
    reconnect(broker, CONNACK_NEW);
    // Subscribed anew; the message is a new one; and so is one from the server with an identifier used before.
    expect(broker.received).toEqual(["82 06 00 03 00 01 62 02", publish("a", "x", { QoS: 1, id: 4 })]);
    broker.send(publish("b", "z", { QoS: 2, id: 9 }));
    expect(messages.map(({ payload }) => payload)).toEqual(["y", "z"]);
  });

  test("[MQTT-3.1.2-4] keeps its state after DISCONNECT for the connection that comes", () => {
    const broker = new RawBroker();
    const session = new Session();
    const first = connectClient(broker, { session, clean: false });
    first.client.write(data, { topic: "a", QoS: 2 });
    broker.send(publish("b", "y", { QoS: 2, id: 9 }), pubrec(1));
    first.client.write(null, { operation: MQTTClient.DISCONNECT });
    clock.advance(10_000);
    broker.connack = CONNACK_RESUMED;
    const second = connectClient(broker, { session, clean: false });
    expect(session.isInFlight(1)).toBe(true);
    broker.send(publish("b", "y", { QoS: 2, id: 9, duplicate: true }));
    expect(second.messages).toEqual([]);
    expect(broker.received).toEqual([pubrec(9)]);
  });
});

describe("Clean Session 1", () => {
  test("[MQTT-3.1.2-6] drops the state of an earlier session, whatever the server says of one", () => {
    for (const connack of [CONNACK_NEW, CONNACK_RESUMED]) {
      const broker = new RawBroker();
      const session = new Session();
      session.publish(1, 1, false);
      session.receive(9);
      broker.connack = connack;
      const { messages } = connectClient(broker, { session, clean: true });
      expect(flagsOf(broker)).toBe("02");
      expect([session.inFlight, session.isReceived(9)]).toEqual([0, false]);
      broker.send(publish("b", "y", { QoS: 2, id: 9 }));
      expect(messages).toMatchObject([{ payload: "y" }]);
    }
  });

  test("[MQTT-3.1.2-6] is used for no later session: messages not acknowledged are sent as new ones", () => {
    const { broker, client, messages } = connected({ clean: true });
    client.subscribe("b");
    client.publish("a", "x", { QoS: 1 });
    broker.send("90 03 00 01 00", publish("b", "y", { QoS: 2, id: 9 }));
    reconnect(broker);
    expect(flagsOf(broker)).toBe("02");
    expect(broker.received).toEqual(["82 06 00 03 00 01 62 00", publish("a", "x", { QoS: 1, id: 4 })]);
    broker.send(publish("b", "z", { QoS: 2, id: 9 }));
    expect(messages.map(({ payload }) => payload)).toEqual(["y", "z"]);
  });
});

describe("Session state", () => {
  test("[MQTT-3.1.3-2] belongs to the Client Identifier: every connection has the same", () => {
    const { broker, client } = connected({ id: "sensor-1" });
    const [connect] = broker.packets;
    client.publish("a", "x", { QoS: 1 });
    reconnect(broker);
    reconnect(broker);
    expect(broker.packets).toEqual([connect, publish("a", "x", { QoS: 1, id: 1, duplicate: true })]);
    expect(broker.peers.length).toBe(3);
  });

  test("[MQTT-3.1.3-2] of one Client Identifier is not that of another", () => {
    const one = connected({ id: "one" });
    const two = connected({ id: "two" });
    one.client.publish("a", "1", { QoS: 1 });
    two.broker.send(publish("b", "y", { QoS: 2, id: 9 }));
    one.broker.send(publish("b", "y", { QoS: 2, id: 9 }));
    reconnect(one.broker);
    reconnect(two.broker);
    expect(one.broker.received).toEqual([publish("a", "1", { QoS: 1, id: 1, duplicate: true })]);
    expect(two.broker.received).toEqual([]);
    two.client.publish("a", "2", { QoS: 1 });
    two.broker.send();
    expect(two.broker.received).toEqual([publish("a", "2", { QoS: 1, id: 1 })]);
    expect([one.messages.length, two.messages.length]).toEqual([1, 1]);
  });

  test("[MQTT-4.1.0-1] is kept through any number of connections until the exchange is complete", () => {
    const { broker, client, delivered, messages } = connected();
    client.publish("a", "1", { QoS: 1 });
    client.publish("a", "2", { QoS: 2 });
    broker.send(publish("b", "y", { QoS: 2, id: 9 }), pubrec(2));
    for (let count = 0; count < 3; count++) {
      reconnect(broker);
      broker.send(publish("b", "y", { QoS: 2, id: 9, duplicate: true }));
      const again = publish("a", "1", { QoS: 1, id: 1, duplicate: true });
      expect(broker.received).toEqual([again, pubrel(2), pubrec(9)]);
    }
    broker.send(puback(1), pubcomp(2), pubrel(9));
    expect([delivered, messages.length]).toEqual([[1, 2], 1]);
    reconnect(broker);
    expect(broker.received).toEqual([]);
  });

  test("[MQTT-4.1.0-2] lasts as long as the connection, however long and whatever Clean Session is", () => {
    for (const clean of [true, false]) {
      const { broker, client, delivered, messages } = connected({ clean });
      client.publish("a", "1", { QoS: 1 });
      client.publish("a", "2", { QoS: 2 });
      broker.send(publish("b", "y", { QoS: 2, id: 9 }));
      clock.advance(30 * 24 * 3_600_000);
      broker.send(publish("b", "y", { QoS: 2, id: 9, duplicate: true }), puback(1), pubrec(2), pubcomp(2));
      expect(messages.length).toBe(1);
      expect(delivered).toEqual([1, 2]);
      expect(broker.peers.length).toBe(1);
    }
  });
});

describe("sending again", () => {
  test("[MQTT-4.4.0-1] on reconnect PUBLISH and PUBREL without answer go out with their Packet Identifiers", () => {
    const { broker, client, delivered } = connected();
    client.publish("a", "0");
    client.publish("a", "1", { QoS: 1 });
    client.publish("a", "2", { QoS: 2 });
    client.publish("a", "3", { QoS: 2 });
    client.publish("a", "4", { QoS: 1 });
    broker.send(pubrec(3), puback(4));
    reconnect(broker);
    expect(broker.received).toEqual([
      publish("a", "1", { QoS: 1, id: 1, duplicate: true }),
      publish("a", "2", { QoS: 2, id: 2, duplicate: true }),
      pubrel(3),
    ]);
    broker.send(puback(1), pubrec(2), pubcomp(2), pubcomp(3));
    expect([...delivered].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(client.waiting).toBe(0);
  });

  test("[MQTT-4.4.0-1] on a connection that lasts nothing is sent twice", () => {
    const { broker, client } = connected();
    client.publish("a", "1", { QoS: 1 });
    client.publish("a", "2", { QoS: 2 });
    broker.send(pubrec(2));
    clock.advance(3_600_000);
    expect(broker.received).toEqual([
      publish("a", "1", { QoS: 1, id: 1 }),
      publish("a", "2", { QoS: 2, id: 2 }),
      pubrel(2),
    ]);
  });

  test("[MQTT-3.3.1-1] DUP is 0 at the first attempt and 1 at each further one", () => {
    const { broker, client } = connected();
    client.publish("a", "1", { QoS: 1, retain: true });
    client.publish("a", "2", { QoS: 2 });
    broker.send();
    expect(broker.received.map((bytes) => bytes.slice(0, 2))).toEqual(["33", "34"]);
    for (let count = 0; count < 2; count++) {
      reconnect(broker);
      expect(broker.received.map((bytes) => bytes.slice(0, 2))).toEqual(["3b", "3c"]);
    }
  });

  test("[MQTT-3.3.1-1] DUP of an application that sends again goes out, and DUP received is told", () => {
    const broker = new RawBroker();
    const { client, messages } = connectClient(broker);
    client.write(data, { topic: "a", QoS: 1, id: 5 });
    client.write(data, { topic: "a", QoS: 1, id: 5, duplicate: true });
    broker.send(publish("b", "y", { QoS: 1, id: 1 }), publish("b", "y", { QoS: 1, id: 1, duplicate: true }));
    expect(broker.received.slice(0, 2)).toEqual([
      publish("a", "x", { QoS: 1, id: 5 }),
      publish("a", "x", { QoS: 1, id: 5, duplicate: true }),
    ]);
    expect(messages.map(({ duplicate }) => duplicate)).toEqual([false, true]);
  });
});
