import { afterEach, describe, expect, test } from "vitest";
import { PINGREQ, SUBSCRIBE } from "../../../device/mqtt/control-packet";
import { INVALID_OPTION, INVALID_QOS, NOT_CONNECTED } from "../../../device/mqtt/mqtt-error";
import { writeConnect } from "../../../device/mqtt/packet-writer";
import { bytesOf, hexOf, join, packet, publish, string } from "../bytes";
import { closeAll, codeThrownBy, connectClient, connectReliable, RawBroker } from "../raw-broker";

afterEach(closeAll);

type Options = NonNullable<Parameters<typeof connectClient>[1]>;

/** CONNECT of a client "c" with these options. */
function connectOf(options: Options): string {
  const broker = new RawBroker();
  connectClient(broker, options);
  expect(broker.packets.length).toBe(1);
  return broker.packets[0]!;
}

/** A CONNECT of MQTT 3.1.1 without Keep Alive. */
function connect(flags: string, ...payload: string[]): string {
  return packet(0x10, "00 04 4d 51 54 54", "04", flags, "00 00", join(...payload));
}

const CLIENT_ID = string("c");
const will = { topic: "w", message: "m" };

describe("CONNECT", () => {
  test("[MQTT-3.1.0-1] is the first packet, and none is sent before CONNACK", () => {
    const broker = new RawBroker();
    broker.connack = "";
    const { client } = connectClient(broker, { keepAlive: 1000 });
    for (const options of [
      { topic: "a" },
      { operation: PINGREQ },
      { operation: SUBSCRIBE, items: [{ topic: "a" }] },
    ])
      expect(codeThrownBy(() => client.write(Buffer.from("x"), options))).toBe(NOT_CONNECTED);
    broker.send();
    expect(hexOf(broker.peer.writes[0]!.subarray(0, 1))).toBe("10");
    expect(broker.packets.length).toBe(1);
    broker.send("20 02 00 00");
    client.write(Buffer.from("x"), { topic: "a" });
    broker.send();
    expect(broker.received).toEqual([publish("a", "x")]);
  });

  test("[MQTT-3.1.0-1] goes before messages and subscriptions that waited for the connection", () => {
    const broker = new RawBroker();
    const { client } = connectReliable(broker, {
      onConnect() {
        this.publish("first", "x");
      },
    });
    client.publish("a", "x");
    client.subscribe("b");
    broker.send();
    expect(broker.packets[0]?.slice(0, 2)).toBe("10");
    expect(broker.packets.filter((bytes) => bytes.startsWith("10")).length).toBe(1);
    expect(broker.received.length).toBe(3);
  });

  test("[MQTT-3.1.3-3] has the Client Identifier, first in its payload", () => {
    expect(connectOf({ id: "sensor-1" })).toBe(connect("02", string("sensor-1")));
    expect(connectOf({ id: "sensor-1", will })).toBe(
      connect("06", string("sensor-1"), string("w"), string("m")),
    );
    expect(connectOf({ id: "sensor-1", user: "u" })).toBe(connect("82", string("sensor-1"), string("u")));
  });

  test("[MQTT-3.1.3-1] has the Client Identifier, Will Topic, Will Message, user name and password in this order", () => {
    const options = { will: { ...will, QoS: 2, retain: true }, user: "u", password: "p" };
    expect(connectOf(options)).toBe(
      "10 19 00 04 4d 51 54 54 04 f6 00 00 00 01 63 00 01 77 00 01 6d 00 01 75 00 01 70",
    );
  });

  test("[MQTT-3.1.3-7] with an empty Client Identifier sets Clean Session, or is not sent", () => {
    expect(connectOf({ id: "" })).toBe(connect("02", "00 00"));
    const broker = new RawBroker();
    expect(codeThrownBy(() => connectClient(broker, { id: "", clean: false }))).toBe(INVALID_OPTION);
    expect(codeThrownBy(() => connectReliable(broker, { id: "" }))).toBe(INVALID_OPTION);
    broker.send();
    expect(broker.peers).toEqual([]);
    expect(connectOf({ clean: false })).toBe(connect("00", CLIENT_ID));
  });
});

