import type { Vector } from "./packet";

/** SUBSCRIBE, UNSUBSCRIBE, PINGREQ and DISCONNECT, MQTT 3.1.1 sections 3.8, 3.10, 3.12 and 3.14. From client to server. */
export const toServerVectors: readonly Vector[] = [
  {
    title: "the SUBSCRIBE of the standard's example, with two Topic Filters",
    clause: "3.8.3, figure 3.23",
    packet: {
      type: 8,
      packetIdentifier: 10,
      items: [
        { topic: "a/b", QoS: 1 },
        { topic: "c/d", QoS: 2 },
      ],
    },
    bytes: [
      ...[0x82, 0x0e], // SUBSCRIBE, flags 0010; Remaining Length 14
      ...[0x00, 0x0a], // Packet Identifier 10
      ...[0x00, 0x03, 0x61, 0x2f, 0x62], // Topic Filter "a/b"
      0x01, // Requested QoS 1
      ...[0x00, 0x03, 0x63, 0x2f, 0x64], // Topic Filter "c/d"
      0x02, // Requested QoS 2
    ],
  },
  {
    title: "a SUBSCRIBE to everything at QoS 0",
    clause: "3.8.3, 4.7.1.2",
    packet: { type: 8, packetIdentifier: 65_535, items: [{ topic: "#", QoS: 0 }] },
    bytes: [
      ...[0x82, 0x06], // SUBSCRIBE, flags 0010; Remaining Length 6
      ...[0xff, 0xff], // Packet Identifier 65,535
      ...[0x00, 0x01, 0x23], // Topic Filter "#"
      0x00, // Requested QoS 0
    ],
  },
  {
    title: "the UNSUBSCRIBE of the standard's example, with two Topic Filters",
    clause: "3.10.3, figure 3.30",
    packet: { type: 10, packetIdentifier: 10, topics: ["a/b", "c/d"] },
    bytes: [
      ...[0xa2, 0x0c], // UNSUBSCRIBE, flags 0010; Remaining Length 12
      ...[0x00, 0x0a], // Packet Identifier 10
      ...[0x00, 0x03, 0x61, 0x2f, 0x62], // Topic Filter "a/b"
      ...[0x00, 0x03, 0x63, 0x2f, 0x64], // Topic Filter "c/d"
    ],
  },
  {
    title: "a PINGREQ",
    clause: "3.12",
    packet: { type: 12 },
    bytes: [0xc0, 0x00], // PINGREQ, Remaining Length 0
  },
  {
    title: "a DISCONNECT",
    clause: "3.14",
    packet: { type: 14 },
    bytes: [0xe0, 0x00], // DISCONNECT, Remaining Length 0
  },
];
