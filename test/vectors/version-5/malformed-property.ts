import { TOPIC_ALIAS_INVALID } from "../../../device/mqtt/version-5/mqtt-error";
import { type MalformedVector, malformed, protocolError, row } from "./malformed-vector";
import { ascii } from "./packet";

/** A PUBLISH to "a" at QoS 0 with these properties. */
function publish(...properties: number[]): number[] {
  return [0x30, 4 + properties.length, 0x00, 0x01, 0x61, properties.length, ...properties];
}

function connack(...properties: number[]): number[] {
  return [0x20, 3 + properties.length, 0x00, 0x00, properties.length, ...properties];
}

/** Properties, MQTT 5.0 section 2.2.2. */
const properties: readonly MalformedVector[] = [
  ...[0, 4, 7, 10, 12, 20, 32, 43, 0x7f, 0x81, 0xff].map((identifier) =>
    malformed(
      `[MQTT-4.13.1-1] property identifier ${identifier}, which is none,`,
      `packet type 3 with property ${identifier}, which it cannot have`,
      publish(identifier, 0x00, 0x00),
    ),
  ),
  ...[
    [1, 0x00], // Payload Format Indicator 0
    [3, 0x00, 0x00], // Content Type
    [33, 0x00, 0x01], // Receive Maximum 1, in PUBLISH below
    [36, 0x01], // Maximum QoS 1, in PUBLISH below
  ].map(([identifier = 0, ...value]) =>
    malformed(
      `[MQTT-4.13.1-1] property ${identifier} in a packet that cannot have it`,
      `packet type ${identifier < 32 ? 2 : 3} with property ${identifier}, which it cannot have`,
      (identifier < 32 ? connack : publish)(identifier, ...value),
    ),
  ),
  ...[
    [1, 0x00],
    [2, 0x00, 0x00, 0x00, 0x01],
    [3, 0x00, 0x00],
    [8, 0x00, 0x01, 0x72],
    [9, 0x00, 0x00],
    [35, 0x00, 0x01],
  ].map(([identifier = 0, ...value]) =>
    protocolError(
      `[MQTT-4.13.1-1] property ${identifier} twice in a PUBLISH`,
      `packet type 3 with property ${identifier} twice`,
      publish(identifier, ...value, identifier, ...value),
    ),
  ),
  ...[
    [17, 0x00, 0x00, 0x00, 0x00],
    [18, 0x00, 0x01, 0x61],
    [19, 0x00, 0x00],
    [21, 0x00, 0x00],
    [26, 0x00, 0x00],
    [28, 0x00, 0x00],
    [31, 0x00, 0x00],
    [33, 0x00, 0x01],
    [34, 0x00, 0x00],
    [36, 0x00],
    [37, 0x00],
    [39, 0x00, 0x00, 0x00, 0x01],
    [40, 0x00],
    [41, 0x00],
    [42, 0x00],
  ].map(([identifier = 0, ...value]) =>
    protocolError(
      `[MQTT-4.13.1-1] property ${identifier} twice in a CONNACK`,
      `packet type 2 with property ${identifier} twice`,
      connack(identifier, ...value, identifier, ...value),
    ),
  ),
  ...[
    [1, 2],
    [11, 0],
  ].map(([identifier = 0, value = 0]) =>
    protocolError(
      `[MQTT-4.13.1-1] property ${identifier} of ${value}`,
      `packet type 3 with property ${identifier} of ${value}`,
      publish(identifier, value),
    ),
  ),
  ...[36, 37, 40, 41, 42].map((identifier) =>
    protocolError(
      `[MQTT-4.13.1-1] property ${identifier} of 2`,
      `packet type 2 with property ${identifier} of 2`,
      connack(identifier, 2),
    ),
  ),
  protocolError("[MQTT-4.9.0-1] Receive Maximum 0", "packet type 2 with property 33 of 0", connack(33, 0, 0)),
  protocolError(
    "[MQTT-3.2.2-15] Maximum Packet Size 0",
    "packet type 2 with property 39 of 0",
    connack(39, 0, 0, 0, 0),
  ),
  row(
    TOPIC_ALIAS_INVALID,
    "[MQTT-3.3.2-8] Topic Alias 0",
    "packet type 3 with property 35 of 0",
    publish(35, 0, 0),
  ),
  row(
    TOPIC_ALIAS_INVALID,
    "[MQTT-3.3.2-11] Topic Alias above the maximum",
    "packet type 3 with alias 11, maximum 10",
    publish(35, 0, 11),
  ),
  protocolError(
    "[MQTT-3.3.2-7] Topic Alias that stands for nothing",
    "packet type 3 with alias 10, which stands for nothing",
    [0x30, 0x06, 0x00, 0x00, 0x03, 0x23, 0x00, 0x0a],
  ),
  ...[
    [1], // no value
    [2, 0x00, 0x00, 0x00], // three of four bytes
    [3, 0x00], // half a length
    [3, 0x00, 0x02, 0x61], // one of two bytes
    [9, 0x00, 0x01],
    [11], // no value
    [11, 0x80], // no end
    [11, 0x80, 0x00], // overlong
    [11, 0x80, 0x80, 0x80, 0x80, 0x01], // five bytes
    [35, 0x00],
    [38, 0x00, 0x01, 0x61], // no value
    [38, 0x00, 0x01, 0x61, 0x00, 0x01], // a value cut short
  ].map(([identifier = 0, ...value]) =>
    malformed(
      `[MQTT-4.13.1-1] property ${identifier} with a value of bytes ${value.join(" ")}`,
      `packet type 3 with property ${identifier} cut short or overlong`,
      publish(identifier, ...value),
    ),
  ),
  ...[
    { id: "MQTT-3.3.2-19", value: [3, 0x00, 0x01, 0x80] },
    { id: "MQTT-1.5.4-2", value: [3, 0x00, 0x01, 0x00] },
    { id: "MQTT-3.3.2-13", value: [8, 0x00, 0x01, 0xff] },
    { id: "MQTT-1.5.7-1", value: [38, 0x00, 0x01, 0xff, 0x00, 0x00] },
    { id: "MQTT-1.5.7-1", value: [38, 0x00, 0x01, 0x61, 0x00, 0x01, 0x00] },
  ].map(({ id, value }) =>
    malformed(
      `[${id}] property ${value[0]} with bytes ${value.slice(1).join(" ")}`,
      `packet type 3 with property ${value[0]} with U+0000 or ill-formed UTF-8`,
      publish(...value),
    ),
  ),
  ...["r/#", "+", ""].map((topic) =>
    protocolError(
      `[MQTT-3.3.2-14] Response Topic "${topic}"`,
      "packet type 3 with property 8 that is no Topic Name",
      publish(8, 0x00, topic.length, ...ascii(topic)),
    ),
  ),
  protocolError(
    "[MQTT-3.14.2-2] Session Expiry Interval in a DISCONNECT of the server",
    "packet type 14 with property 17 from a server",
    [0xe0, 0x07, 0x00, 0x05, 0x11, 0x00, 0x00, 0x00, 0x01],
  ),
  protocolError(
    "[MQTT-4.12.0-5] AUTH without Authentication Method",
    "packet type 15 with property 21 missing",
    [0xf0, 0x02, 0x18, 0x00],
  ),
  protocolError(
    "[MQTT-4.12.0-6] CONNACK with Authentication Data and no method",
    "packet type 2 with property 21 missing",
    connack(22, 0x00, 0x00),
  ),
];

/** What a client that has declined problem information does not want, MQTT 5.0 section 3.1.2.11.7. */
const declined: readonly MalformedVector[] = [
  [0x40, 0x07, 0x00, 0x01, 0x00, 0x03, 0x1f, 0x00, 0x00], // PUBACK with a Reason String
  [0x40, 0x09, 0x00, 0x01, 0x00, 0x05, 0x26, 0x00, 0x00, 0x00, 0x00], // PUBACK with a User Property
  [0x90, 0x07, 0x00, 0x01, 0x03, 0x1f, 0x00, 0x00, 0x00], // SUBACK with a Reason String
].map((bytes) => ({
  ...protocolError(
    `[MQTT-3.1.2-29] packet type ${(bytes[0] ?? 0) >> 4} of ${bytes.length} bytes with the problem information that was declined`,
    `packet type ${(bytes[0] ?? 0) >> 4} with problem information, which was declined`,
    bytes,
  ),
  declined: true,
}));

export const malformedPropertyVectors: readonly MalformedVector[] = [...properties, ...declined];
