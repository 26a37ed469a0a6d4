import { ascii, type Vector } from "./packet";

/** PUBLISH, MQTT 5.0 section 3.3. Both ways. */
export const publishVectors: readonly Vector[] = [
  {
    title: "a reading at QoS 0, without properties",
    clause: "3.3.2, 3.3.2.3.1; [MQTT-2.2.2-1]",
    packet: {
      type: 3,
      QoS: 0,
      retain: false,
      duplicate: false,
      topic: "home/temp",
      packetIdentifier: 0,
      payload: ascii("21.5"),
    },
    bytes: [
      ...[0x30, 0x10], // PUBLISH: QoS 0; Remaining Length 16
      ...[0x00, 0x09, ...ascii("home/temp")], // Topic Name
      0x00, // Property Length 0
      ...[0x32, 0x31, 0x2e, 0x35], // payload "21.5"
    ],
  },
  {
    title: "a retained duplicate at QoS 2 with every property of a message, User Properties in their order",
    clause: "3.3.2.3; [MQTT-3.3.2-17] [MQTT-3.3.2-18]",
    packet: {
      type: 3,
      QoS: 2,
      retain: true,
      duplicate: true,
      topic: "a/b",
      packetIdentifier: 10,
      payload: [0x00, 0xff],
      properties: [
        ["payloadFormatIndicator", 0],
        ["messageExpiryInterval", 0xfffefdfc],
        ["contentType", ""],
        ["responseTopic", "r/ü"],
        ["correlationData", [0x00, 0x80]],
        ["userProperty", ["z", "1"]],
        ["userProperty", ["a", "2"]],
        ["userProperty", ["z", "3"]],
      ],
    },
    bytes: [
      ...[0x3d, 0x35], // PUBLISH: DUP, QoS 2, RETAIN; Remaining Length 53
      ...[0x00, 0x03, 0x61, 0x2f, 0x62], // Topic Name "a/b"
      ...[0x00, 0x0a], // Packet Identifier 10
      0x2b, // Property Length 43
      ...[0x01, 0x00], // Payload Format Indicator: bytes
      ...[0x02, 0xff, 0xfe, 0xfd, 0xfc], // Message Expiry Interval 4,294,901,244 s
      ...[0x03, 0x00, 0x00], // Content Type: empty
      ...[0x08, 0x00, 0x04, 0x72, 0x2f, 0xc3, 0xbc], // Response Topic "r/ü"
      ...[0x09, 0x00, 0x02, 0x00, 0x80], // Correlation Data
      ...[0x26, 0x00, 0x01, 0x7a, 0x00, 0x01, 0x31], // User Property "z": "1"
      ...[0x26, 0x00, 0x01, 0x61, 0x00, 0x01, 0x32], // User Property "a": "2"
      ...[0x26, 0x00, 0x01, 0x7a, 0x00, 0x01, 0x33], // User Property "z": "3"
      ...[0x00, 0xff], // payload
    ],
  },
  {
    title: "a PUBLISH without payload, which clears a retained message",
    clause: "3.3.3; [MQTT-3.3.1-6]",
    packet: {
      type: 3,
      QoS: 1,
      retain: true,
      duplicate: false,
      topic: "a",
      packetIdentifier: 65_535,
      payload: [],
    },
    bytes: [
      ...[0x33, 0x06], // PUBLISH: QoS 1, RETAIN; Remaining Length 6
      ...[0x00, 0x01, 0x61], // Topic Name "a"
      ...[0xff, 0xff], // Packet Identifier 65,535
      0x00, // Property Length 0
    ],
  },
  {
    title: "a PUBLISH with properties and no payload",
    clause: "3.3.2.3",
    packet: {
      type: 3,
      QoS: 0,
      retain: false,
      duplicate: false,
      topic: "a",
      packetIdentifier: 0,
      payload: [],
      properties: [["payloadFormatIndicator", 1]],
    },
    bytes: [
      ...[0x30, 0x06], // PUBLISH: QoS 0; Remaining Length 6
      ...[0x00, 0x01, 0x61], // Topic Name "a"
      0x02, // Property Length 2
      ...[0x01, 0x01], // Payload Format Indicator: UTF-8
    ],
  },
  {
    title: "a PUBLISH whose Property Length takes two bytes",
    clause: "2.2.2.1, 1.5.5",
    packet: {
      type: 3,
      QoS: 0,
      retain: false,
      duplicate: false,
      topic: "a",
      packetIdentifier: 0,
      payload: [0x2a],
      properties: [["contentType", "t".repeat(125)]],
    },
    bytes: [
      ...[0x30, 0x86, 0x01], // PUBLISH: QoS 0; Remaining Length 134
      ...[0x00, 0x01, 0x61], // Topic Name "a"
      ...[0x80, 0x01], // Property Length 128
      ...[0x03, 0x00, 0x7d, ...ascii("t".repeat(125))], // Content Type
      0x2a, // payload
    ],
  },
  {
    title: "a PUBLISH that gives its topic an alias",
    clause: "3.3.2.3.4; [MQTT-3.3.2-8]",
    packet: {
      type: 3,
      QoS: 0,
      retain: false,
      duplicate: false,
      topic: "a/b",
      packetIdentifier: 0,
      payload: [0x01],
      properties: [["topicAlias", 5]],
    },
    bytes: [
      ...[0x30, 0x0a], // PUBLISH: QoS 0; Remaining Length 10
      ...[0x00, 0x03, 0x61, 0x2f, 0x62], // Topic Name "a/b"
      0x03, // Property Length 3
      ...[0x23, 0x00, 0x05], // Topic Alias 5
      0x01, // payload
    ],
  },
];

/** From client to server only: read by itself, the alias stands for nothing. */
export const aliasOnlyVector: Vector = {
  title: "a PUBLISH whose topic is an alias, before its other properties",
  clause: "3.3.2.1, 3.3.2.3.4",
  packet: {
    type: 3,
    QoS: 1,
    retain: false,
    duplicate: false,
    topic: "",
    packetIdentifier: 7,
    payload: [0x2a],
    properties: [
      ["topicAlias", 0x1234],
      ["payloadFormatIndicator", 1],
    ],
  },
  bytes: [
    ...[0x32, 0x0b], // PUBLISH: QoS 1; Remaining Length 11
    ...[0x00, 0x00], // Topic Name: no bytes
    ...[0x00, 0x07], // Packet Identifier 7
    0x05, // Property Length 5
    ...[0x23, 0x12, 0x34], // Topic Alias 4,660
    ...[0x01, 0x01], // Payload Format Indicator: UTF-8
    0x2a, // payload
  ],
};
