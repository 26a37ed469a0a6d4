import { describe, expect, it } from "vitest";
import { SUBACK } from "../../../device/mqtt/control-packet";
import { INVALID_LENGTH, INVALID_OPTION, PROTOCOL_ERROR } from "../../../device/mqtt/mqtt-error";
import { FAILED, NEED_BYTES, PACKET, PAYLOAD, PUBLISH_HEADER } from "../../../device/mqtt/packet-reader";
import { encodeTopicName } from "../../../device/mqtt/topic";
import { TOPIC_ALIAS_INVALID, TOPIC_ALIASES_FULL } from "../../../device/mqtt/version-5/mqtt-error";
import { PacketReader } from "../../../device/mqtt/version-5/packet-reader";
import {
  CONTENT_TYPE,
  REASON_STRING,
  SERVER_KEEP_ALIVE,
  SUBSCRIPTION_IDENTIFIER,
  USER_PROPERTY,
} from "../../../device/mqtt/version-5/property";
import {
  disconnectReasonCode,
  UNSUPPORTED_PROTOCOL_VERSION,
} from "../../../device/mqtt/version-5/reason-code";
import { readPackets } from "../../vectors/version-5/read-packets";

const pingResponse: readonly number[] = [0xd0, 0x00];
const everyPiece: readonly number[][] = [[Number.POSITIVE_INFINITY], [1], [2], [3], [5, 1]];

/** PUBLISH to "a/b" with DUP, QoS 2, RETAIN, Packet Identifier 10, Content Type "x", payload of 3 bytes. */
const publish = Uint8Array.of(
  ...[0x3d, 0x0f, 0x00, 0x03, 0x61, 0x2f, 0x62, 0x00, 0x0a],
  ...[0x04, 0x03, 0x00, 0x01, 0x78],
  ...[0x01, 0x02, 0x03],
);

function feed(reader: PacketReader, ...bytes: number[]): number {
  return reader.feed(Uint8Array.from(bytes), 0, bytes.length);
}

describe("reading a PUBLISH", () => {
  it("gives topic and properties first, then the payload piece by piece as it comes", () => {
    const reader = new PacketReader();
    expect(reader.feed(publish, 0, 13)).toBe(13);
    expect(reader.event).toBe(NEED_BYTES);
    expect(reader.feed(publish, 13, 16)).toBe(14);
    expect(reader.event).toBe(PUBLISH_HEADER);
    expect([reader.type, reader.QoS, reader.retain, reader.duplicate]).toEqual([3, 2, true, true]);
    expect([reader.packetIdentifier, reader.topic, reader.topicByteLength]).toEqual([10, "a/b", 3]);
    expect(reader.properties.get(CONTENT_TYPE)).toBe("x");
    expect([reader.payloadByteLength, reader.payloadRemaining, reader.packetByteLength]).toEqual([3, 3, 17]);
    expect(reader.feed(publish, 14, 16)).toBe(16);
    expect([reader.event, reader.payloadRemaining]).toEqual([PAYLOAD, 1]);
    expect(reader.feed(publish, 16, 17)).toBe(17);
    expect([reader.event, reader.payloadRemaining, reader.payloadByteLength]).toEqual([PAYLOAD, 0, 3]);
    expect([reader.topic, reader.properties.get(CONTENT_TYPE)]).toEqual(["a/b", "x"]);
  });

  it("compares the topic without decoding it", () => {
    const reader = new PacketReader();
    reader.feed(publish, 0, publish.length);
    expect(reader.topicEquals(encodeTopicName("a/b"))).toBe(true);
    for (const other of ["a/c", "b/b", "a/bc", "a"])
      expect(reader.topicEquals(encodeTopicName(other))).toBe(false);
  });

  it("lets its owner take the payload past it", () => {
    const reader = new PacketReader();
    reader.feed(publish, 0, publish.length);
    expect(() => reader.takePayload(4)).toThrow(expect.objectContaining({ code: INVALID_LENGTH }));
    reader.takePayload(3);
    feed(reader, ...pingResponse);
    expect(reader.event).toBe(PACKET);
  });

  it("of 268,435,460 bytes announces its payload and keeps nothing of it", () => {
    const reader = new PacketReader();
    feed(reader, 0x30, 0xff, 0xff, 0xff, 0x7f, 0x00, 0x01, 0x61, 0x00);
    expect([reader.event, reader.payloadByteLength]).toEqual([PUBLISH_HEADER, 268_435_451]);
  });

  it("properties of one packet are not those of the next", () => {
    const reader = new PacketReader();
    reader.feed(publish, 0, publish.length);
    reader.takePayload(3);
    feed(reader, 0x30, 0x04, 0x00, 0x01, 0x61, 0x00, 0x2a);
    expect([reader.event, reader.properties.byteLength]).toEqual([PUBLISH_HEADER, 0]);
    expect(reader.properties.has(CONTENT_TYPE)).toBe(false);
  });

  it("may carry several Subscription Identifiers", () => {
    const reader = new PacketReader();
    feed(reader, 0x30, 0x08, 0x00, 0x01, 0x61, 0x04, 0x0b, 0x01, 0x0b, 0x02);
    const first = reader.properties.find(SUBSCRIPTION_IDENTIFIER);
    const second = reader.properties.find(SUBSCRIPTION_IDENTIFIER, first);
    expect([reader.properties.numberAt(first), reader.properties.numberAt(second)]).toEqual([1, 2]);
  });
});

