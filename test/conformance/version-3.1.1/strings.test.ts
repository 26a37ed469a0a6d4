import { afterEach, describe, expect, test } from "vitest";
import { SUBSCRIBE, UNSUBSCRIBE } from "../../../device/mqtt/control-packet";
import { INVALID_STRING, INVALID_TOPIC, MALFORMED_PACKET } from "../../../device/mqtt/mqtt-error";
import { field, number, packet, publish, string, utf8 } from "../bytes";
import { closeAll, codeThrownBy, connectClient, RawBroker } from "../raw-broker";

afterEach(closeAll);

const SURROGATES = ["\ud800", "a\udfff", "\udc00\ud800"];
const ILL_FORMED = [
  ["an overlong slash", "c0 af"],
  ["an overlong U+0000", "c0 80"],
  ["the surrogate U+D800", "ed a0 80"],
  ["a character after U+10FFFF", "f4 90 80 80"],
  ["a character cut short", "e6 b0"],
  ["a continuation without its beginning", "80"],
] as const;

/** The client ends the connection because of a PUBLISH with this topic, and delivers nothing. */
function expectRefusal(topicField: string): void {
  const broker = new RawBroker();
  const { messages, errors } = connectClient(broker);
  broker.send(packet(0x30, topicField, utf8("x")), publish("after", "y"));
  expect(errors).toEqual([MALFORMED_PACKET]);
  expect(broker.isClosed).toBe(true);
  expect(messages).toEqual([]);
}

