import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import {
  CONNACK_TIMEOUT,
  CONNECTION_REFUSED,
  INVALID_OPTION,
  INVALID_QOS,
  INVALID_STRING,
  INVALID_TOPIC,
  NOT_CONNECTED,
} from "../../../device/mqtt/mqtt-error";
import { clock } from "../../support/timer";
import { join, number, PINGREQ, packet, string } from "../bytes";
import { closeAll, codeThrownBy } from "../raw-broker";
import {
  connack,
  connect5,
  connectWith,
  parting,
  properties,
  publish5,
  receiveMaximum,
  reliable5,
} from "./bench";

afterEach(closeAll);

const PROTOCOL = join(string("MQTT"), "05");
/** What this client always says: it takes 256 messages at a time. */
const OWN = properties(receiveMaximum(256));

/** A CONNECT of this client. */
function connectPacket(flags: string, ...payload: string[]): string {
  return packet(0x10, PROTOCOL, flags, "00 00", OWN, ...payload);
}

/** The CONNECT that options make. */
function sentWith(options: Parameters<typeof connect5>[0]): string | undefined {
  return connect5(options).broker.packets[0];
}

function refusalOf(options: Parameters<typeof connect5>[0]): number {
  return codeThrownBy(() => connect5(options));
}

describe("CONNECT", () => {
  test("[MQTT-3.1.0-1] [MQTT-3.1.2-1] is the first packet and the only one until CONNACK, with protocol name MQTT and version 5", () => {
    const { broker, client } = connectWith(undefined, { keepAlive: 100 });
    expect(codeThrownBy(() => client.write(Buffer.from("x"), { topic: "a" }))).toBe(NOT_CONNECTED);
    clock.advance(1000);
    expect(broker.packets).toEqual([packet(0x10, PROTOCOL, "02", "00 01", OWN, string("c"))]);
  });

  test("[MQTT-3.1.0-1] is the first packet of every connection of a ReliableClient, also with messages waiting", () => {
    const { broker, client } = reliable5();
    client.publish("a", "x", { QoS: 1 });
    for (let count = 0; count < 3; count++) {
      broker.reset();
      clock.advance(2000);
      expect(broker.packets[0]?.startsWith("10 ")).toBe(true);
      expect(broker.received.length).toBe(1);
    }
    expect(broker.peers.length).toBe(4);
  });

  test("[MQTT-3.1.2-16] [MQTT-3.1.2-18] [MQTT-3.1.2-11] [MQTT-3.1.2-13] without user, password and will their flags are 0 and their fields absent", () => {
    expect(sentWith({})).toBe(connectPacket("02", string("c")));
    expect(sentWith({ clean: false })).toBe(connectPacket("00", string("c")));
  });

  test.each([
    [{ user: "u" }, "82", [string("u")]],
    [{ password: "p" }, "42", [string("p")]],
    [{ user: "u", password: "p" }, "c2", [string("u"), string("p")]],
  ])(
    "[MQTT-3.1.2-16] [MQTT-3.1.2-17] [MQTT-3.1.2-18] [MQTT-3.1.2-19] with %j the flags are 0x%s, each flag with its field",
    (options, flags, fields) => {
      expect(sentWith(options)).toBe(connectPacket(flags, string("c"), ...fields));
    },
  );

  test.each([
    [0, false, "06"],
    [1, false, "0e"],
    [2, false, "16"],
    [0, true, "26"],
    [2, true, "36"],
  ])(
    "[MQTT-3.1.2-9] [MQTT-3.1.2-12] a will of QoS %d, retain %s has flags 0x%s; properties, topic and payload follow",
    (QoS, retain, flags) => {
      const sent = sentWith({ will: { topic: "w", message: "gone", QoS, retain } });
      expect(sent).toBe(connectPacket(flags, string("c"), "00", string("w"), string("gone")));
    },
  );

  test("[MQTT-3.1.2-9] a will may be empty, but not without its topic", () => {
    expect(sentWith({ will: { topic: "w", message: "" } })).toBe(
      connectPacket("06", string("c"), "00", string("w"), "00 00"),
    );
    for (const will of [{ message: "gone" }, { topic: "w" }])
      expect(() => connect5({ will: will as never })).toThrow();
  });

  test("[MQTT-3.1.2-12] a will of QoS 3 is refused", () => {
    expect(refusalOf({ will: { topic: "w", message: "gone", QoS: 3 } })).toBe(INVALID_QOS);
  });

  test("[MQTT-3.1.3-1] [MQTT-3.1.3-3] the payload is in order: identifier, will properties, will topic, will payload, user name, password", () => {
    const will = { topic: "w", message: "gone", properties: { willDelayInterval: 7, contentType: "t" } };
    expect(sentWith({ id: "me", user: "u", password: "p", will })).toBe(
      connectPacket(
        "c6",
        string("me"),
        properties("03", string("t"), "18 00 00 00 07"),
        string("w"),
        string("gone"),
        string("u"),
        string("p"),
      ),
    );
  });

  test("[MQTT-3.1.3-3] an identifier stands there also when it is empty", () => {
    expect(sentWith({ id: "" })).toBe(connectPacket("02", "00 00"));
    expect(sentWith({ id: "", user: "u" })).toBe(connectPacket("82", "00 00", string("u")));
  });

  test("[MQTT-3.1.3-4] [MQTT-3.1.3-11] [MQTT-3.1.3-12] identifier, will topic and user name are sent in UTF-8", () => {
    const sent = sentWith({ id: "Gerät-水", user: "Zoë😀", will: { topic: "tür/水", message: "" } });
    const fields = [string("Gerät-水"), "00", string("tür/水"), "00 00", string("Zoë😀")];
    expect(sent).toBe(connectPacket("86", ...fields));
  });

  test("[MQTT-3.1.3-4] [MQTT-3.1.3-11] [MQTT-3.1.3-12] text that has no UTF-8 is refused, before there is a connection", () => {
    for (const text of ["\ud83d", "a\udc00b", "a\0"]) {
      expect(refusalOf({ id: text })).toBe(INVALID_STRING);
      expect(refusalOf({ user: text })).toBe(INVALID_STRING);
      expect(refusalOf({ will: { topic: text, message: "" } })).toBe(INVALID_TOPIC);
      expect(refusalOf({ will: { topic: "w", message: "", properties: { contentType: text } } })).toBe(
        INVALID_STRING,
      );
    }
    expect(clock.pending).toBe(0);
  });

  test("[MQTT-3.1.2-30] with an Authentication Method nothing goes out before CONNACK but AUTH and DISCONNECT", () => {
    const options = {
      keepAlive: 100,
      properties: { authenticationMethod: "M" },
      onAuthenticate: () => "answer",
    };
    const { broker, client, errors } = connectWith(undefined, options);
    const { PINGREQ, SUBSCRIBE, UNSUBSCRIBE, PUBACK, PUBREL, DISCONNECT } = MQTTClient;
    const items = [{ topic: "a" }];
    for (const operation of [PINGREQ, SUBSCRIBE, UNSUBSCRIBE, PUBACK, PUBREL])
      expect(codeThrownBy(() => client.write(undefined, { operation, id: 1, items }))).toBe(NOT_CONNECTED);
    expect(codeThrownBy(() => client.write(Buffer.from("x"), { topic: "a" }))).toBe(NOT_CONNECTED);
    clock.advance(1000);
    const method = join("15", string("M"));
    broker.send(packet(0xf0, "18", properties(method)));
    client.write(undefined, { operation: DISCONNECT });
    broker.send();
    expect(broker.received).toEqual([
      packet(0xf0, "18", properties(method, "16", string("answer"))),
      "e0 00",
    ]);
    expect(errors).toEqual([]);
  });

  test("[MQTT-3.1.2-30] a ReliableClient that authenticates keeps messages, subscriptions and pings back until CONNACK", () => {
    const { broker, client } = reliable5({
      keepAlive: 1000,
      properties: { authenticationMethod: "M" },
      onAuthenticate: () => "answer",
    });
    // This broker has not named the method: an error, and the next attempt gets no answer.
    broker.connack = "";
    clock.advance(1000);
    const { length } = broker.peers;
    client.subscribe("a");
    client.publish("a", "x", { QoS: 1 });
    clock.advance(5000);
    expect([broker.peers.length, broker.received]).toEqual([length, []]);
    const method = join("15", string("M"));
    broker.send(packet(0xf0, "18", properties(method)));
    expect(broker.received.map((bytes) => bytes.slice(0, 2))).toEqual(["f0"]);
    broker.send(connack(false, 0, method));
    expect(broker.received.map((bytes) => bytes.slice(0, 2))).toEqual(["f0", "82", "32"]);
  });
});