describe("Topic Aliases of the server", () => {
  /** PUBLISH at QoS 0 without payload. */
  function aliased(alias: number, topic: string): number[] {
    const name = [...encodeTopicName(topic.padStart(1))].slice(topic === "" ? 3 : 0);
    const encoded = topic === "" ? [0x00, 0x00] : name;
    return [0x30, encoded.length + 4, ...encoded, 0x03, 0x23, alias >> 8, alias & 255];
  }

  it("[MQTT-3.3.2-10] from 1 to the announced maximum stand for their topics", () => {
    const reader = new PacketReader({ topicAliasMaximum: 3 });
    const stream = [...aliased(1, "a/b"), ...aliased(3, "c"), ...aliased(1, ""), ...aliased(3, "")];
    for (const cuts of everyPiece) {
      const topics = readPackets(
        reader,
        Uint8Array.from([...stream, ...aliased(1, "d"), ...aliased(1, "")]),
        cuts,
      );
      expect(topics).toMatchObject(["a/b", "c", "a/b", "c", "d", "d"].map((topic) => ({ topic })));
      reader.reset();
    }
  });

  it("are compared, measured and payload follows them as with any topic", () => {
    const reader = new PacketReader({ topicAliasMaximum: 1 });
    feed(reader, ...aliased(1, "a/b"));
    const bytes = [0x32, 0x0b, 0x00, 0x00, 0x00, 0x07, 0x05, 0x01, 0x01, 0x23, 0x00, 0x01, 0x2a];
    expect(feed(reader, ...bytes)).toBe(12);
    expect([reader.event, reader.topicByteLength, reader.packetIdentifier]).toEqual([PUBLISH_HEADER, 3, 7]);
    expect([reader.payloadByteLength, reader.payloadRemaining]).toEqual([1, 1]);
    expect(reader.topicEquals(encodeTopicName("a/b"))).toBe(true);
    expect(reader.topicEquals(encodeTopicName("a/c"))).toBe(false);
  });

  it.each([
    [0, 1],
    [2, 3],
    [2, 0],
  ])("[MQTT-3.3.2-11] with maximum %d, alias %d is answered with 0x94", (topicAliasMaximum, alias) => {
    const reader = new PacketReader({ topicAliasMaximum });
    feed(reader, ...aliased(alias, "a"));
    expect([reader.event, reader.error]).toEqual([FAILED, TOPIC_ALIAS_INVALID]);
    expect(disconnectReasonCode(reader.error)).toBe(0x94);
  });

  it("[MQTT-3.3.2-7] mean nothing on the next connection: answered with 0x82", () => {
    const reader = new PacketReader({ topicAliasMaximum: 1 });
    feed(reader, ...aliased(1, "a"));
    reader.reset();
    feed(reader, ...aliased(1, ""));
    expect([reader.event, reader.error]).toEqual([FAILED, PROTOCOL_ERROR]);
    expect(disconnectReasonCode(reader.error)).toBe(0x82);
  });

  it("whose topics take more memory than allowed end the connection with 0x97", () => {
    const reader = new PacketReader({ topicAliasMaximum: 2, topicAliasByteLength: 131 });
    feed(reader, ...aliased(1, "a"));
    expect(reader.event).toBe(PUBLISH_HEADER);
    feed(reader, ...aliased(2, "a"));
    expect([reader.event, reader.error, reader.detail]).toEqual([
      FAILED,
      TOPIC_ALIASES_FULL,
      "packet type 3 with an alias whose topic is over the limit of 131 bytes",
    ]);
    expect(disconnectReasonCode(reader.error)).toBe(0x97);
  });

  it.each([-1, 65_536, 0.5])("a maximum of %d is refused", (topicAliasMaximum) => {
    expect(() => new PacketReader({ topicAliasMaximum })).toThrow(
      expect.objectContaining({
        code: INVALID_OPTION,
        message: `topicAliasMaximum ${topicAliasMaximum} is not 0 to 65535`,
      }),
    );
  });
});

