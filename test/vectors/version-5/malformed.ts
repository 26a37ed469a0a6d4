import { type MalformedVector, malformed, protocolError } from "./malformed-vector";

/** Packet types and fixed-header flags, MQTT 5.0 tables 2-1 and 2-2. */
const types: readonly MalformedVector[] = [
  malformed("[MQTT-4.13.1-1] packet type 0 is reserved and", "packet type 0 is reserved", [0x00]),
  ...[0x10, 0x82, 0xa2, 0xc0].map((first) =>
    protocolError(
      `[MQTT-4.13.1-1] packet type ${first >> 4} is for servers and`,
      `packet type ${first >> 4} is for servers`,
      [first],
    ),
  ),
  ...[
    { id: "MQTT-2.1.3-1", rights: [0x20, 0x40, 0x50, 0x70, 0x90, 0xb0, 0xd0] },
    { id: "MQTT-3.6.1-1", rights: [0x62] },
    { id: "MQTT-3.14.1-1", rights: [0xe0] },
    { id: "MQTT-3.15.1-1", rights: [0xf0] },
  ].flatMap(({ id, rights }) =>
    rights.flatMap((right) =>
      Array.from({ length: 16 }, (_, value) => (right & 0xf0) | value)
        .filter((first) => first !== right)
        .map((first) =>
          malformed(
            `[${id}] packet type ${first >> 4} with flags ${first & 15}`,
            `packet type ${first >> 4} with flags ${first & 15}`,
            [first],
          ),
        ),
    ),
  ),
  ...[0x36, 0x37, 0x3e, 0x3f].map((first) =>
    malformed(`[MQTT-3.3.1-4] PUBLISH with first byte ${first}: QoS 3`, "packet type 3 with QoS 3", [first]),
  ),
  ...[0x38, 0x39].map((first) =>
    malformed(`[MQTT-3.3.1-2] PUBLISH with first byte ${first}`, "packet type 3 with DUP at QoS 0", [first]),
  ),
];

/** Remaining Length and Property Length, MQTT 5.0 sections 1.5.5, 2.1.4 and 2.2.2.1. */
const lengths: readonly MalformedVector[] = [
  malformed(
    "[MQTT-1.5.5-1] Remaining Length of five bytes",
    "packet type 3 with Remaining Length over 4 bytes",
    [0x30, 0x80, 0x80, 0x80, 0x80],
  ),
  malformed(
    "[MQTT-1.5.5-1] Remaining Length in more bytes than it needs",
    "packet type 4 with an overlong Remaining Length",
    [0x40, 0x82, 0x00],
  ),
  ...[
    [0x20, 0], // CONNACK
    [0x20, 1],
    [0x40, 1], // PUBACK
    [0x50, 1], // PUBREC
    [0x62, 1], // PUBREL
    [0x70, 1], // PUBCOMP
    [0x90, 3], // SUBACK: no Reason Code
    [0xb0, 3], // UNSUBACK: no Reason Code
    [0xb0, 2], // UNSUBACK of 3.1.1
    [0xd0, 1], // PINGRESP
    [0xf0, 1], // AUTH: Reason Code alone
    [0x30, 2], // PUBLISH: no Property Length
    [0x32, 4],
  ].map(([first = 0, length = 0]) =>
    malformed(
      `[MQTT-4.13.1-1] packet type ${first >> 4} with a Remaining Length of ${length}`,
      `packet type ${first >> 4} with Remaining Length ${length}`,
      [first, length],
    ),
  ),
  malformed(
    "[MQTT-1.5.5-1] an overlong Property Length of a PUBLISH",
    "packet type 3 with an overlong Property Length",
    [...[0x30, 0x06, 0x00, 0x01, 0x61, 0x80, 0x00, 0x2a]],
  ),
  malformed(
    "[MQTT-1.5.5-1] a Property Length of five bytes",
    "packet type 3 with a Property Length that does not end",
    [0x30, 0x09, 0x00, 0x01, 0x61, 0x80, 0x80, 0x80, 0x80, 0x01, 0x00],
  ),
  malformed(
    "[MQTT-4.13.1-1] a PUBLISH that ends inside its Property Length",
    "packet type 3 with a Property Length that does not end",
    [0x30, 0x04, 0x00, 0x01, 0x61, 0x80],
  ),
  malformed(
    "[MQTT-4.13.1-1] a PUBLISH that ends inside its properties",
    "packet type 3 with properties of 3 bytes where 2 are left",
    [0x30, 0x06, 0x00, 0x01, 0x61, 0x03, 0x01, 0x00],
  ),
  malformed(
    "[MQTT-1.5.5-1] an overlong Property Length of a CONNACK",
    "packet type 2 with a wrong Property Length",
    [0x20, 0x04, 0x00, 0x00, 0x80, 0x00],
  ),
  malformed(
    "[MQTT-4.13.1-1] a CONNACK that ends inside its properties",
    "packet type 2 with a wrong Property Length",
    [0x20, 0x04, 0x00, 0x00, 0x02, 0x24],
  ),
  malformed(
    "[MQTT-4.13.1-1] a SUBACK whose properties take all",
    "packet type 9 without Reason Codes",
    [0x90, 0x06, 0x00, 0x01, 0x03, 0x1f, 0x00, 0x00],
  ),
  malformed(
    "[MQTT-4.13.1-1] bytes after the properties of a CONNACK",
    "packet type 2 with 1 bytes after its properties",
    [0x20, 0x04, 0x00, 0x00, 0x00, 0x00],
  ),
  malformed(
    "[MQTT-4.13.1-1] bytes after the properties of a PUBACK",
    "packet type 4 with 2 bytes after its properties",
    [0x40, 0x06, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00],
  ),
];