describe("Keep Alive", () => {
  test("[MQTT-3.1.2-20] before so long has passed without another packet PINGREQ goes out, and while there are others none", () => {
    const { broker, client } = connect5({ keepAlive: 10_000 });
    for (let count = 0; count < 5; count++) {
      clock.advance(6000);
      client.write(Buffer.from("x"), { topic: "a" });
      broker.send(publish5("a", "x"));
    }
    expect(broker.received.length).toBe(5);
    clock.advance(10_000);
    expect(broker.received.slice(5)).toEqual([PINGREQ]);
  });

  test("[MQTT-3.1.2-20] a Keep Alive of 0 sends none", () => {
    const { broker } = connect5({ keepAlive: 0 });
    clock.advance(24 * 3_600_000);
    expect([broker.received, broker.isClosed]).toEqual([[], false]);
  });

  test.each([
    ["shorter", 10_000, 4],
    ["longer", 10_000, 40],
    ["where the client has none", 0, 4],
  ])(
    "[MQTT-3.1.2-21] [MQTT-3.2.2-21] a Server Keep Alive that is %s holds instead of the client's own",
    (_what, keepAlive, seconds) => {
      const { broker } = connect5({ keepAlive }, join("13", number(seconds)));
      clock.advance(seconds * 1000 - 100);
      expect(broker.received).toEqual([]);
      clock.advance(200);
      expect(broker.received).toEqual([PINGREQ]);
    },
  );

  test("[MQTT-3.1.2-21] [MQTT-3.2.2-21] holds for that connection only: the next begins with the client's own", () => {
    const { broker } = reliable5({ keepAlive: 10_000 }, join("13", number(2)));
    const own = broker.packets[0];
    broker.connack = connack();
    broker.reset();
    clock.advance(600);
    expect(broker.packets[0]).toBe(own);
    clock.advance(9000);
    expect(broker.received).toEqual([]);
    clock.advance(1100);
    expect(broker.received).toEqual([PINGREQ]);
  });
});

