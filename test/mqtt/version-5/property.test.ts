import { describe, expect, it } from "vitest";
import * as controlPacket from "../../../device/mqtt/control-packet";
import * as property from "../../../device/mqtt/version-5/property";
import {
  isPropertyOf,
  isRepeatable,
  propertyRow,
  readNumber,
  readVariableByteInteger,
  TYPE_MASK,
  valueEnd,
  variableByteIntegerEnd,
} from "../../../device/mqtt/version-5/property";
import { IDENTIFIERS } from "../../vectors/version-5/packet";

const { AUTH, CONNACK, CONNECT, DISCONNECT, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } = controlPacket;
const { SUBACK, SUBSCRIBE, UNSUBACK, UNSUBSCRIBE } = controlPacket;
const WILL = property.WILL;
const answers = [CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH];

/** MQTT 5.0 table 2-4: identifier, type (byte, two, four, variable, string, binary, pair), packets. */
const TABLE: readonly [number, number, number[]][] = [
  [1, property.BYTE, [PUBLISH, WILL]],
  [2, property.FOUR_BYTE_INTEGER, [PUBLISH, WILL]],
  [3, property.STRING, [PUBLISH, WILL]],
  [8, property.STRING, [PUBLISH, WILL]],
  [9, property.BINARY, [PUBLISH, WILL]],
  [11, property.VARIABLE_BYTE_INTEGER, [PUBLISH, SUBSCRIBE]],
  [17, property.FOUR_BYTE_INTEGER, [CONNECT, CONNACK, DISCONNECT]],
  [18, property.STRING, [CONNACK]],
  [19, property.TWO_BYTE_INTEGER, [CONNACK]],
  [21, property.STRING, [CONNECT, CONNACK, AUTH]],
  [22, property.BINARY, [CONNECT, CONNACK, AUTH]],
  [23, property.BYTE, [CONNECT]],
  [24, property.FOUR_BYTE_INTEGER, [WILL]],
  [25, property.BYTE, [CONNECT]],
  [26, property.STRING, [CONNACK]],
  [28, property.STRING, [CONNACK, DISCONNECT]],
  [31, property.STRING, answers],
  [33, property.TWO_BYTE_INTEGER, [CONNECT, CONNACK]],
  [34, property.TWO_BYTE_INTEGER, [CONNECT, CONNACK]],
  [35, property.TWO_BYTE_INTEGER, [PUBLISH]],
  [36, property.BYTE, [CONNACK]],
  [37, property.BYTE, [CONNACK]],
  [38, property.STRING_PAIR, [...answers, CONNECT, PUBLISH, WILL, SUBSCRIBE, UNSUBSCRIBE]],
  [39, property.FOUR_BYTE_INTEGER, [CONNECT, CONNACK]],
  [40, property.BYTE, [CONNACK]],
  [41, property.BYTE, [CONNACK]],
  [42, property.BYTE, [CONNACK]],
];

describe("the table of properties", () => {
  it("has the 27 properties of the standard, and no other", () => {
    const identifiers = TABLE.map(([identifier]) => identifier);
    expect(identifiers).toHaveLength(27);
    expect(Object.values(IDENTIFIERS)).toEqual(identifiers);
    for (let identifier = 0; identifier < 256; identifier++)
      expect(propertyRow(identifier) !== 0).toBe(identifiers.includes(identifier));
  });

  it.each(TABLE)("property %d has its type, and exactly its packets", (identifier, type, packets) => {
    expect(propertyRow(identifier) & TYPE_MASK).toBe(type);
    for (let packet = WILL; packet <= AUTH; packet++)
      expect([packet, isPropertyOf(identifier, packet)]).toEqual([packet, packets.includes(packet)]);
  });

  it("each constant has the identifier of its name", () => {
    for (const [name, identifier] of Object.entries(IDENTIFIERS)) {
      const constant = name
        .replace("QoS", "Qos")
        .replace(/[A-Z]/g, (capital) => `_${capital}`)
        .toUpperCase();
      expect([name, (property as Record<string, unknown>)[constant]]).toEqual([name, identifier]);
    }
  });

  it("User Properties may repeat everywhere, Subscription Identifiers in a PUBLISH, nothing else", () => {
    for (const [identifier, , packets] of TABLE)
      for (const packet of packets)
        expect(isRepeatable(identifier, packet)).toBe(
          identifier === 38 || (identifier === 11 && packet === PUBLISH),
        );
  });
});

describe("a Variable Byte Integer", () => {
  it.each([
    [0, [0x00]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [16_383, [0xff, 0x7f]],
    [16_384, [0x80, 0x80, 0x01]],
    [2_097_151, [0xff, 0xff, 0x7f]],
    [2_097_152, [0x80, 0x80, 0x80, 0x01]],
    [268_435_455, [0xff, 0xff, 0xff, 0x7f]],
  ])("%d is read from its shortest encoding", (value, encoded) => {
    const bytes = Uint8Array.of(0xff, ...encoded, 0x00);
    expect(variableByteIntegerEnd(bytes, 1, bytes.length)).toBe(1 + encoded.length);
    expect(readVariableByteInteger(bytes, 1)).toBe(value);
    expect(variableByteIntegerEnd(bytes, 1, encoded.length)).toBe(0);
  });

  it.each([
    [[0x80, 0x00]],
    [[0xff, 0x80, 0x00]],
    [[0x80, 0x80, 0x80, 0x00]],
    [[0x80, 0x80, 0x80, 0x80, 0x01]],
    [[]],
  ])("[MQTT-1.5.5-1] has no end when overlong, too long or missing: %j", (encoded) => {
    expect(variableByteIntegerEnd(Uint8Array.from(encoded), 0, encoded.length)).toBe(0);
  });
});

describe("a value", () => {
  it("ends where its type says, or nowhere when it is cut short", () => {
    const bytes = Uint8Array.of(0xff, 0x00, 0x01, 0x61, 0x00, 0x02, 0x62, 0x63, 0x00);
    for (const [type, end] of [
      [property.BYTE, 2],
      [property.TWO_BYTE_INTEGER, 3],
      [property.FOUR_BYTE_INTEGER, 5],
      [property.VARIABLE_BYTE_INTEGER, 2],
      [property.STRING, 4],
      [property.BINARY, 4],
      [property.STRING_PAIR, 8],
    ] as const) {
      expect([type, valueEnd(bytes, 1, bytes.length, type)]).toEqual([type, end]);
      expect([type, valueEnd(bytes, 1, end, type)]).toEqual([type, end]);
      for (let short = 1; short < end; short++) expect(valueEnd(bytes, 1, short, type)).toBe(0);
    }
    expect(valueEnd(bytes, bytes.length, bytes.length, property.STRING)).toBe(0);
    expect(valueEnd(bytes, bytes.length - 1, bytes.length, property.STRING_PAIR)).toBe(0);
  });

  it("of four bytes is never negative", () => {
    expect(readNumber(Uint8Array.of(0xff, 0xfe, 0xfd, 0xfc), 0, property.FOUR_BYTE_INTEGER)).toBe(0xfffefdfc);
    expect(readNumber(Uint8Array.of(0xff, 0xfe), 0, property.TWO_BYTE_INTEGER)).toBe(0xfffe);
    expect(readNumber(Uint8Array.of(0xff), 0, property.BYTE)).toBe(0xff);
  });
});
