import { ascii, type Vector } from "./packet";

/** CONNACK, SUBACK, UNSUBACK, PINGRESP, DISCONNECT and AUTH, MQTT 5.0 sections 3.2, 3.9, 3.11, 3.13 to 3.15. From server to client. */
export const toClientVectors: readonly Vector[] = [
  {
    title: "a CONNACK that accepts, without properties",
    clause: "3.2.2",
    packet: { type: 2, sessionPresent: false, reasonCode: 0 },
    bytes: [
      ...[0x20, 0x03], // CONNACK, Remaining Length 3
      0x00, // Connect Acknowledge Flags: none
      0x00, // Connect Reason Code: success
      0x00, // Property Length 0
    ],
  },
  {
    title: "a CONNACK that resumes a session, with all properties",
    clause: "3.2.2.3",
    packet: {
      type: 2,
      sessionPresent: true,
      reasonCode: 0,
      properties: [
        ["sessionExpiryInterval", 0x80000000],
        ["assignedClientIdentifier", "id-1"],
        ["serverKeepAlive", 60],
        ["authenticationMethod", "M"],
        ["authenticationData", []],
        ["responseInformation", "r/"],
        ["serverReference", "b:1883"],
        ["reasonString", "hi"],
        ["receiveMaximum", 65_535],
        ["topicAliasMaximum", 0],
        ["maximumQoS", 1],
        ["retainAvailable", 0],
        ["userProperty", ["k", "v"]],
        ["maximumPacketSize", 1],
        ["wildcardSubscriptionAvailable", 1],
        ["subscriptionIdentifiersAvailable", 0],
        ["sharedSubscriptionAvailable", 1],
      ],
    },
    bytes: [
      ...[0x20, 0x48], // CONNACK, Remaining Length 72
      0x01, // Connect Acknowledge Flags: Session Present
      0x00, // Connect Reason Code: success
      0x45, // Property Length 69
      ...[0x11, 0x80, 0x00, 0x00, 0x00], // Session Expiry Interval 2,147,483,648 s
      ...[0x12, 0x00, 0x04, ...ascii("id-1")], // Assigned Client Identifier
      ...[0x13, 0x00, 0x3c], // Server Keep Alive 60 s
      ...[0x15, 0x00, 0x01, 0x4d], // Authentication Method "M"
      ...[0x16, 0x00, 0x00], // Authentication Data: empty
      ...[0x1a, 0x00, 0x02, 0x72, 0x2f], // Response Information "r/"
      ...[0x1c, 0x00, 0x06, ...ascii("b:1883")], // Server Reference
      ...[0x1f, 0x00, 0x02, 0x68, 0x69], // Reason String "hi"
      ...[0x21, 0xff, 0xff], // Receive Maximum 65,535
      ...[0x22, 0x00, 0x00], // Topic Alias Maximum 0
      ...[0x24, 0x01], // Maximum QoS 1
      ...[0x25, 0x00], // Retain Available: no
      ...[0x26, 0x00, 0x01, 0x6b, 0x00, 0x01, 0x76], // User Property "k": "v"
      ...[0x27, 0x00, 0x00, 0x00, 0x01], // Maximum Packet Size 1
      ...[0x28, 0x01], // Wildcard Subscription Available: yes
      ...[0x29, 0x00], // Subscription Identifiers Available: no
      ...[0x2a, 0x01], // Shared Subscription Available: yes
    ],
  },
  ...[
    ...[0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c],
    ...[0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f],
  ].map(
    (reasonCode): Vector => ({
      title: `a CONNACK that refuses with Reason Code ${reasonCode}`,
      clause: "3.2.2.2, table 3-1; [MQTT-3.2.2-8]",
      packet: { type: 2, sessionPresent: false, reasonCode },
      bytes: [
        ...[0x20, 0x03], // CONNACK, Remaining Length 3
        0x00, // Connect Acknowledge Flags: none
        reasonCode, // Connect Reason Code
        0x00, // Property Length 0
      ],
    }),
  ),
  {
    title: "a message of two subscriptions, with a Subscription Identifier of each",
    clause: "3.3.2.3.8; [MQTT-3.3.4-4]",
    packet: {
      type: 3,
      QoS: 0,
      retain: false,
      duplicate: false,
      topic: "a",
      packetIdentifier: 0,
      payload: [0x2a],
      properties: [
        ["subscriptionIdentifier", 1],
        ["subscriptionIdentifier", 16_384],
      ],
    },
    bytes: [
      ...[0x30, 0x0b], // PUBLISH: QoS 0; Remaining Length 11
      ...[0x00, 0x01, 0x61], // Topic Name "a"
      0x06, // Property Length 6
      ...[0x0b, 0x01], // Subscription Identifier 1
      ...[0x0b, 0x80, 0x80, 0x01], // Subscription Identifier 16,384
      0x2a, // payload
    ],
  },
  {
    title: "a PUBACK with Reason Code 0 and Property Length 0, both of which could be left out",
    clause: "3.4.2.1",
    packet: { type: 4, packetIdentifier: 3, reasonCode: 0 },
    bytes: [
      ...[0x40, 0x04], // PUBACK, Remaining Length 4
      ...[0x00, 0x03], // Packet Identifier 3
      0x00, // Reason Code: success
      0x00, // Property Length 0
    ],
  },
  {
    title: "a SUBACK with every kind of Reason Code",
    clause: "3.9.3, table 3-8; [MQTT-3.9.3-2]",
    packet: {
      type: 9,
      packetIdentifier: 10,
      reasonCodes: [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
    },
    bytes: [
      ...[0x90, 0x0f], // SUBACK, Remaining Length 15
      ...[0x00, 0x0a], // Packet Identifier 10
      0x00, // Property Length 0
      ...[0x00, 0x01, 0x02], // granted QoS 0, 1, 2
      ...[0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2], // failures
    ],
  },
  {
    title: "a SUBACK with Reason String and User Property",
    clause: "3.9.2.1",
    packet: {
      type: 9,
      packetIdentifier: 65_535,
      reasonCodes: [0x87],
      properties: [
        ["reasonString", "no"],
        ["userProperty", ["a", "b"]],
      ],
    },
    bytes: [
      ...[0x90, 0x10], // SUBACK, Remaining Length 16
      ...[0xff, 0xff], // Packet Identifier 65,535
      0x0c, // Property Length 12
      ...[0x1f, 0x00, 0x02, 0x6e, 0x6f], // Reason String "no"
      ...[0x26, 0x00, 0x01, 0x61, 0x00, 0x01, 0x62], // User Property "a": "b"
      0x87, // not authorized
    ],
  },
  {
    title: "an UNSUBACK with every kind of Reason Code",
    clause: "3.11.3, table 3-9; [MQTT-3.11.3-2]",
    packet: {
      type: 11,
      packetIdentifier: 10,
      reasonCodes: [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
    },
    bytes: [
      ...[0xb0, 0x0a], // UNSUBACK, Remaining Length 10
      ...[0x00, 0x0a], // Packet Identifier 10
      0x00, // Property Length 0
      ...[0x00, 0x11], // success, no subscription existed
      ...[0x80, 0x83, 0x87, 0x8f, 0x91], // failures
    ],
  },
  {
    title: "an UNSUBACK with a Reason String",
    clause: "3.11.2.1",
    packet: { type: 11, packetIdentifier: 1, reasonCodes: [0], properties: [["reasonString", "x"]] },
    bytes: [
      ...[0xb0, 0x08], // UNSUBACK, Remaining Length 8
      ...[0x00, 0x01], // Packet Identifier 1
      0x04, // Property Length 4
      ...[0x1f, 0x00, 0x01, 0x78], // Reason String "x"
      0x00, // success
    ],
  },
  {
    title: "a PINGRESP",
    clause: "3.13",
    packet: { type: 13 },
    bytes: [0xd0, 0x00], // PINGRESP, Remaining Length 0
  },
  {
    title: "a DISCONNECT without Reason Code",
    clause: "3.14.2.1",
    packet: { type: 14, reasonCode: 0 },
    bytes: [0xe0, 0x00], // DISCONNECT, Remaining Length 0
  },
  {
    title: "a DISCONNECT without Property Length",
    clause: "3.14.2.2.1",
    packet: { type: 14, reasonCode: 0x8e },
    bytes: [
      ...[0xe0, 0x01], // DISCONNECT, Remaining Length 1
      0x8e, // Reason Code: session taken over
    ],
  },
  {
    title: "a DISCONNECT that points to another server",
    clause: "3.14.2.2",
    packet: {
      type: 14,
      reasonCode: 0x9d,
      properties: [
        ["serverReference", "c"],
        ["reasonString", "moved"],
        ["userProperty", ["a", "b"]],
      ],
    },
    bytes: [
      ...[0xe0, 0x15], // DISCONNECT, Remaining Length 21
      0x9d, // Reason Code: server moved
      0x13, // Property Length 19
      ...[0x1c, 0x00, 0x01, 0x63], // Server Reference "c"
      ...[0x1f, 0x00, 0x05, ...ascii("moved")], // Reason String
      ...[0x26, 0x00, 0x01, 0x61, 0x00, 0x01, 0x62], // User Property "a": "b"
    ],
  },
  {
    title: "an AUTH that goes on",
    clause: "3.15.2; [MQTT-4.12.0-2]",
    packet: {
      type: 15,
      reasonCode: 0x18,
      properties: [
        ["authenticationMethod", "M"],
        ["authenticationData", [0xff]],
      ],
    },
    bytes: [
      ...[0xf0, 0x0a], // AUTH, Remaining Length 10
      0x18, // Reason Code: continue authentication
      0x08, // Property Length 8
      ...[0x15, 0x00, 0x01, 0x4d], // Authentication Method "M"
      ...[0x16, 0x00, 0x01, 0xff], // Authentication Data
    ],
  },
];

/** mqtt-packet cannot read this one: it takes the Reason Code for missing. */
export const bareAuthVector: Vector = {
  title: "an AUTH without Reason Code",
  clause: "3.15.2.1",
  packet: { type: 15, reasonCode: 0 },
  bytes: [0xf0, 0x00], // AUTH, Remaining Length 0
};
