import { ascii, type Vector } from "./packet";

/** PUBACK, PUBREC, PUBREL and PUBCOMP, MQTT 5.0 sections 3.4 to 3.7. Both ways. */
export const acknowledgementVectors: readonly Vector[] = [
  {
    title: "a PUBACK in its short form",
    clause: "3.4.2.1",
    packet: { type: 4, packetIdentifier: 10, reasonCode: 0 },
    bytes: [
      ...[0x40, 0x02], // PUBACK, Remaining Length 2
      ...[0x00, 0x0a], // Packet Identifier 10
    ],
  },
  {
    title: "a PUBACK with a Reason Code and no Property Length",
    clause: "3.4.2.2.1; [MQTT-3.4.2-1]",
    packet: { type: 4, packetIdentifier: 10, reasonCode: 0x10 },
    bytes: [
      ...[0x40, 0x03], // PUBACK, Remaining Length 3
      ...[0x00, 0x0a], // Packet Identifier 10
      0x10, // Reason Code: no matching subscribers
    ],
  },
  {
    title: "a PUBREC that refuses, with Reason String and User Property",
    clause: "3.5.2; [MQTT-3.5.2-1]",
    packet: {
      type: 5,
      packetIdentifier: 1,
      reasonCode: 0x97,
      properties: [
        ["reasonString", "full"],
        ["userProperty", ["k", "v"]],
      ],
    },
    bytes: [
      ...[0x50, 0x12], // PUBREC, Remaining Length 18
      ...[0x00, 0x01], // Packet Identifier 1
      0x97, // Reason Code: quota exceeded
      0x0e, // Property Length 14
      ...[0x1f, 0x00, 0x04, ...ascii("full")], // Reason String "full"
      ...[0x26, 0x00, 0x01, 0x6b, 0x00, 0x01, 0x76], // User Property "k": "v"
    ],
  },
  {
    title: "a PUBREL, whose flags are 0010",
    clause: "3.6.1; [MQTT-3.6.1-1]",
    packet: { type: 6, packetIdentifier: 256, reasonCode: 0 },
    bytes: [
      ...[0x62, 0x02], // PUBREL, flags 0010; Remaining Length 2
      ...[0x01, 0x00], // Packet Identifier 256
    ],
  },
  {
    title: "a PUBREL for an identifier that is not known",
    clause: "3.6.2.1; [MQTT-3.6.2-1]",
    packet: { type: 6, packetIdentifier: 2, reasonCode: 0x92 },
    bytes: [
      ...[0x62, 0x03], // PUBREL, flags 0010; Remaining Length 3
      ...[0x00, 0x02], // Packet Identifier 2
      0x92, // Reason Code: Packet Identifier not found
    ],
  },
  {
    title: "a PUBCOMP that succeeds and says so",
    clause: "3.7.2; [MQTT-3.7.2-1]",
    packet: {
      type: 7,
      packetIdentifier: 65_535,
      reasonCode: 0,
      properties: [["reasonString", ""]],
    },
    bytes: [
      ...[0x70, 0x07], // PUBCOMP, Remaining Length 7
      ...[0xff, 0xff], // Packet Identifier 65,535
      0x00, // Reason Code: success
      0x03, // Property Length 3
      ...[0x1f, 0x00, 0x00], // Reason String: empty
    ],
  },
];
