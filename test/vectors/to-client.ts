import type { Vector } from "./packet";

/** CONNACK, SUBACK, UNSUBACK and PINGRESP, MQTT 3.1.1 sections 3.2, 3.9, 3.11 and 3.13. From server to client. */
export const toClientVectors: readonly Vector[] = [
  {
    title: "a CONNACK that accepts a new session",
    clause: "3.2.2",
    packet: { type: 2, sessionPresent: false, returnCode: 0 },
    bytes: [
      ...[0x20, 0x02], // CONNACK, Remaining Length 2
      0x00, // Connect Acknowledge Flags: none
      0x00, // Connect Return code: accepted
    ],
  },
  {
    title: "a CONNACK that resumes a session",
    clause: "3.2.2.2; [MQTT-3.2.2-2]",
    packet: { type: 2, sessionPresent: true, returnCode: 0 },
    bytes: [
      ...[0x20, 0x02], // CONNACK, Remaining Length 2
      0x01, // Connect Acknowledge Flags: Session Present
      0x00, // Connect Return code: accepted
    ],
  },
  ...[1, 2, 3, 4, 5].map(
    (returnCode): Vector => ({
      title: `a CONNACK that refuses with return code ${returnCode}`,
      clause: "3.2.2.3, table 3.1",
      packet: { type: 2, sessionPresent: false, returnCode },
      bytes: [
        ...[0x20, 0x02], // CONNACK, Remaining Length 2
        0x00, // Connect Acknowledge Flags: none
        returnCode, // Connect Return code: refused
      ],
    }),
  ),
  {
    title: "the SUBACK of the standard's example, with every kind of return code",
    clause: "3.9.3, figure 3.26; [MQTT-3.9.3-2]",
    packet: { type: 9, packetIdentifier: 10, returnCodes: [0x00, 0x02, 0x80, 0x01] },
    bytes: [
      ...[0x90, 0x06], // SUBACK, Remaining Length 6
      ...[0x00, 0x0a], // Packet Identifier 10
      0x00, // granted QoS 0
      0x02, // granted QoS 2
      0x80, // failure
      0x01, // granted QoS 1
    ],
  },
  {
    title: "a SUBACK of one return code",
    clause: "3.9.3",
    packet: { type: 9, packetIdentifier: 65_535, returnCodes: [0x80] },
    bytes: [
      ...[0x90, 0x03], // SUBACK, Remaining Length 3
      ...[0xff, 0xff], // Packet Identifier 65,535
      0x80, // failure
    ],
  },
  {
    title: "an UNSUBACK",
    clause: "3.11",
    packet: { type: 11, packetIdentifier: 10 },
    bytes: [
      ...[0xb0, 0x02], // UNSUBACK, Remaining Length 2
      ...[0x00, 0x0a], // Packet Identifier 10
    ],
  },
  {
    title: "a PINGRESP",
    clause: "3.13",
    packet: { type: 13 },
    bytes: [0xd0, 0x00], // PINGRESP, Remaining Length 0
  },
];
