import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import type { ReliableClientOptions } from "../../device/client/reliable-client";
import { MALFORMED_PACKET, PROTOCOL_ERROR } from "../../device/mqtt/mqtt-error";
import type { Peer } from "../../host-sim/network/link";
import { clock } from "../support/timer";
import { cuts, hostileStream, type Version } from "./arbitraries/stream";
import { expectationOf, type Message } from "./expectation";
import { expectationOf5 } from "./expectation-5";
import { assert, type FuzzProperty, fuzzProperty, type Outcome } from "./fuzz-property";
import { connackOf, type Login5, loginOf, optionsOf } from "./login";
import { type ReceivedMessage, ReliableApplication } from "./reliable-application";
import { theirPackets } from "./round-trip-property";
import { type Sending, type Simulation, sendPieces, simulate } from "./simulation";

interface ReliableCase extends Sending {
  /** What each connection is sent; after them connections are accepted and nothing is sent. */
  streams: Uint8Array[];
  cuts: number[];
  /** A CONNACK that accepts comes before each stream. */
  login: boolean;
  /** Missing in 3.1.1. */
  login5?: Login5 | undefined;
  sessionPresent: boolean;
  bufferByteLength: number;
  outboxByteLength: number;
  messageByteLength: number;
  inFlight: number;
  sendBufferByteLength: number;
  /** False: the server's TCP takes nothing, so that the socket fills. */
  acknowledging: boolean;
  clean: boolean;
  /** ms */
  keepAlive: number;
  /** See ReliableApplication. */
  script: number[];
}

/** Least time between two connections is half of it, ms. */
const MINIMUM_DELAY = 200;
/** Virtual time of a case, ms. */
const DURATION = 60_000;
const STEP = 500;
const HEADER_BYTE_LENGTH = 256;
const HEADER_BYTE_LENGTH_5 = 512;
/** CONNECT, and what else a connection needs of its own. */
const OWN_BYTE_LENGTH = 300;
/** Of the Protocol Version in CONNECT, as long as that is under 130 bytes. */
const VERSION_OFFSET = 8;

/** One connection as the server sees it. */
interface Connection {
  readonly peer: Peer;
  /** What was sent to it; nothing before its CONNECT. */
  sent: Uint8Array;
  /** That it asked for. */
  version: Version;
}

function checkReliable(value: ReliableCase): Outcome {
  return simulate(value.sendBufferByteLength, (simulation) => {
    const { application, connections, elapsed } = run(simulation, value);
    const most = 3 + elapsed / (MINIMUM_DELAY / 2);
    assert(connections.length <= most, `${connections.length} connections in ${elapsed} ms`);
    checkMemory(simulation, application, value, connections.length);
    checkMessages(application.messages, value, connections);
    for (const { peer, version } of connections) theirPackets(peer.bytes, version);
    return application.errors.some(({ code }) => code === MALFORMED_PACKET || code === PROTOCOL_ERROR)
      ? "refused"
      : "read";
  });
}

function run(
  simulation: Simulation,
  value: ReliableCase,
): { application: ReliableApplication; connections: Connection[]; elapsed: number } {
  const { streams, acknowledging } = value;
  const connections: Connection[] = [];
  let busyUntil = 0;
  simulation.link.listen(1883, (peer) => {
    const connection: Connection = { peer, sent: new Uint8Array(), version: 4 };
    const index = connections.push(connection) - 1;
    peer.acknowledging = acknowledging;
    peer.onData = (bytes) => {
      peer.onData = undefined;
      connection.version = bytes[VERSION_OFFSET] === 5 ? 5 : 4;
      const connack = connackFor(value, connection.version, index);
      const stream = streams[index] ?? new Uint8Array();
      connection.sent = Uint8Array.from([...connack, ...stream]);
      if (connack.length > 0) peer.send(connack);
      if (index < streams.length) busyUntil = clock.now() + sendPieces(simulation, peer, stream, value);
    };
  });
  const { bufferByteLength, outboxByteLength, messageByteLength, inFlight, clean, keepAlive } = value;
  const application = new ReliableApplication(simulation, value.script, {
    ...{ bufferByteLength, outboxByteLength, messageByteLength, inFlight, clean, keepAlive },
    ...{ minimumDelay: MINIMUM_DELAY, maximumDelay: 2000, connackTimeout: 3000 },
    ...(optionsOf(value.login5) as Partial<ReliableClientOptions>),
  });
  let elapsed = 0;
  // A second after the last stream nothing new happens.
  while (elapsed < DURATION && !application.closed) {
    if (connections.length > streams.length && clock.now() > busyUntil + 1000) break;
    clock.advance(STEP);
    elapsed += STEP;
  }
  application.finish();
  return { application, connections, elapsed };
}

