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

const reliable = {
  ...{ streams: ["hex:d000"], cuts: [1], gap: 0, end: "silence", login: true, sessionPresent: false },
  ...{ bufferByteLength: 16, outboxByteLength: 64, messageByteLength: 1, inFlight: 1 },
  ...{ sendBufferByteLength: 64, acknowledging: true, clean: false, keepAlive: 0 },
};

/** Every failing case that was found, and shrunk, by `npm run fuzz` or by its tests. */
export const regressions: readonly Regression[] = [
  {
    title: "after DISCONNECT a buffer was made for all that the broker had sent, to read it away",
    property: "MQTTClient 3.1.1, hostile broker",
    case: { ...client, stream: `hex:${"d000".repeat(60)}`, cuts: [65_536], script: [13] },
  },
  {
    title: "close in onDropped left other messages, dropped by the same publish, to be reported after it",
    property: "ReliableClient 3.1.1, hostile broker",
    case: { ...reliable, script: [1, 7, 4, 16] },
  },
];
