import { describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { version5 } from "../../../device/client/version-5/version-5";
import {
  CONNECTION_LOST,
  CONNECTION_REFUSED,
  INVALID_OPTION,
  INVALID_STRING,
  PROTOCOL_ERROR,
} from "../../../device/mqtt/mqtt-error";
import { Session } from "../../../device/mqtt/session";
import { RESPONSE_INFORMATION, USER_PROPERTY } from "../../../device/mqtt/version-5/property";
import { clock } from "../../support/timer";
import { Bench, codeThrownBy } from "./bench";

describe("CONNECT", () => {
  test("[MQTT-3.1.0-1] [MQTT-3.1.2-1] is the first packet, named MQTT, of version 5", () => {
    const { connection, client } = new Bench();
    expect(connection.packets[0]).toMatchObject({ cmd: "connect", protocolId: "MQTT", protocolVersion: 5 });
    expect(client.version).toBe(5);
  });

  test("carries every property given", () => {
    const { connection } = new Bench({
      properties: {
        sessionExpiryInterval: 3600,
        receiveMaximum: 10,
        maximumPacketSize: 2048,
        topicAliasMaximum: 4,
        requestResponseInformation: 1,
        requestProblemInformation: 0,
        userProperties: [
          ["firmware", "1"],
          ["firmware", "2"],
        ],
      },
    });
    expect(connection.last("connect").properties).toMatchObject({
      sessionExpiryInterval: 3600,
      receiveMaximum: 10,
      maximumPacketSize: 2048,
      topicAliasMaximum: 4,
      requestResponseInformation: true,
      requestProblemInformation: false,
      userProperties: { firmware: ["1", "2"] },
    });
  });

  test("announces no more messages at a time than the session holds", () => {
    expect(new Bench().connection.last("connect").properties?.receiveMaximum).toBe(256);
    const { connection } = new Bench({ session: new Session(5), properties: { receiveMaximum: 9 } });
    expect(connection.last("connect").properties?.receiveMaximum).toBe(5);
  });

  test("[MQTT-3.1.2-9] [MQTT-3.1.2-12] [MQTT-3.1.3-1] [MQTT-3.1.3-11] a will stands with its properties, topic and payload", () => {
    const { connection } = new Bench({
      user: "me",
      password: "secret",
      will: {
        topic: "home/ä",
        message: "offline",
        QoS: 2,
        retain: true,
        properties: { willDelayInterval: 30, messageExpiryInterval: 60, contentType: "text/plain" },
      },
    });
    const { clientId, username, password, will } = connection.last("connect");
    expect([clientId, username, String(password)]).toEqual(["client-1", "me", "secret"]);
    expect(will).toMatchObject({ topic: "home/ä", qos: 2, retain: true });
    expect(String(will?.payload)).toBe("offline");
    expect(will?.properties).toMatchObject({
      willDelayInterval: 30,
      messageExpiryInterval: 60,
      contentType: "text/plain",
    });
  });

  test("[MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-16] [MQTT-3.1.2-18] without will, user and password all their flags are 0", () => {
    const { connection } = new Bench();
    // Type and length, MQTT and its length, version: then the flags. Clean Start alone is set.
    expect(connection.peer.bytes[9]).toBe(2);
  });

  test.each([null, "", undefined])("user and password of %j are none, and a will of null is none", (none) => {
    const options = { user: none, password: none, will: null } as never;
    expect(new Bench(options).connection.peer.bytes[9]).toBe(2);
  });

  test("[MQTT-3.1.2-17] [MQTT-3.1.2-19] a password may stand without a user name, unlike in 3.1.1", () => {
    const { connection } = new Bench({ password: "token" });
    expect(connection.peer.bytes[9]).toBe(0x42);
    expect(connection.last("connect").username).toBeUndefined();
    expect(String(connection.last("connect").password)).toBe("token");
    const both = new Bench({ user: "me", password: "secret" }).connection;
    expect(both.peer.bytes[9]).toBe(0xc2);
  });

  test("[MQTT-3.1.3-2] [MQTT-3.1.3-3] [MQTT-3.1.3-4] [MQTT-3.1.3-12] identifier and user name are UTF-8, and the identifier is always there", () => {
    const { connection } = new Bench({ id: "zähler-1", user: "müller" });
    expect(connection.last("connect").clientId).toBe("zähler-1");
    expect(connection.last("connect").username).toBe("müller");
    const { broker } = new Bench();
    const make = (id: string) => (): unknown =>
      new MQTTClient({
        host: "broker.local",
        id,
        dns: broker.dns,
        socket: broker.socket,
        protocol: version5,
      });
    expect(codeThrownBy(make("a\ud800"))).toBe(INVALID_STRING);
  });

  test("an empty identifier asks the broker for one, also without clean", () => {
    const { client, connection } = new Bench({ id: "", clean: false }, (broker) => {
      broker.connack = { properties: { assignedClientIdentifier: "auto-7" } };
    });
    expect(connection.last("connect").clientId).toBe("");
    expect(new Bench({ id: undefined as never }).connection.last("connect").clientId).toBe("");
    expect(client.limits?.assignedClientIdentifier).toBe("auto-7");
  });

  test("[MQTT-3.1.2-4] Clean Start is what clean says", () => {
    expect(new Bench().connection.last("connect").clean).toBe(true);
    expect(new Bench({ clean: false }).connection.last("connect").clean).toBe(false);
  });

  test("properties out of their range are usage errors", () => {
    const { broker } = new Bench();
    const make = (properties: object) => (): unknown =>
      new MQTTClient({
        host: "broker.local",
        dns: broker.dns,
        socket: broker.socket,
        protocol: version5,
        properties,
      });
    expect(codeThrownBy(make({ receiveMaximum: 0 }))).toBe(INVALID_OPTION);
    expect(codeThrownBy(make({ authenticationMethod: "SCRAM" }))).toBe(INVALID_OPTION);
    expect(clock.pending).toBe(0);
  });
});

describe("CONNACK", () => {
  test("what the broker says of itself can be asked for", () => {
    const { client, controls } = new Bench({}, (broker) => {
      broker.connack = {
        properties: {
          sessionExpiryInterval: 100,
          receiveMaximum: 20,
          maximumQoS: 1,
          retainAvailable: false,
          maximumPacketSize: 1000,
          topicAliasMaximum: 5,
          reasonString: "welcome",
          wildcardSubscriptionAvailable: false,
          subscriptionIdentifiersAvailable: false,
          sharedSubscriptionAvailable: false,
          serverKeepAlive: 30,
          responseInformation: "answers/",
          userProperties: { room: "1" },
        },
      };
    });
    expect(client.limits).toEqual({
      receiveMaximum: 20,
      maximumQoS: 1,
      retainAvailable: false,
      maximumPacketSize: 1000,
      topicAliasMaximum: 5,
      wildcardSubscriptionAvailable: false,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
      sessionExpiryInterval: 100,
      serverKeepAlive: 30,
      assignedClientIdentifier: undefined,
      responseInformation: "answers/",
    });
    expect(controls[0]).toMatchObject({
      operation: MQTTClient.CONNACK,
      reasonCode: 0,
      sessionPresent: false,
    });
    expect(controls[0]?.properties).toMatchObject({
      [RESPONSE_INFORMATION]: "answers/",
      [USER_PROPERTY]: ["room=1"],
    });
  });

  test("what it does not say has the values of the standard", () => {
    expect(new Bench({ properties: { sessionExpiryInterval: 50 } }).client.limits).toMatchObject({
      receiveMaximum: 65_535,
      maximumQoS: 2,
      retainAvailable: true,
      topicAliasMaximum: 0,
      sessionExpiryInterval: 50,
      serverKeepAlive: undefined,
    });
  });

  test("[MQTT-3.1.2-20] a client that is idle for its keep alive sends PINGREQ", () => {
    const { connection } = new Bench({ keepAlive: 10_000 });
    clock.advance(10_000);
    expect(connection.log).toEqual(["connect", "pingreq"]);
  });

  test("[MQTT-3.1.2-21] [MQTT-3.2.2-21] Server Keep Alive replaces the client's own", () => {
    const { connection } = new Bench({ keepAlive: 100_000 }, (broker) => {
      broker.connack = { properties: { serverKeepAlive: 10 } };
    });
    clock.advance(10_000);
    expect(connection.log).toEqual(["connect", "pingreq"]);
  });

  test("a Server Keep Alive of 0 switches it off", () => {
    const { connection } = new Bench({ keepAlive: 10_000 }, (broker) => {
      broker.connack = { properties: { serverKeepAlive: 0 } };
    });
    clock.advance(100_000);
    expect(connection.log).toEqual(["connect"]);
  });

  test("[MQTT-4.13.2-1] a refusal is an error with Reason Code, Reason String and Server Reference, and the connection is closed", () => {
    const { errors, closes, connection } = new Bench({}, (broker) => {
      broker.connack = {
        reasonCode: 0x9d,
        properties: { reasonString: "we moved", serverReference: "other.local" },
      };
    });
    expect(errors[0]).toMatchObject({
      code: CONNECTION_REFUSED,
      reasonCode: 0x9d,
      returnCode: 0x9d,
      reasonString: "we moved",
      serverReference: "other.local",
    });
    expect(errors[0]?.message).toContain("we moved");
    expect([closes.length, connection.isClosed]).toEqual([1, true]);
  });

  test("a broker of 3.1.1 refuses by a CONNACK of its own: unsupported version", () => {
    const { errors } = new Bench({}, (broker) => {
      broker.script = (packet, { peer }) => {
        if (packet.cmd === "connect") peer.send(Uint8Array.of(0x20, 2, 0, 1));
        return true;
      };
    });
    expect(errors[0]).toMatchObject({ code: CONNECTION_REFUSED, reasonCode: 0x84 });
  });

  test("[MQTT-3.2.2-4] session present 1 where the client has no session: closed, as a protocol error", () => {
    for (const options of [{}, { clean: true, session: new Session() }, { clean: false }]) {
      const { codes, connection } = new Bench(options, (broker) => {
        broker.connack = { sessionPresent: true };
      });
      expect(codes).toEqual([PROTOCOL_ERROR]);
      expect(connection.log.at(-1)).toBe("disconnect 0x82");
      expect(connection.isClosed).toBe(true);
    }
  });

  test("[MQTT-3.1.2-23] [MQTT-4.1.0-1] session present 1 with a session: it goes on", () => {
    const session = new Session();
    const { controls } = new Bench({ clean: false, session }, (broker) => {
      session.publish(7, 1, false);
      broker.connack = { sessionPresent: true };
    });
    expect(controls[0]?.sessionPresent).toBe(true);
    expect(session.isInFlight(7)).toBe(true);
  });

  test("[MQTT-3.2.2-5] session present 0: the client discards what it has of the session", () => {
    const session = new Session();
    session.publish(7, 1, false);
    session.receive(3);
    new Bench({ clean: false, session });
    expect([session.isInFlight(7), session.isReceived(3)]).toEqual([false, false]);
  });

  test("another packet in its place is a protocol error", () => {
    const { codes, connection } = new Bench({}, (broker) => {
      broker.unanswered.add("connect");
    });
    connection.send({ cmd: "pingresp" });
    expect(codes).toEqual([PROTOCOL_ERROR]);
    expect(connection.log).toEqual(["connect", "disconnect 0x82"]);
  });

  test("[MQTT-3.2.0-2] a second one is a protocol error", () => {
    const { codes, connection } = new Bench();
    connection.send({ cmd: "connack", reasonCode: 0, sessionPresent: false });
    expect(codes).toEqual([PROTOCOL_ERROR]);
    expect(connection.log.at(-1)).toBe("disconnect 0x82");
  });

  test("a socket closed before it is a lost connection", () => {
    const { codes } = new Bench({}, (broker) => {
      broker.script = (_packet, { peer }) => {
        peer.finish();
        return true;
      };
    });
    expect(codes).toEqual([CONNECTION_LOST]);
  });
});
