import { ascii, type PublishValue, type Vector } from "./packet";

const message: PublishValue = {
  type: 3,
  QoS: 0,
  retain: false,
  duplicate: false,
  topic: "a/b",
  packetIdentifier: 0,
  payload: [],
};

/** A PUBLISH to "t" at QoS 0 whose Remaining Length is `remainingLength`. */
function publishOf(remainingLength: number, lengthBytes: number[]): Pick<Vector, "packet" | "bytes"> {
  const payload = new Array<number>(remainingLength - 3).fill(0x2a);
  // Concatenated: the longest is too long to spread.
  const bytes = [0x30].concat(lengthBytes, [0x00, 0x01, 0x74], payload);
  return { packet: { ...message, topic: "t", payload }, bytes };
}

/** PUBLISH, MQTT 3.1.1 section 3.3. Both ways. */
export const publishVectors: readonly Vector[] = [
  {
    title: "a reading at QoS 0, without a Packet Identifier",
    clause: "3.3.1.2, 3.3.2.2; [MQTT-2.3.1-5]",
    packet: { ...message, topic: "home/temp", payload: ascii("21.5") },
    bytes: [
      ...[0x30, 0x0f], // PUBLISH: QoS 0; Remaining Length 15
      ...[0x00, 0x09, 0x68, 0x6f, 0x6d, 0x65, 0x2f, 0x74, 0x65, 0x6d, 0x70], // Topic Name "home/temp"
      ...[0x32, 0x31, 0x2e, 0x35], // payload "21.5"
    ],
  },
  {
    title: "the PUBLISH of the standard's example, at QoS 1",
    clause: "3.3.2.3, figure 3.11",
    packet: { ...message, QoS: 1, packetIdentifier: 10 },
    bytes: [
      ...[0x32, 0x07], // PUBLISH: QoS 1; Remaining Length 7
      ...[0x00, 0x03, 0x61, 0x2f, 0x62], // Topic Name "a/b"
      ...[0x00, 0x0a], // Packet Identifier 10
    ],
  },
  {
    title: "a PUBLISH sent again at QoS 2, retained, with the largest Packet Identifier",
    clause: "3.3.1.1 to 3.3.1.3; [MQTT-3.3.1-1]",
    packet: {
      ...message,
      QoS: 2,
      retain: true,
      duplicate: true,
      packetIdentifier: 65_535,
      payload: [0x00, 0xff],
    },
    bytes: [
      ...[0x3d, 0x09], // PUBLISH: DUP, QoS 2, RETAIN; Remaining Length 9
      ...[0x00, 0x03, 0x61, 0x2f, 0x62], // Topic Name "a/b"
      ...[0xff, 0xff], // Packet Identifier 65,535
      ...[0x00, 0xff], // payload: any bytes
    ],
  },
  {
    title: "a PUBLISH without payload, which clears a retained message",
    clause: "3.3.1.3, 3.3.3; [MQTT-3.3.1-10]",
    packet: { ...message, retain: true },
    bytes: [
      ...[0x31, 0x05], // PUBLISH: QoS 0, RETAIN; Remaining Length 5
      ...[0x00, 0x03, 0x61, 0x2f, 0x62], // Topic Name "a/b"; nothing follows
    ],
  },
  {
    title: "a topic of one character",
    clause: "4.7.3; [MQTT-4.7.3-1]",
    packet: { ...message, QoS: 1, topic: "/", packetIdentifier: 1 },
    bytes: [
      ...[0x32, 0x05], // PUBLISH: QoS 1; Remaining Length 5
      ...[0x00, 0x01, 0x2f], // Topic Name "/"
      ...[0x00, 0x01], // Packet Identifier 1
    ],
  },
  {
    title: "a topic with characters of two, three and four bytes",
    clause: "1.5.3, table 1.1",
    packet: { ...message, topic: "é/水/😀" },
    bytes: [
      ...[0x30, 0x0d], // PUBLISH: QoS 0; Remaining Length 13
      ...[0x00, 0x0b], // Topic Name, 11 bytes
      ...[0xc3, 0xa9, 0x2f], // é U+00E9, slash
      ...[0xe6, 0xb0, 0xb4, 0x2f], // 水 U+6C34, slash
      ...[0xf0, 0x9f, 0x98, 0x80], // 😀 U+1F600
    ],
  },
  {
    title: "the standard's example of a string, A and U+2A6D4",
    clause: "1.5.3, table 1.1",
    packet: { ...message, topic: "A\u{2a6d4}" },
    bytes: [
      ...[0x30, 0x07], // PUBLISH: QoS 0; Remaining Length 7
      ...[0x00, 0x05], // Topic Name, 5 bytes
      0x41, // A
      ...[0xf0, 0xaa, 0x9b, 0x94], // U+2A6D4
    ],
  },
  {
    title: "a topic that starts with U+FEFF, kept as the character it is",
    clause: "1.5.3; [MQTT-1.5.3-3]",
    packet: { ...message, topic: "\ufeffa" },
    bytes: [
      ...[0x30, 0x06], // PUBLISH: QoS 0; Remaining Length 6
      ...[0x00, 0x04], // Topic Name, 4 bytes
      ...[0xef, 0xbb, 0xbf], // U+FEFF
      0x61, // a
    ],
  },
  { title: "a Remaining Length of 127", clause: "2.2.3, table 2.4", ...publishOf(127, [0x7f]) },
  { title: "a Remaining Length of 128", clause: "2.2.3, table 2.4", ...publishOf(128, [0x80, 0x01]) },
  { title: "a Remaining Length of 16,383", clause: "2.2.3, table 2.4", ...publishOf(16_383, [0xff, 0x7f]) },
  {
    title: "a Remaining Length of 16,384",
    clause: "2.2.3, table 2.4",
    ...publishOf(16_384, [0x80, 0x80, 0x01]),
  },
];
