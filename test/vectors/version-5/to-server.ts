import { ascii, type Vector } from "./packet";

/** SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT and AUTH, MQTT 5.0 sections 3.8, 3.10, 3.12, 3.14, 3.15. From client to server. */
export const toServerVectors: readonly Vector[] = [
  {
    title: "the SUBSCRIBE of the standard's example, with two Topic Filters",
    clause: "3.8.3, figure 3-21",
    packet: {
      type: 8,
      packetIdentifier: 10,
      items: [
        { topic: "a/b", QoS: 1 },
        { topic: "c/d", QoS: 2 },
      ],
    },
    bytes: [
      ...[0x82, 0x0f], // SUBSCRIBE, flags 0010; Remaining Length 15
      ...[0x00, 0x0a], // Packet Identifier 10
      0x00, // Property Length 0
      ...[0x00, 0x03, 0x61, 0x2f, 0x62], // Topic Filter "a/b"
      0x01, // Subscription Options: QoS 1
      ...[0x00, 0x03, 0x63, 0x2f, 0x64], // Topic Filter "c/d"
      0x02, // Subscription Options: QoS 2
    ],
  },
  {
    title: "a SUBSCRIBE with every option and the largest Subscription Identifier",
    clause: "3.8.2.1.2, 3.8.3.1; [MQTT-3.8.3-5]",
    packet: {
      type: 8,
      packetIdentifier: 1,
      properties: [
        ["subscriptionIdentifier", 268_435_455],
        ["userProperty", ["", ""]],
      ],
      items: [
        { topic: "#", QoS: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 },
        { topic: "+/a", QoS: 0, retainHandling: 1 },
        { topic: "a", QoS: 0, noLocal: true },
        { topic: "b", QoS: 0, retainAsPublished: true },
      ],
    },
    bytes: [
      ...[0x82, 0x1f], // SUBSCRIBE, flags 0010; Remaining Length 31
      ...[0x00, 0x01], // Packet Identifier 1
      0x0a, // Property Length 10
      ...[0x0b, 0xff, 0xff, 0xff, 0x7f], // Subscription Identifier 268,435,455
      ...[0x26, 0x00, 0x00, 0x00, 0x00], // User Property "": ""
      ...[0x00, 0x01, 0x23], // Topic Filter "#"
      0x2e, // Subscription Options: Retain Handling 2, Retain As Published, No Local, QoS 2
      ...[0x00, 0x03, 0x2b, 0x2f, 0x61], // Topic Filter "+/a"
      0x10, // Subscription Options: Retain Handling 1, QoS 0
      ...[0x00, 0x01, 0x61], // Topic Filter "a"
      0x04, // Subscription Options: No Local
      ...[0x00, 0x01, 0x62], // Topic Filter "b"
      0x08, // Subscription Options: Retain As Published
    ],
  },
  {
    title: "a SUBSCRIBE to a Shared Subscription",
    clause: "4.8.2; [MQTT-4.8.2-1]",
    packet: { type: 8, packetIdentifier: 2, items: [{ topic: "$share/g/a/#", QoS: 1 }] },
    bytes: [
      ...[0x82, 0x12], // SUBSCRIBE, flags 0010; Remaining Length 18
      ...[0x00, 0x02], // Packet Identifier 2
      0x00, // Property Length 0
      ...[0x00, 0x0c, ...ascii("$share/g/a/#")], // Topic Filter
      0x01, // Subscription Options: QoS 1
    ],
  },
  {
    title: "an UNSUBSCRIBE of two Topic Filters",
    clause: "3.10",
    packet: { type: 10, packetIdentifier: 10, topics: ["a/b", "c/d"] },
    bytes: [
      ...[0xa2, 0x0d], // UNSUBSCRIBE, flags 0010; Remaining Length 13
      ...[0x00, 0x0a], // Packet Identifier 10
      0x00, // Property Length 0
      ...[0x00, 0x03, 0x61, 0x2f, 0x62], // Topic Filter "a/b"
      ...[0x00, 0x03, 0x63, 0x2f, 0x64], // Topic Filter "c/d"
    ],
  },
  {
    title: "an UNSUBSCRIBE with a User Property",
    clause: "3.10.2.1",
    packet: {
      type: 10,
      packetIdentifier: 3,
      topics: ["a"],
      properties: [["userProperty", ["k", "v"]]],
    },
    bytes: [
      ...[0xa2, 0x0d], // UNSUBSCRIBE, flags 0010; Remaining Length 13
      ...[0x00, 0x03], // Packet Identifier 3
      0x07, // Property Length 7
      ...[0x26, 0x00, 0x01, 0x6b, 0x00, 0x01, 0x76], // User Property "k": "v"
      ...[0x00, 0x01, 0x61], // Topic Filter "a"
    ],
  },
  {
    title: "a PINGREQ",
    clause: "3.12",
    packet: { type: 12 },
    bytes: [0xc0, 0x00], // PINGREQ, Remaining Length 0
  },
  {
    title: "a normal DISCONNECT, without Reason Code",
    clause: "3.14.2.1",
    packet: { type: 14, reasonCode: 0 },
    bytes: [0xe0, 0x00], // DISCONNECT, Remaining Length 0
  },
  {
    title: "a DISCONNECT that asks for the will, without Property Length",
    clause: "3.14.2.1, 3.14.2.2.1",
    packet: { type: 14, reasonCode: 4 },
    bytes: [
      ...[0xe0, 0x01], // DISCONNECT, Remaining Length 1
      0x04, // Reason Code: with Will Message
    ],
  },
  {
    title: "a DISCONNECT that prolongs the session and gives its reason",
    clause: "3.14.2.2",
    packet: {
      type: 14,
      reasonCode: 0x98,
      properties: [
        ["sessionExpiryInterval", 3600],
        ["reasonString", "update"],
        ["userProperty", ["v", "2"]],
      ],
    },
    bytes: [
      ...[0xe0, 0x17], // DISCONNECT, Remaining Length 23
      0x98, // Reason Code: administrative action
      0x15, // Property Length 21
      ...[0x11, 0x00, 0x00, 0x0e, 0x10], // Session Expiry Interval 3,600 s
      ...[0x1f, 0x00, 0x06, ...ascii("update")], // Reason String
      ...[0x26, 0x00, 0x01, 0x76, 0x00, 0x01, 0x32], // User Property "v": "2"
    ],
  },
  {
    title: "an AUTH that starts a re-authentication",
    clause: "3.15.2, 4.12.1",
    packet: {
      type: 15,
      reasonCode: 0x19,
      properties: [
        ["authenticationMethod", "SCRAM"],
        ["authenticationData", [0x01, 0x00]],
        ["reasonString", "r"],
        ["userProperty", ["a", "b"]],
      ],
    },
    bytes: [
      ...[0xf0, 0x1a], // AUTH, Remaining Length 26
      0x19, // Reason Code: re-authenticate
      0x18, // Property Length 24
      ...[0x15, 0x00, 0x05, ...ascii("SCRAM")], // Authentication Method
      ...[0x16, 0x00, 0x02, 0x01, 0x00], // Authentication Data
      ...[0x1f, 0x00, 0x01, 0x72], // Reason String "r"
      ...[0x26, 0x00, 0x01, 0x61, 0x00, 0x01, 0x62], // User Property "a": "b"
    ],
  },
];