describe("CONNACK", () => {
  test("[MQTT-4.13.2-1] with any Reason Code of failure the connection is closed, and nothing is sent on it any more", () => {
    for (const code of [0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95])
      for (const answer of [connack(false, code), connack(false, code, join("1f", string("no")))]) {
        const { broker, errors, controls } = connectWith(answer);
        expect([errors, controls]).toEqual([[CONNECTION_REFUSED], []]);
        expect([broker.received, broker.isClosed]).toEqual([[], true]);
      }
  });

  test("[MQTT-4.13.2-1] with 0 it stays, and one that never comes is not waited for", () => {
    const { broker, controls } = connect5();
    clock.advance(3_600_000);
    expect([broker.isClosed, controls]).toEqual([false, [MQTTClient.CONNACK]]);
    const silent = connectWith(undefined, { connackTimeout: 5000 });
    clock.advance(6000);
    expect([silent.errors, silent.broker.isClosed]).toEqual([[CONNACK_TIMEOUT], true]);
  });

  test("[MQTT-4.13.2-1] a DISCONNECT of failure closes, from the server and of the client", () => {
    for (const code of [0x80, 0x87, 0x8b, 0x8e, 0x98, 0xa2]) {
      const { broker, errors } = connect5();
      broker.send(parting(code));
      expect([errors.length, broker.received, broker.isClosed]).toEqual([1, [], true]);
    }
    const { broker, client, errors } = connect5();
    client.write(undefined, { operation: MQTTClient.DISCONNECT, reasonCode: 0x80 });
    broker.send();
    clock.advance(10_000);
    expect([broker.received, broker.isClosed, errors]).toEqual([[parting(0x80)], true, []]);
  });

  test("an option that no CONNECT can carry is refused", () => {
    expect(refusalOf({ properties: { topicAliasMaximum: 65_536 } })).toBe(INVALID_OPTION);
  });
});
