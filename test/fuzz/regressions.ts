/** A case that once failed. */
export interface Regression {
  /** What was wrong. */
  readonly title: string;
  /** Name of the property. */
  readonly property: string;
  /** As `npm run fuzz` prints it: bytes are text that begins with "hex:". */
  readonly case: Readonly<Record<string, unknown>>;
}

const client = {
  ...{ cuts: [1], gap: 0, end: "silence", login: true, bufferByteLength: 16, headerByteLength: 4 },
  ...{ sendBufferByteLength: 64, acknowledging: true, clean: false, keepAlive: 0, readable: true },
};

const client5 = {
  ...client,
  login5: {
    ...{ connack: 0, topicAliasMaximum: 0, maximumPacketSize: 0, receiveMaximum: 0 },
    ...{ requestProblemInformation: 1, method: false, topicAliases: 0 },
  },
};

const reliable = {
  ...{ streams: ["hex:d000"], cuts: [1], gap: 0, end: "silence", login: true, sessionPresent: false },
  ...{ bufferByteLength: 16, outboxByteLength: 64, messageByteLength: 1, inFlight: 1 },
  ...{ sendBufferByteLength: 64, acknowledging: true, clean: false, keepAlive: 0 },
};

const reliable5 = { ...reliable, login5: client5.login5 };

/** Every failing case that was found, and shrunk, by `npm run fuzz` or by its tests. */
export const regressions: readonly Regression[] = [
  {
    title: "after DISCONNECT a buffer was made for all that the broker had sent, to read it away",
    property: "MQTTClient 3.1.1, hostile broker",
    case: { ...client, stream: `hex:${"d000".repeat(60)}`, cuts: [65_536], script: [13] },
  },
  {
    title:
      "a skipped message whose answer the dying socket refused was reported after the end of the connection",
    property: "MQTTClient 3.1.1, hostile broker",
    case: { ...client, stream: "hex:32050001000001", cuts: [65_536], end: "finish", script: [] },
  },
  {
    title: "before DISCONNECT a buffer was made for all that the broker had sent, to read it away",
    property: "MQTTClient 5.0, hostile broker",
    case: { ...client5, stream: `hex:${"00".repeat(100)}`, cuts: [65_536], script: [] },
  },
  {
    title: "a DISCONNECT with properties over the limit was no DISCONNECT",
    property: "MQTTClient 5.0, hostile broker",
    case: { ...client5, stream: "hex:e0050000000000", script: [] },
  },
  {
    title: "a PUBREL with properties over the limit was not answered",
    property: "MQTTClient 5.0, hostile broker",
    case: { ...client5, stream: "hex:62090001000526000000006209000200052600000000", script: [] },
  },
  {
    title: "close in onDropped left other messages, dropped by the same publish, to be reported after it",
    property: "ReliableClient 3.1.1, hostile broker",
    case: { ...reliable, script: [1, 7, 4, 16] },
  },
  {
    title: "a socket that refused to write a message threw",
    property: "ReliableClient 5.0, hostile broker",
    case: { ...reliable5, streams: ["hex:00"], end: "finish", script: [7, 1] },
  },
  {
    title: "a socket that refused to write a subscription threw",
    property: "ReliableClient 5.0, hostile broker",
    case: { ...reliable5, streams: ["hex:00"], end: "finish", script: [0, 10, 11] },
  },
  {
    title: "a SUBSCRIBE over the broker's Maximum Packet Size threw",
    property: "ReliableClient 5.0, hostile broker",
    case: { ...reliable5, login5: { ...client5.login5, connack: 5 }, script: [10, 11] },
  },
  {
    title: "close in onError left another refused subscription to be reported after it",
    property: "ReliableClient 5.0, hostile broker",
    case: { ...reliable5, login5: { ...client5.login5, connack: 7 }, script: [10, 11, 16] },
  },
  {
    title: "AUTH followed a DISCONNECT that the application wrote while it was asked for the answer",
    property: "MQTTClient 5.0, hostile broker",
    case: {
      ...client5,
      stream: "hex:f00a18081500014d16000100",
      login: false,
      login5: { ...client5.login5, method: true },
      headerByteLength: 256,
      script: [13],
    },
  },
];