describe("strings", () => {
  test.each(ILL_FORMED)("[MQTT-1.5.3-1] a topic with %s closes the connection", (_what, topic) => {
    expectRefusal(field(topic));
  });

  test("[MQTT-1.5.3-1] well-formed topics of one to four bytes a character are received and sent", () => {
    const broker = new RawBroker();
    const { client, messages } = connectClient(broker);
    broker.send(packet(0x30, field("61 c3 a9 e6 b0 b4 f0 9f 98 80"), utf8("x")));
    expect(messages).toMatchObject([{ topic: "aé水😀", payload: "x" }]);
    client.write(Buffer.from("x"), { topic: "aé水😀" });
    broker.send();
    expect(broker.received).toEqual([packet(0x30, field("61 c3 a9 e6 b0 b4 f0 9f 98 80"), utf8("x"))]);
    expect(broker.isClosed).toBe(false);
  });

  test("[MQTT-1.5.3-1] text with an unpaired surrogate is never sent, whatever the field", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    for (const text of SURROGATES) {
      const items = [{ topic: text }];
      expect(codeThrownBy(() => client.write(Buffer.from("x"), { topic: text }))).toBe(INVALID_TOPIC);
      expect(codeThrownBy(() => client.write(null, { operation: SUBSCRIBE, items }))).toBe(INVALID_TOPIC);
      expect(codeThrownBy(() => connectClient(broker, { id: text }))).toBe(INVALID_STRING);
      expect(codeThrownBy(() => connectClient(broker, { user: text }))).toBe(INVALID_STRING);
    }
    broker.send();
    expect(broker.received).toEqual([]);
  });

  test("[MQTT-1.5.3-2] a topic with U+0000 closes the connection, at its beginning, middle and end", () => {
    for (const topic of ["00", "61 00", "61 00 62", "00 61"]) expectRefusal(field(topic));
  });

  test("[MQTT-1.5.3-2] text with U+0000 is never sent, whatever the field", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    const will = { topic: "a\0", message: "m" };
    expect(codeThrownBy(() => client.write(Buffer.from("x"), { topic: "a\0b" }))).toBe(INVALID_TOPIC);
    expect(codeThrownBy(() => connectClient(broker, { id: "\0" }))).toBe(INVALID_STRING);
    expect(codeThrownBy(() => connectClient(broker, { user: "a\0" }))).toBe(INVALID_STRING);
    expect(codeThrownBy(() => connectClient(broker, { will }))).toBe(INVALID_TOPIC);
    broker.send();
    expect(broker.peers.length).toBe(1);
    expect(broker.received).toEqual([]);
  });

  test("[MQTT-1.5.3-3] EF BB BF is U+FEFF at the beginning and inside a topic, sent and received", () => {
    const broker = new RawBroker();
    const { client, messages } = connectClient(broker);
    broker.send(packet(0x30, field("ef bb bf 61 ef bb bf"), utf8("x")));
    expect(messages.map(({ topic }) => topic)).toEqual(["\ufeffa\ufeff"]);
    client.write(Buffer.from("x"), { topic: "\ufeffa\ufeff" });
    broker.send();
    expect(broker.received).toEqual([packet(0x30, field("ef bb bf 61 ef bb bf"), utf8("x"))]);
  });

  test("[MQTT-3.3.2-1] the topic stands first in PUBLISH, before Packet Identifier and payload, in UTF-8", () => {
    const broker = new RawBroker();
    const { client, messages } = connectClient(broker);
    client.write(Buffer.from("21"), { topic: "ü/b", QoS: 1 });
    broker.send(
      // PUBLISH at QoS 1; topic of 4 bytes "ü/b"; Packet Identifier 258; payload "21"
      "32 0a 00 04 c3 bc 2f 62 01 02 32 31",
    );
    expect(broker.received[0]).toBe("32 0a 00 04 c3 bc 2f 62 00 01 32 31");
    expect(messages).toMatchObject([{ topic: "ü/b", payload: "21" }]);
  });

  test("[MQTT-3.1.3-4] the Client Identifier is sent in UTF-8; one that has none is refused", () => {
    const broker = new RawBroker();
    connectClient(broker, { id: "Gerät-水" });
    expect(broker.packets).toEqual([packet(0x10, string("MQTT"), "04 02 00 00", string("Gerät-水"))]);
    expect(codeThrownBy(() => connectClient(broker, { id: "\ud83d" }))).toBe(INVALID_STRING);
  });

  test("[MQTT-3.1.3-10] the Will Topic is sent in UTF-8; one that has none is refused", () => {
    const broker = new RawBroker();
    connectClient(broker, { will: { topic: "tür/水", message: "m" } });
    const payload = [string("c"), string("tür/水"), string("m")];
    expect(broker.packets).toEqual([packet(0x10, string("MQTT"), "04 06 00 00", ...payload)]);
    const will = { topic: "\ud83d", message: "m" };
    expect(codeThrownBy(() => connectClient(broker, { will }))).toBe(INVALID_TOPIC);
  });

  test("[MQTT-3.1.3-11] the user name is sent in UTF-8; one that has none is refused", () => {
    const broker = new RawBroker();
    connectClient(broker, { user: "José" });
    expect(broker.packets).toEqual([
      packet(0x10, string("MQTT"), "04 82 00 00", string("c"), string("José")),
    ]);
    expect(codeThrownBy(() => connectClient(broker, { user: "\ud83d" }))).toBe(INVALID_STRING);
  });

  test("[MQTT-3.8.3-1] Topic Filters of SUBSCRIBE are sent in UTF-8; one that has none sends nothing", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    client.write(null, { operation: SUBSCRIBE, items: [{ topic: "é/+", QoS: 1 }, { topic: "水/#" }] });
    const bad = [{ topic: "good" }, { topic: "\ud83d/#" }];
    expect(codeThrownBy(() => client.write(null, { operation: SUBSCRIBE, items: bad }))).toBe(INVALID_TOPIC);
    broker.send();
    expect(broker.received).toEqual([packet(0x82, number(1), string("é/+"), "01", string("水/#"), "00")]);
  });

  test("[MQTT-3.10.3-1] Topic Filters of UNSUBSCRIBE are sent in UTF-8, one right behind the other", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    client.write(null, { operation: UNSUBSCRIBE, items: [{ topic: "é/+" }, { topic: "水/#" }] });
    const bad = [{ topic: "good" }, { topic: "\ud83d/#" }];
    expect(codeThrownBy(() => client.write(null, { operation: UNSUBSCRIBE, items: bad }))).toBe(
      INVALID_TOPIC,
    );
    broker.send();
    expect(broker.received).toEqual([packet(0xa2, number(1), string("é/+"), string("水/#"))]);
  });
});
