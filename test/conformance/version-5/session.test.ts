import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { version5 } from "../../../device/client/version-5/version-5";
import { PROTOCOL_ERROR } from "../../../device/mqtt/mqtt-error";
import { Session } from "../../../device/mqtt/session";
import { clock } from "../../support/timer";
import { join, puback, pubcomp, pubrec, pubrel, string } from "../bytes";
import { closeAll, connectClient } from "../raw-broker";
import { connack, connect5, connectWith, parting, publish5, reconnect5, reliable5 } from "./bench";

afterEach(closeAll);

const data = Buffer.from("x");

/** A session in the middle of an exchange each way. */
function sessionInUse(): Session {
  const session = new Session();
  session.publish(1, 1, false);
  session.publish(2, 2, false);
  session.receive(9);
  return session;
}

function contentsOf(session: Session): unknown[] {
  return [session.isInFlight(1), session.isInFlight(2), session.isReceived(9)];
}

/** Connect Flags. */
function flagsOf(connect: string | undefined): string | undefined {
  return connect?.split(" ")[9];
}

describe("Clean Start", () => {
  test("[MQTT-3.1.2-4] 1 drops the session that the client has, so nothing of it is sent or known any more", () => {
    const session = sessionInUse();
    const { broker, messages } = connect5({ clean: true, session });
    expect(flagsOf(broker.packets[0])).toBe("02");
    expect(contentsOf(session)).toEqual([false, false, false]);
    broker.send(publish5("a", "new", { QoS: 2, id: 9 }));
    expect(messages).toMatchObject([{ payload: "new" }]);
  });

  test("[MQTT-3.1.2-4] 0 keeps it when the server has it too", () => {
    const session = sessionInUse();
    const { broker, messages } = connectWith(connack(true), { clean: false, session });
    expect(flagsOf(broker.packets[0])).toBe("00");
    expect(contentsOf(session)).toEqual([true, true, true]);
    broker.send(publish5("a", "old", { QoS: 2, id: 9, duplicate: true }));
    expect([messages, broker.received]).toEqual([[], [pubrec(9)]]);
  });

  test("[MQTT-3.1.2-4] 1 of a ReliableClient: after each connection all begins anew, nothing has DUP", () => {
    const { broker, client, messages } = reliable5({ clean: true });
    client.subscribe("b", 2);
    client.publish("a", "x", { QoS: 1 });
    broker.send(publish5("b", "y", { QoS: 2, id: 9 }));
    reconnect5(broker, connack(false));
    broker.send(publish5("b", "z", { QoS: 2, id: 9 }));
    expect(flagsOf(broker.packets[0])).toBe("02");
    const firsts = broker.received.map((bytes) => bytes.slice(0, 2));
    expect(firsts).toEqual(["82", "32", "50"]);
    expect(messages.map(({ payload }) => payload)).toEqual(["y", "z"]);
  });
});