/** The CONNACK before a stream. */
function connackFor(value: ReliableCase, version: Version, index: number): number[] {
  if (!value.login && index < value.streams.length) return [];
  return connackOf(version === 5 ? value.login5 : undefined, value.sessionPresent && index > 0);
}

function checkMemory(
  { allocation }: Simulation,
  application: ReliableApplication,
  value: ReliableCase,
  connections: number,
): void {
  const { bufferByteLength, outboxByteLength, messageByteLength, streams } = value;
  // Both buffers of a connection are one piece of memory; so are outbox and message.
  const largest = Math.max(2 * bufferByteLength, outboxByteLength + messageByteLength, HEADER_BYTE_LENGTH_5);
  assert(allocation.largest <= largest, `allocated ${allocation.largest} bytes at once, limit ${largest}`);
  const received = streams.reduce((sum, stream) => sum + stream.length, 0) * (value.login5 ? 3 : 1);
  const header = value.login5 ? HEADER_BYTE_LENGTH_5 : HEADER_BYTE_LENGTH;
  const total =
    outboxByteLength +
    messageByteLength +
    // One more may be on its way when the client is closed.
    (connections + 1) * (2 * bufferByteLength + header + OWN_BYTE_LENGTH) +
    application.asked +
    received;
  assert(allocation.byteLength <= total, `allocated ${allocation.byteLength} bytes, limit ${total}`);
}

/** The messages are among those that were sent, whole, in their order. */
function checkMessages(
  messages: readonly ReceivedMessage[],
  value: ReliableCase,
  connections: readonly Connection[],
): void {
  const { login5 } = value;
  const sent = connections.flatMap(({ sent, version }) => {
    if (version === 4 || !login5) return expectationOf(sent, HEADER_BYTE_LENGTH).messages;
    const { topicAliasMaximum, requestProblemInformation } = login5;
    const options = { headerByteLength: HEADER_BYTE_LENGTH_5, topicAliasMaximum, requestProblemInformation };
    return expectationOf5(sent, options, true).messages;
  });
  let next = 0;
  for (const message of messages) {
    assert(message.payload.length <= value.messageByteLength, `a message of ${message.payload.length} bytes`);
    while (next < sent.length && !isSame(message, sent[next]!)) next += 1;
    assert(next < sent.length, `message ${JSON.stringify(message)} was not sent, or not in this order`);
    next += 1;
  }
}

function isSame({ topic, payload, QoS, retain }: ReceivedMessage, sent: Message): boolean {
  return (
    topic === sent.topic &&
    QoS === sent.QoS &&
    retain === sent.retain &&
    isDeepStrictEqual(payload, sent.payload)
  );
}

function reliableCase(version: Version): fc.Arbitrary<ReliableCase> {
  return fc.record({
    streams: fc.array(hostileStream(version), { minLength: 1, maxLength: 3 }),
    cuts,
    gap: fc.constantFrom(0, 0, 1, 20),
    end: fc.constantFrom("silence", "finish", "reset"),
    login: fc.constantFrom(true, true, true, true, true, false),
    login5: loginOf(version),
    sessionPresent: fc.boolean(),
    bufferByteLength: fc.constantFrom(16, 64, 256),
    outboxByteLength: fc.constantFrom(64, 300, 4096),
    messageByteLength: fc.constantFrom(1, 16, 512),
    inFlight: fc.constantFrom(1, 2, 16),
    sendBufferByteLength: fc.constantFrom(64, 300, 5744),
    acknowledging: fc.constantFrom(true, true, true, false),
    clean: fc.boolean(),
    keepAlive: fc.constantFrom(0, 1000, 60_000),
    script: fc.oneof(fc.array(fc.nat(15), { maxLength: 16 }), fc.array(fc.nat(16), { maxLength: 16 })),
  });
}

export const reliableProperties: readonly FuzzProperty[] = [
  fuzzProperty("ReliableClient 3.1.1, hostile broker", 50, reliableCase(4), checkReliable, 500),
  fuzzProperty("ReliableClient 5.0, hostile broker", 70, reliableCase(5), checkReliable, 500),
];
