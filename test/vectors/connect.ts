import { ascii, type Vector } from "./packet";

/** CONNECT, MQTT 3.1.1 section 3.1. From client to server. */
export const connectVectors: readonly Vector[] = [
  {
    title: "a CONNECT of the smallest kind, with a clean session",
    clause: "3.1.2, 3.1.3.1",
    packet: { type: 1, id: "a", clean: true, keepAlive: 60 },
    bytes: [
      ...[0x10, 0x0d], // CONNECT, Remaining Length 13
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x04, // Protocol Level 4
      0x02, // Connect Flags: Clean Session
      ...[0x00, 0x3c], // Keep Alive 60 s
      ...[0x00, 0x01, 0x61], // Client Identifier "a"
    ],
  },
  {
    title: "a CONNECT with an empty Client Identifier, which the server will choose",
    clause: "3.1.3.1 [MQTT-3.1.3-6] [MQTT-3.1.3-7]",
    packet: { type: 1, id: "", clean: true, keepAlive: 0 },
    bytes: [
      ...[0x10, 0x0c], // CONNECT, Remaining Length 12
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x04, // Protocol Level 4
      0x02, // Connect Flags: Clean Session
      ...[0x00, 0x00], // Keep Alive 0: off
      ...[0x00, 0x00], // Client Identifier: no bytes
    ],
  },
  {
    title: "a CONNECT that resumes a session, with the longest Keep Alive",
    clause: "3.1.2.4, 3.1.2.10",
    packet: { type: 1, id: "sensor", clean: false, keepAlive: 65_535 },
    bytes: [
      ...[0x10, 0x12], // CONNECT, Remaining Length 18
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x04, // Protocol Level 4
      0x00, // Connect Flags: none
      ...[0xff, 0xff], // Keep Alive 65,535 s
      ...[0x00, 0x06, 0x73, 0x65, 0x6e, 0x73, 0x6f, 0x72], // Client Identifier "sensor"
    ],
  },
  {
    title: "a CONNECT with everything, in the order of the payload",
    clause: "3.1.2.12, figure 3.6; [MQTT-3.1.3-1]",
    packet: {
      type: 1,
      id: "light",
      clean: true,
      keepAlive: 10,
      user: "anna",
      password: ascii("secret"),
      will: { topic: "home/light/status", message: ascii("offline"), QoS: 1, retain: true },
    },
    bytes: [
      ...[0x10, 0x3b], // CONNECT, Remaining Length 59
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x04, // Protocol Level 4
      0xee, // Connect Flags: User Name, Password, Will Retain, Will QoS 1, Will, Clean Session
      ...[0x00, 0x0a], // Keep Alive 10 s
      ...[0x00, 0x05, 0x6c, 0x69, 0x67, 0x68, 0x74], // Client Identifier "light"
      ...[0x00, 0x11, ...ascii("home/light/status")], // Will Topic, 17 bytes
      ...[0x00, 0x07, 0x6f, 0x66, 0x66, 0x6c, 0x69, 0x6e, 0x65], // Will Message "offline"
      ...[0x00, 0x04, 0x61, 0x6e, 0x6e, 0x61], // User Name "anna"
      ...[0x00, 0x06, 0x73, 0x65, 0x63, 0x72, 0x65, 0x74], // Password "secret"
    ],
  },
  {
    title: "a CONNECT with an empty Will Message at QoS 2",
    clause: "3.1.2.5, 3.1.2.6, 3.1.3.3",
    packet: {
      type: 1,
      id: "b",
      clean: false,
      keepAlive: 256,
      will: { topic: "w", message: [], QoS: 2, retain: false },
    },
    bytes: [
      ...[0x10, 0x12], // CONNECT, Remaining Length 18
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x04, // Protocol Level 4
      0x14, // Connect Flags: Will QoS 2, Will
      ...[0x01, 0x00], // Keep Alive 256 s
      ...[0x00, 0x01, 0x62], // Client Identifier "b"
      ...[0x00, 0x01, 0x77], // Will Topic "w"
      ...[0x00, 0x00], // Will Message: no bytes
    ],
  },
  {
    title: "a CONNECT with a User Name and no Password",
    clause: "3.1.2.8, 3.1.2.9; [MQTT-3.1.2-20]",
    packet: { type: 1, id: "c", clean: true, keepAlive: 1, user: "ü" },
    bytes: [
      ...[0x10, 0x11], // CONNECT, Remaining Length 17
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x04, // Protocol Level 4
      0x82, // Connect Flags: User Name, Clean Session
      ...[0x00, 0x01], // Keep Alive 1 s
      ...[0x00, 0x01, 0x63], // Client Identifier "c"
      ...[0x00, 0x02, 0xc3, 0xbc], // User Name "ü": two bytes, one character
    ],
  },
  {
    title: "a CONNECT whose Password is any bytes, zero among them",
    clause: "3.1.3.5",
    packet: { type: 1, id: "d", clean: true, keepAlive: 1, user: "", password: [0x00, 0xff] },
    bytes: [
      ...[0x10, 0x13], // CONNECT, Remaining Length 19
      ...[0x00, 0x04, 0x4d, 0x51, 0x54, 0x54], // Protocol Name "MQTT"
      0x04, // Protocol Level 4
      0xc2, // Connect Flags: User Name, Password, Clean Session
      ...[0x00, 0x01], // Keep Alive 1 s
      ...[0x00, 0x01, 0x64], // Client Identifier "d"
      ...[0x00, 0x00], // User Name: present, no bytes
      ...[0x00, 0x02, 0x00, 0xff], // Password: two bytes
    ],
  },
];