describe("Session Present", () => {
  test.each([
    ["asked for a new one", { clean: true, session: new Session() }],
    ["has none", { clean: false }],
    ["has none, and asked for a new one", {}],
  ])(
    "[MQTT-3.2.2-4] 1 where the client %s: it closes the connection, with 0x82, and uses nothing of it",
    (_what, options) => {
      const { broker, errors, controls } = connectWith(connack(true), options);
      expect([errors, controls]).toEqual([[PROTOCOL_ERROR], []]);
      expect([broker.received, broker.isClosed]).toEqual([[parting(0x82)], true]);
    },
  );

  test("[MQTT-3.2.2-4] 1 where it has one, and 0 anywhere: the connection stays", () => {
    for (const [present, options] of [
      [true, { clean: false, session: new Session() }],
      [false, { clean: false, session: new Session() }],
      [false, { clean: false }],
      [false, { clean: true }],
    ] as const) {
      const { broker, errors, controls } = connectWith(connack(present), options);
      expect([errors, controls, broker.isClosed]).toEqual([[], [MQTTClient.CONNACK], false]);
    }
  });

  test("[MQTT-3.2.2-5] 0: the client drops the session that it has; 1: it keeps it", () => {
    for (const present of [false, true]) {
      const session = sessionInUse();
      connectWith(connack(present), { clean: false, session });
      expect(contentsOf(session)).toEqual([present, present, present]);
    }
  });

  test("[MQTT-3.2.2-5] 0: a ReliableClient subscribes and sends anew, and knows no message of before", () => {
    const { broker, client, messages, delivered } = reliable5();
    client.subscribe("b", 2);
    client.publish("a", "1", { QoS: 1, delivery: 2 });
    client.publish("a", "2", { QoS: 2, delivery: 2 });
    broker.send(pubrec(3), publish5("b", "y", { QoS: 2, id: 9 }));
    reconnect5(broker, connack(false));
    broker.send(publish5("b", "z", { QoS: 2, id: 9 }));
    expect(broker.received.map((bytes) => bytes.slice(0, 2))).toEqual(["82", "32", "34", "50"]);
    expect([messages.length, delivered]).toEqual([2, []]);
  });

  test("[MQTT-3.2.2-5] a refused connection takes nothing from the session", () => {
    const session = sessionInUse();
    connectWith(connack(false, 0x89), { clean: false, session });
    expect(contentsOf(session)).toEqual([true, true, true]);
  });
});

