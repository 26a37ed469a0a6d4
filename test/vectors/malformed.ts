import { MALFORMED_PACKET, PROTOCOL_ERROR } from "../../device/mqtt/mqtt-error";

/** Bytes that no server may send, and what the reader makes of them. */
export interface MalformedVector {
  /** Starts with the id of the statement it proves. */
  title: string;
  bytes: number[];
  error: number;
  detail: string;
}

function malformed(title: string, detail: string, bytes: number[]): MalformedVector {
  return { title, detail, bytes, error: MALFORMED_PACKET };
}

/** Reserved and server-bound packet types, MQTT 3.1.1 table 2.1. */
const types: readonly MalformedVector[] = [
  malformed("[MQTT-4.8.0-1] packet type 0 is reserved", "packet type 0 is reserved", [0x00]),
  malformed("[MQTT-4.8.0-1] packet type 15 is reserved", "packet type 15 is reserved", [0xf0]),
  ...[0x10, 0x82, 0xa2, 0xc0, 0xe0].map(
    (first): MalformedVector => ({
      title: `[MQTT-4.8.0-1] packet type ${first >> 4} is for servers`,
      bytes: [first],
      error: PROTOCOL_ERROR,
      detail: `packet type ${first >> 4} is for servers`,
    }),
  ),
];

/** Fixed-header flags, MQTT 3.1.1 tables 2.2 and 3.2: every wrong value of every type. */
const flags: readonly MalformedVector[] = [0x20, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0].flatMap((right) =>
  Array.from({ length: 16 }, (_, value) => (right & 0xf0) | value)
    .filter((first) => first !== right)
    .map((first) =>
      malformed(
        `[MQTT-2.2.2-2] packet type ${first >> 4} with flags ${first & 15}`,
        `packet type ${first >> 4} with flags ${first & 15}`,
        [first],
      ),
    ),
);

/** Remaining Length, MQTT 3.1.1 section 2.2.3, and the lengths that a type can have. */
const lengths: readonly MalformedVector[] = [
  malformed(
    "[MQTT-4.8.0-1] Remaining Length of five bytes",
    "packet type 3 with Remaining Length over 4 bytes",
    [
      0x30, // PUBLISH
      ...[0x80, 0x80, 0x80, 0x80], // Remaining Length: the fourth byte announces a fifth
    ],
  ),
  ...[
    [0x20, 0], // CONNACK
    [0x20, 1],
    [0x20, 3],
    [0x40, 1], // PUBACK
    [0x40, 3],
    [0x50, 1], // PUBREC
    [0x50, 3],
    [0x62, 1], // PUBREL
    [0x62, 3],
    [0x70, 1], // PUBCOMP
    [0x70, 3],
    [0x90, 0], // SUBACK
    [0x90, 2], // no return code
    [0xb0, 1], // UNSUBACK
    [0xb0, 3],
    [0xd0, 1], // PINGRESP
    [0x30, 0], // PUBLISH: room for no topic
    [0x30, 2], // room for an empty topic only
    [0x32, 4], // room for no Packet Identifier
    [0x34, 4],
  ].map(([first = 0, length = 0]) =>
    malformed(
      `[MQTT-4.8.0-1] packet type ${first >> 4} at QoS ${(first >> 1) & 3} with a Remaining Length of ${length}`,
      `packet type ${first >> 4} with Remaining Length ${length}`,
      [first, length],
    ),
  ),
];

/** PUBLISH, MQTT 3.1.1 section 3.3. */
const publishes: readonly MalformedVector[] = [
  ...[0x36, 0x37, 0x3e, 0x3f].map((first) =>
    malformed(`[MQTT-3.3.1-4] PUBLISH with first byte ${first}: QoS 3`, "packet type 3 with QoS 3", [first]),
  ),
  ...[0x38, 0x39].map((first) =>
    malformed(
      `[MQTT-3.3.1-2] PUBLISH with first byte ${first}: DUP at QoS 0`,
      "packet type 3 with DUP at QoS 0",
      [first],
    ),
  ),
  malformed("[MQTT-4.7.3-1] PUBLISH with an empty topic", "packet type 3 with an empty topic", [
    ...[0x30, 0x04], // PUBLISH: QoS 0; Remaining Length 4
    ...[0x00, 0x00], // Topic Name: no bytes
  ]),
  malformed(
    "[MQTT-4.8.0-1] PUBLISH whose topic is longer than the packet",
    "packet type 3 with a topic of 4 bytes, Remaining Length 5",
    [
      ...[0x30, 0x05], // PUBLISH: QoS 0; Remaining Length 5
      ...[0x00, 0x04], // Topic Name: 4 bytes where 3 are left
    ],
  ),
  malformed(
    "[MQTT-4.8.0-1] PUBLISH whose topic leaves no room for the Packet Identifier",
    "packet type 3 with a topic of 2 bytes, Remaining Length 5",
    [
      ...[0x32, 0x05], // PUBLISH: QoS 1; Remaining Length 5
      ...[0x00, 0x02], // Topic Name: 2 bytes, which leave one
    ],
  ),
  malformed("[MQTT-2.3.1-1] PUBLISH with Packet Identifier 0", "packet type 3 with Packet Identifier 0", [
    ...[0x32, 0x05], // PUBLISH: QoS 1; Remaining Length 5
    ...[0x00, 0x01, 0x61], // Topic Name "a"
    ...[0x00, 0x00], // Packet Identifier 0
  ]),
];

