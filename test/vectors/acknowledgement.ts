import type { Vector } from "./packet";

/** PUBACK, PUBREC, PUBREL and PUBCOMP, MQTT 3.1.1 sections 3.4 to 3.7. Both ways. */
export const acknowledgementVectors: readonly Vector[] = [
  {
    title: "a PUBACK",
    clause: "3.4",
    packet: { type: 4, packetIdentifier: 10 },
    bytes: [
      ...[0x40, 0x02], // PUBACK, Remaining Length 2
      ...[0x00, 0x0a], // Packet Identifier 10
    ],
  },
  {
    title: "a PUBREC",
    clause: "3.5",
    packet: { type: 5, packetIdentifier: 1 },
    bytes: [
      ...[0x50, 0x02], // PUBREC, Remaining Length 2
      ...[0x00, 0x01], // Packet Identifier 1
    ],
  },
  {
    title: "a PUBREL, whose flags are 0010",
    clause: "3.6.1, figure 3.16; [MQTT-3.6.1-1]",
    packet: { type: 6, packetIdentifier: 256 },
    bytes: [
      ...[0x62, 0x02], // PUBREL, flags 0010; Remaining Length 2
      ...[0x01, 0x00], // Packet Identifier 256
    ],
  },
  {
    title: "a PUBCOMP with the largest Packet Identifier",
    clause: "3.7",
    packet: { type: 7, packetIdentifier: 65_535 },
    bytes: [
      ...[0x70, 0x02], // PUBCOMP, Remaining Length 2
      ...[0xff, 0xff], // Packet Identifier 65,535
    ],
  },
];