describe("Session State", () => {
  test("[MQTT-3.1.3-2] belongs to the Client Identifier: every connection names the same one", () => {
    const { broker, client } = reliable5({ id: "sensor-1" });
    const [connect] = broker.packets;
    expect(connect?.includes(string("sensor-1"))).toBe(true);
    client.publish("a", "x", { QoS: 1 });
    for (let count = 0; count < 3; count++) {
      reconnect5(broker);
      broker.send();
      expect(broker.packets).toEqual([connect, publish5("a", "x", { QoS: 1, id: 1, duplicate: true })]);
    }
  });

  test("[MQTT-3.1.3-2] belongs to the identifier that the server has assigned, when the client had none", () => {
    const { broker, client } = reliable5({ id: "" }, join("12", string("auto-9")));
    expect(broker.packets[0]?.endsWith(" 00 00")).toBe(true);
    client.publish("a", "x", { QoS: 1 });
    reconnect5(broker);
    broker.send();
    expect(broker.packets[0]?.endsWith(string("auto-9"))).toBe(true);
    expect(broker.received).toEqual([publish5("a", "x", { QoS: 1, id: 1, duplicate: true })]);
  });

  test("[MQTT-3.1.3-2] of one Client Identifier is not that of another", () => {
    const one = reliable5({ id: "one" });
    const two = reliable5({ id: "two" });
    one.client.publish("a", "1", { QoS: 1 });
    two.broker.send(publish5("b", "y", { QoS: 2, id: 9 }));
    one.broker.send(publish5("b", "y", { QoS: 2, id: 9 }));
    expect([one.messages.length, two.messages.length]).toEqual([1, 1]);
    reconnect5(two.broker);
    two.broker.send();
    expect(two.broker.received).toEqual([]);
  });

  test("[MQTT-3.1.2-23] with a Session Expiry Interval over 0 it is kept after the connection, however that ended", () => {
    for (const parts of [true, false]) {
      const session = new Session();
      const options = { session, clean: false, properties: { sessionExpiryInterval: 3600 } };
      const { broker, client } = connect5(options);
      for (const QoS of [1, 2]) client.write(data, { topic: "a", QoS });
      broker.send(publish5("b", "y", { QoS: 2, id: 9 }), pubrec(2));
      if (parts) client.write(undefined, { operation: MQTTClient.DISCONNECT });
      else broker.reset();
      clock.advance(600_000);
      client.close();
      broker.connack = connack(true);
      const second = connectClient(broker, { protocol: version5, ...options });
      expect(contentsOf(session)).toEqual([true, true, true]);
      broker.send(publish5("b", "y", { QoS: 2, id: 9, duplicate: true }), pubrel(9), pubcomp(2), puback(1));
      expect([second.messages, second.errors]).toEqual([[], []]);
      expect(broker.received).toEqual([pubrec(9), pubcomp(9)]);
      expect(contentsOf(session)).toEqual([false, false, false]);
    }
  });

  test("[MQTT-3.1.2-23] a ReliableClient asks for one that does not expire, or for the interval given, and keeps its half", () => {
    for (const [properties, sent] of [
      [undefined, "11 ff ff ff ff"],
      [{ sessionExpiryInterval: 600 }, "11 00 00 02 58"],
    ] as const) {
      const { broker, client, delivered } = reliable5(properties ? { properties } : {});
      expect(broker.packets[0]).toContain(sent);
      client.publish("a", "x", { QoS: 2 });
      broker.send(pubrec(1));
      broker.reset();
      broker.connack = "";
      clock.advance(300_000);
      broker.connack = connack(true);
      for (let waited = 0; waited < 120 && broker.received.length === 0; waited++) clock.advance(1000);
      expect(broker.received).toEqual([pubrel(1)]);
      broker.send(pubcomp(1));
      expect(delivered).toEqual([1]);
    }
  });

  test("[MQTT-4.1.0-1] lasts as long as the connection, however long, whatever Clean Start and Session Expiry Interval are", () => {
    for (const options of [{ clean: true }, { clean: false, properties: { sessionExpiryInterval: 1 } }]) {
      const { broker, client, delivered, messages } = reliable5(options);
      client.publish("a", "1", { QoS: 1, delivery: 2 });
      client.publish("a", "2", { QoS: 2, delivery: 2 });
      broker.send(publish5("b", "y", { QoS: 2, id: 9 }));
      clock.advance(30 * 24 * 3_600_000);
      broker.send(publish5("b", "y", { QoS: 2, id: 9, duplicate: true }));
      broker.send(puback(1), pubrec(2), pubcomp(2), pubrel(9));
      expect([messages.length, delivered, broker.peers.length]).toEqual([1, [1, 2], 1]);
      expect(broker.received.slice(2)).toEqual([pubrec(9), pubrec(9), pubrel(2), pubcomp(9)]);
    }
  });

  test("[MQTT-4.4.0-1] while the connection lasts nothing is sent twice; when the session resumes all that is open is, as it was", () => {
    const { broker, client, delivered } = reliable5();
    for (const [index, QoS] of ([0, 1, 2, 2, 1] as const).entries())
      client.publish("a", `${index}`, { QoS, delivery: 2 });
    broker.send(pubrec(3), puback(4));
    clock.advance(24 * 3_600_000);
    expect(broker.received.length).toBe(6);
    reconnect5(broker);
    broker.send();
    expect(broker.received).toEqual([
      publish5("a", "1", { QoS: 1, id: 1, duplicate: true }),
      publish5("a", "2", { QoS: 2, id: 2, duplicate: true }),
      pubrel(3),
    ]);
    broker.send(puback(1), pubrec(2), pubcomp(2), pubcomp(3));
    expect([[...delivered].sort(), client.waiting]).toEqual([[1, 2, 3, 4, 5], 0]);
  });

  test("[MQTT-4.4.0-1] what is sent again keeps its properties, and its identifier is nobody else's", () => {
    const { broker, client } = reliable5();
    const contentType = "text/plain";
    client.publish("a", "1", { QoS: 1, properties: { contentType } });
    reconnect5(broker);
    client.publish("b", "2", { QoS: 1 });
    broker.send();
    const properties = join("03", string(contentType));
    expect(broker.received).toEqual([
      publish5("a", "1", { QoS: 1, id: 1, duplicate: true, properties }),
      publish5("b", "2", { QoS: 1, id: 2 }),
    ]);
  });
});