describe("Will Flag", () => {
  test("[MQTT-3.1.2-9] 1 comes with Will Topic and Will Message; one without the other is refused", () => {
    expect(connectOf({ will })).toBe(connect("06", CLIENT_ID, string("w"), string("m")));
    expect(connectOf({ will: { topic: "w", message: "" } })).toBe(
      connect("06", CLIENT_ID, string("w"), "00 00"),
    );
    const broker = new RawBroker();
    expect(codeThrownBy(() => connectClient(broker, { will: { topic: "w" } }))).toBe(INVALID_OPTION);
    expect(codeThrownBy(() => connectClient(broker, { will: { message: "m" } }))).toBe(INVALID_OPTION);
    broker.send();
    expect(broker.peers).toEqual([]);
  });

  test("[MQTT-3.1.2-11] 0 comes with zero bits for QoS and retain, and without the two fields", () => {
    expect(connectOf({})).toBe(connect("02", CLIENT_ID));
    expect(connectOf({ will: null })).toBe(connect("02", CLIENT_ID));
    expect(connectOf({ user: "u", password: "p" })).toBe(connect("c2", CLIENT_ID, string("u"), string("p")));
  });

  test("[MQTT-3.1.2-13] 0 comes with Will QoS 0, even when a QoS is given", () => {
    const buffer = new Uint8Array(32);
    const fields = { id: bytesOf(CLIENT_ID), clean: true, keepAlive: 0 };
    const end = writeConnect(buffer, 0, { ...fields, willQoS: 2 });
    expect(hexOf(buffer.subarray(0, end))).toBe(connect("02", CLIENT_ID));
  });

  test("[MQTT-3.1.2-15] 0 comes with Will Retain 0, even when retain is given", () => {
    const buffer = new Uint8Array(32);
    const fields = { id: bytesOf(CLIENT_ID), clean: true, keepAlive: 0 };
    const end = writeConnect(buffer, 0, { ...fields, willRetain: true });
    expect(hexOf(buffer.subarray(0, end))).toBe(connect("02", CLIENT_ID));
  });

  test("[MQTT-3.1.2-14] 1 comes with Will QoS 0, 1 or 2; 3 is refused", () => {
    const flagsOf = (QoS: number): string => connectOf({ will: { ...will, QoS } }).split(" ")[9]!;
    expect([0, 1, 2].map(flagsOf)).toEqual(["06", "0e", "16"]);
    for (const QoS of [3, 4, -1, 0.5])
      expect(codeThrownBy(() => connectClient(new RawBroker(), { will: { ...will, QoS } }))).toBe(
        INVALID_QOS,
      );
  });
});

describe("user name and password", () => {
  test("[MQTT-3.1.2-18] without a user name its flag is 0 and there is no field", () => {
    expect(connectOf({})).toBe(connect("02", CLIENT_ID));
    expect(connectOf({ will })).toBe(connect("06", CLIENT_ID, string("w"), string("m")));
    // The default of the standard of the class, which means none.
    expect(connectOf({ user: "" })).toBe(connect("02", CLIENT_ID));
  });

  test("[MQTT-3.1.2-19] with a user name its flag is 1 and the field is there", () => {
    expect(connectOf({ user: "me" })).toBe(connect("82", CLIENT_ID, string("me")));
    expect(connectOf({ user: "me", will })).toBe(
      connect("86", CLIENT_ID, string("w"), string("m"), string("me")),
    );
  });

  test("[MQTT-3.1.2-20] without a password its flag is 0 and there is no field", () => {
    expect(connectOf({ user: "me" })).toBe(connect("82", CLIENT_ID, string("me")));
    expect(connectOf({ user: "me", password: "" })).toBe(connect("82", CLIENT_ID, string("me")));
  });

  test("[MQTT-3.1.2-21] with a password its flag is 1 and the field is there, text or bytes", () => {
    expect(connectOf({ user: "me", password: "p" })).toBe(
      connect("c2", CLIENT_ID, string("me"), string("p")),
    );
    const password = Uint8Array.of(0x00, 0xff, 0xd8);
    expect(connectOf({ user: "me", password })).toBe(
      connect("c2", CLIENT_ID, string("me"), "00 03 00 ff d8"),
    );
  });

  test("[MQTT-3.1.2-22] a password without a user name is refused; an empty user name is one", () => {
    const broker = new RawBroker();
    expect(codeThrownBy(() => connectClient(broker, { password: "p" }))).toBe(INVALID_OPTION);
    broker.send();
    expect(broker.peers).toEqual([]);
    expect(connectOf({ user: "", password: "p" })).toBe(connect("c2", CLIENT_ID, "00 00", string("p")));
  });
});