describe("a server that does not know version 5", () => {
  it.each([
    [0x00, 0x01], // 3.1.1: unacceptable protocol version
    [0x00, 0x84], // a Reason Code without properties
    [0x00, 0x05],
    [0x01, 0x00], // accepted, in 3.1.1
  ])("says so with a CONNACK of two bytes: %d, %d", (flags, code) => {
    const reader = new PacketReader();
    feed(reader, 0x20, 0x02, flags, code);
    expect([reader.event, reader.reasonCode, reader.returnCode]).toEqual([
      PACKET,
      UNSUPPORTED_PROTOCOL_VERSION,
      UNSUPPORTED_PROTOCOL_VERSION,
    ]);
  });
});

describe("other packets", () => {
  it("codes of SUBACK and UNSUBACK are a view past the properties", () => {
    const reader = new PacketReader();
    feed(reader, 0x90, 0x08, 0x00, 0x09, 0x03, 0x1f, 0x00, 0x00, 0x80, 0x02);
    expect([reader.type, reader.packetIdentifier, reader.returnCodeCount]).toEqual([SUBACK, 9, 2]);
    expect([...reader.returnCodes]).toEqual([0x80, 0x02]);
    expect(reader.properties.get(REASON_STRING)).toBe("");
  });

  it("the Reason Code of one packet is not that of the next", () => {
    const reader = new PacketReader();
    feed(reader, 0x40, 0x03, 0x00, 0x01, 0x97);
    expect(reader.reasonCode).toBe(0x97);
    feed(reader, 0x40, 0x02, 0x00, 0x01);
    expect(reader.reasonCode).toBe(0);
  });

  it("[MQTT-3.2.2-21] Server Keep Alive 0 is told from none", () => {
    const reader = new PacketReader();
    feed(reader, 0x20, 0x06, 0x00, 0x00, 0x03, 0x13, 0x00, 0x00);
    expect(reader.properties.get(SERVER_KEEP_ALIVE)).toBe(0);
    feed(reader, 0x20, 0x03, 0x00, 0x00, 0x00);
    expect(reader.properties.get(SERVER_KEEP_ALIVE)).toBeUndefined();
  });

  it("[MQTT-3.1.2-29] who declined problem information takes properties that are none, and packets without", () => {
    for (const bytes of [
      [0x40, 0x04, 0x00, 0x01, 0x00, 0x00],
      [0x90, 0x04, 0x00, 0x01, 0x00, 0x00],
      [0xf0, 0x06, 0x18, 0x04, 0x15, 0x00, 0x01, 0x4d],
    ]) {
      const reader = new PacketReader({ requestProblemInformation: 0 });
      feed(reader, ...bytes);
      expect([reader.event, reader.type]).toEqual([PACKET, (bytes[0] as number) >> 4]);
    }
  });

  it("[MQTT-3.1.2-29] problem information that was declined may stand in PUBLISH, CONNACK and DISCONNECT", () => {
    for (const bytes of [
      [0x30, 0x09, 0x00, 0x01, 0x61, 0x05, 0x26, 0x00, 0x00, 0x00, 0x00],
      [0x20, 0x08, 0x00, 0x00, 0x05, 0x26, 0x00, 0x00, 0x00, 0x00],
      [0xe0, 0x07, 0x00, 0x05, 0x26, 0x00, 0x00, 0x00, 0x00],
    ]) {
      const reader = new PacketReader({ requestProblemInformation: 0 });
      feed(reader, ...bytes);
      expect([reader.event, reader.properties.has(USER_PROPERTY)]).toEqual([
        bytes[0] === 0x30 ? PUBLISH_HEADER : PACKET,
        true,
      ]);
    }
  });
});

describe("reset", () => {
  it("forgets half a packet: the next byte is the first of a connection", () => {
    for (let length = 1; length < publish.length; length++) {
      const reader = new PacketReader();
      readPackets(reader, publish.subarray(0, length), [1]);
      reader.reset();
      expect([reader.event, reader.payloadRemaining, reader.properties.byteLength]).toEqual([
        NEED_BYTES,
        0,
        0,
      ]);
      expect(readPackets(reader, publish, [1])).toMatchObject([{ topic: "a/b", payload: [1, 2, 3] }]);
    }
  });
});

it("a reader that is given no bytes needs bytes", () => {
  const reader = new PacketReader();
  expect(reader.feed(publish, 3, 3)).toBe(3);
  expect(reader.event).toBe(NEED_BYTES);
});