/** Topics, identifiers and Reason Codes. */
const fields: readonly MalformedVector[] = [
  protocolError(
    "[MQTT-4.7.3-1] PUBLISH with neither topic nor alias",
    "packet type 3 with neither topic nor alias",
    [0x30, 0x03, 0x00, 0x00, 0x00],
  ),
  malformed(
    "[MQTT-4.13.1-1] PUBLISH whose topic leaves no room for the Property Length",
    "packet type 3 with a topic of 2 bytes, Remaining Length 4",
    [0x30, 0x04, 0x00, 0x02],
  ),
  malformed(
    "[MQTT-4.13.1-1] PUBLISH whose topic leaves no room for the Packet Identifier",
    "packet type 3 with a topic of 2 bytes, Remaining Length 6",
    [0x32, 0x06, 0x00, 0x02],
  ),
  ...[
    { id: "MQTT-3.3.2-2", what: "#", topic: [0x61, 0x2f, 0x23] },
    { id: "MQTT-4.7.0-1", what: "+", topic: [0x2b] },
    { id: "MQTT-1.5.4-2", what: "U+0000", topic: [0x61, 0x00] },
    { id: "MQTT-1.5.4-1", what: "the surrogate U+D800", topic: [0xed, 0xa0, 0x80] },
  ].map(({ id, what, topic }) =>
    malformed(
      `[${id}] PUBLISH whose topic has ${what}`,
      "packet type 3 with a wildcard, U+0000 or ill-formed UTF-8 in its topic",
      [0x30, 3 + topic.length, 0x00, topic.length, ...topic],
    ),
  ),
  malformed("[MQTT-2.2.1-4] PUBLISH with Packet Identifier 0", "packet type 3 with Packet Identifier 0", [
    ...[0x32, 0x06, 0x00, 0x01, 0x61, 0x00, 0x00],
  ]),
  ...[0x40, 0x50, 0x62, 0x70].map((first) =>
    malformed(
      `[MQTT-2.2.1-5] packet type ${first >> 4} with Packet Identifier 0`,
      `packet type ${first >> 4} with Packet Identifier 0`,
      [first, 0x02, 0x00, 0x00],
    ),
  ),
  ...[0x90, 0xb0].map((first) =>
    malformed(
      `[MQTT-2.2.1-6] packet type ${first >> 4} with Packet Identifier 0`,
      `packet type ${first >> 4} with Packet Identifier 0`,
      [first, 0x04, 0x00, 0x00, 0x00, 0x00],
    ),
  ),
  malformed("[MQTT-3.2.2-1] CONNACK with a reserved flag", "packet type 2 with acknowledge flags 2", [
    ...[0x20, 0x03, 0x02, 0x00, 0x00],
  ]),
  ...[
    {
      id: "MQTT-3.2.2-8",
      start: [0x20, 0x03, 0x00],
      codes: [1, 0x8b, 0x8d, 0x91, 0x9e, 0xa2, 0xa3],
      end: [0x00],
    },
    { id: "MQTT-3.4.2-1", start: [0x40, 0x03, 0, 1], codes: [1, 0x11, 0x81, 0x92, 0xff], end: [] },
    { id: "MQTT-3.5.2-1", start: [0x50, 0x03, 0, 1], codes: [2, 0x18, 0x92, 0x93], end: [] },
    { id: "MQTT-3.6.2-1", start: [0x62, 0x03, 0, 1], codes: [0x10, 0x80, 0x91], end: [] },
    { id: "MQTT-3.7.2-1", start: [0x70, 0x03, 0, 1], codes: [0x10, 0x80, 0x93], end: [] },
    { id: "MQTT-3.9.3-2", start: [0x90, 0x05, 0, 1, 0, 0], codes: [3, 0x11, 0x82, 0x9b, 0xa3], end: [] },
    { id: "MQTT-3.11.3-2", start: [0xb0, 0x05, 0, 1, 0, 0], codes: [1, 0x12, 0x97, 0x9e], end: [] },
    { id: "MQTT-3.14.2-1", start: [0xe0, 0x01], codes: [0x04, 0x10, 0x18, 0x84, 0x8c, 0x91, 0xa3], end: [] },
    {
      id: "MQTT-3.15.2-1",
      start: [0xf0, 0x06],
      codes: [0x01, 0x19, 0x80],
      end: [0x04, 0x15, 0x00, 0x01, 0x4d],
    },
  ].flatMap(({ id, start, codes, end }) =>
    codes.map((code) =>
      protocolError(
        `[${id}] packet type ${(start[0] ?? 0) >> 4} with Reason Code ${code}`,
        `packet type ${(start[0] ?? 0) >> 4} with Reason Code ${code}`,
        [...start, code, ...end],
      ),
    ),
  ),
];

export const malformedVectors: readonly MalformedVector[] = [...types, ...lengths, ...fields];
