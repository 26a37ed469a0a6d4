import { ascii, type Vector } from "./packet";

/** CONNECT, MQTT 5.0 section 3.1. From client to server. */
export const connectVectors: readonly Vector[] = [
  {
    title: "a CONNECT of the smallest kind, with a clean start",
    clause: "3.1.2, 3.1.3.1; [MQTT-2.2.2-1]",
    packet: { type: 1, id: "a", clean: true, keepAlive: 60 },
    bytes: [
      ...[0x10, 0x0e], // CONNECT, Remaining Length 14
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x05, // Protocol Version 5
      0x02, // Connect Flags: Clean Start
      ...[0x00, 0x3c], // Keep Alive 60 s
      0x00, // Property Length 0
      ...[0x00, 0x01, 0x61], // Client Identifier "a"
    ],
  },
  {
    title: "a CONNECT with an empty Client Identifier that does not start clean, which 3.1.1 forbids",
    clause: "3.1.3.1; [MQTT-3.1.3-6]",
    packet: { type: 1, id: "", clean: false, keepAlive: 0 },
    bytes: [
      ...[0x10, 0x0d], // CONNECT, Remaining Length 13
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x05, // Protocol Version 5
      0x00, // Connect Flags: none
      ...[0x00, 0x00], // Keep Alive 0: off
      0x00, // Property Length 0
      ...[0x00, 0x00], // Client Identifier: no bytes
    ],
  },
  {
    title: "a CONNECT with all properties",
    clause: "3.1.2.11",
    packet: {
      type: 1,
      id: "p",
      clean: true,
      keepAlive: 10,
      properties: [
        ["sessionExpiryInterval", 0xffffffff],
        ["authenticationMethod", "M"],
        ["authenticationData", [0x00, 0xff]],
        ["requestProblemInformation", 0],
        ["requestResponseInformation", 1],
        ["receiveMaximum", 2],
        ["topicAliasMaximum", 10],
        ["maximumPacketSize", 0x01020304],
        ["userProperty", ["n", "v"]],
      ],
    },
    bytes: [
      ...[0x10, 0x32], // CONNECT, Remaining Length 50
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x05, // Protocol Version 5
      0x02, // Connect Flags: Clean Start
      ...[0x00, 0x0a], // Keep Alive 10 s
      0x24, // Property Length 36
      ...[0x11, 0xff, 0xff, 0xff, 0xff], // Session Expiry Interval: never
      ...[0x15, 0x00, 0x01, 0x4d], // Authentication Method "M"
      ...[0x16, 0x00, 0x02, 0x00, 0xff], // Authentication Data
      ...[0x17, 0x00], // Request Problem Information 0
      ...[0x19, 0x01], // Request Response Information 1
      ...[0x21, 0x00, 0x02], // Receive Maximum 2
      ...[0x22, 0x00, 0x0a], // Topic Alias Maximum 10
      ...[0x27, 0x01, 0x02, 0x03, 0x04], // Maximum Packet Size 16,909,060
      ...[0x26, 0x00, 0x01, 0x6e, 0x00, 0x01, 0x76], // User Property "n": "v"
      ...[0x00, 0x01, 0x70], // Client Identifier "p"
    ],
  },
  {
    title: "a CONNECT with a will, its properties, user name and password, in the order of the payload",
    clause: "3.1.3; [MQTT-3.1.3-1]",
    packet: {
      type: 1,
      id: "w",
      clean: false,
      keepAlive: 256,
      user: "u",
      password: [0xfe],
      will: {
        topic: "t",
        message: ascii("off"),
        QoS: 2,
        retain: true,
        properties: [
          ["payloadFormatIndicator", 1],
          ["messageExpiryInterval", 60],
          ["contentType", "x"],
          ["responseTopic", "r"],
          ["correlationData", [0x07]],
          ["willDelayInterval", 5],
          ["userProperty", ["a", "c"]],
          ["userProperty", ["a", "b"]],
        ],
      },
    },
    bytes: [
      ...[0x10, 0x43], // CONNECT, Remaining Length 67
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x05, // Protocol Version 5
      0xf4, // Connect Flags: User Name, Password, Will Retain, Will QoS 2, Will
      ...[0x01, 0x00], // Keep Alive 256 s
      0x00, // Property Length 0
      ...[0x00, 0x01, 0x77], // Client Identifier "w"
      0x26, // Will Property Length 38
      ...[0x01, 0x01], // Payload Format Indicator: UTF-8
      ...[0x02, 0x00, 0x00, 0x00, 0x3c], // Message Expiry Interval 60 s
      ...[0x03, 0x00, 0x01, 0x78], // Content Type "x"
      ...[0x08, 0x00, 0x01, 0x72], // Response Topic "r"
      ...[0x09, 0x00, 0x01, 0x07], // Correlation Data
      ...[0x18, 0x00, 0x00, 0x00, 0x05], // Will Delay Interval 5 s
      ...[0x26, 0x00, 0x01, 0x61, 0x00, 0x01, 0x63], // User Property "a": "c"
      ...[0x26, 0x00, 0x01, 0x61, 0x00, 0x01, 0x62], // User Property "a": "b"
      ...[0x00, 0x01, 0x74], // Will Topic "t"
      ...[0x00, 0x03, 0x6f, 0x66, 0x66], // Will Payload "off"
      ...[0x00, 0x01, 0x75], // User Name "u"
      ...[0x00, 0x01, 0xfe], // Password
    ],
  },
  {
    title: "a CONNECT with a password and no user name, which 3.1.1 forbids",
    clause: "3.1.2.9; [MQTT-3.1.2-16] [MQTT-3.1.2-19]",
    packet: { type: 1, id: "q", clean: true, keepAlive: 1, password: ascii("token") },
    bytes: [
      ...[0x10, 0x15], // CONNECT, Remaining Length 21
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x05, // Protocol Version 5
      0x42, // Connect Flags: Password, Clean Start
      ...[0x00, 0x01], // Keep Alive 1 s
      0x00, // Property Length 0
      ...[0x00, 0x01, 0x71], // Client Identifier "q"
      ...[0x00, 0x05, 0x74, 0x6f, 0x6b, 0x65, 0x6e], // Password "token"
    ],
  },
];