/** Topics that are none, MQTT 3.1.1 sections 1.5.3 and 4.7. */
const topics: readonly MalformedVector[] = [
  { id: "MQTT-3.3.2-2", what: "#", topic: [0x61, 0x2f, 0x23] },
  { id: "MQTT-3.3.2-2", what: "+", topic: [0x2b] },
  { id: "MQTT-4.7.1-1", what: "# beside other characters", topic: [0x61, 0x23] },
  { id: "MQTT-1.5.3-2", what: "U+0000", topic: [0x61, 0x00] },
  { id: "MQTT-1.5.3-1", what: "an overlong slash", topic: [0xc0, 0xaf] },
  { id: "MQTT-1.5.3-1", what: "an overlong U+0000", topic: [0xc0, 0x80] },
  { id: "MQTT-1.5.3-1", what: "the surrogate U+D800", topic: [0xed, 0xa0, 0x80] },
  { id: "MQTT-1.5.3-1", what: "a character cut short", topic: [0x61, 0xe6, 0xb0] },
].map(({ id, what, topic }) =>
  malformed(
    `[${id}] PUBLISH whose topic has ${what}`,
    "packet type 3 with a wildcard, U+0000 or ill-formed UTF-8 in its topic",
    [
      ...[0x30, 2 + topic.length], // PUBLISH: QoS 0
      ...[0x00, topic.length, ...topic], // Topic Name
    ],
  ),
);

/** CONNACK, SUBACK and acknowledgements. */
const answers: readonly MalformedVector[] = [
  malformed("[MQTT-4.8.0-1] CONNACK with a reserved flag", "packet type 2 with acknowledge flags 2", [
    ...[0x20, 0x02], // CONNACK, Remaining Length 2
    0x02, // Connect Acknowledge Flags: bit 1 is reserved
    0x00, // Connect Return code: accepted
  ]),
  malformed("[MQTT-4.8.0-1] CONNACK with a reserved return code", "packet type 2 with return code 6", [
    ...[0x20, 0x02], // CONNACK, Remaining Length 2
    0x00, // Connect Acknowledge Flags: none
    0x06, // Connect Return code: 6 to 255 are reserved
  ]),
  ...[0x03, 0x7f, 0x81, 0xff].map((code) =>
    malformed(`[MQTT-3.9.3-2] SUBACK with return code ${code}`, `packet type 9 with return code ${code}`, [
      ...[0x90, 0x04], // SUBACK, Remaining Length 4
      ...[0x00, 0x01], // Packet Identifier 1
      0x01, // granted QoS 1
      code, // reserved
    ]),
  ),
  ...[0x40, 0x50, 0x62, 0x70, 0xb0].map((first) =>
    malformed(
      `[MQTT-2.3.1-1] packet type ${first >> 4} with Packet Identifier 0`,
      `packet type ${first >> 4} with Packet Identifier 0`,
      [
        ...[first, 0x02], // Remaining Length 2
        ...[0x00, 0x00], // Packet Identifier 0
      ],
    ),
  ),
  malformed("[MQTT-2.3.1-1] SUBACK with Packet Identifier 0", "packet type 9 with Packet Identifier 0", [
    ...[0x90, 0x03], // SUBACK, Remaining Length 3
    ...[0x00, 0x00], // Packet Identifier 0
    0x00, // granted QoS 0
  ]),
];

export const malformedVectors: readonly MalformedVector[] = [
  ...types,
  ...flags,
  ...lengths,
  ...publishes,
  ...topics,
  ...answers,
];
