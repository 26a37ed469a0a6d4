import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import type { Peer } from "../../host-sim/network/link";
import { clock } from "../support/timer";
import { cuts, hostileStream } from "./arbitraries/stream";
import { expectationOf, type Message } from "./expectation";
import { assert, type FuzzProperty, fuzzProperty, type Outcome } from "./fuzz-property";
import { type ReceivedMessage, ReliableApplication } from "./reliable-application";
import { theirPackets } from "./round-trip-property";
import { type Sending, type Simulation, sendPieces, simulate } from "./simulation";

interface ReliableCase extends Sending {
  /** What each connection is sent; after them connections are accepted and nothing is sent. */
  streams: Uint8Array[];
  cuts: number[];
  /** A CONNACK that accepts comes before each stream. */
  login: boolean;
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

function checkReliable(value: ReliableCase): Outcome {
  return simulate(value.sendBufferByteLength, (simulation) => {
    const { application, peers, elapsed } = run(simulation, value);
    const most = 3 + elapsed / (MINIMUM_DELAY / 2);
    assert(peers.length <= most, `${peers.length} connections in ${elapsed} ms`);
    checkMemory(simulation, application, value, peers.length);
    checkMessages(application.messages, value);
    for (const peer of peers) theirPackets(peer.bytes, 4);
    return application.errors.some(({ code }) => code === 100 || code === 101) ? "refused" : "read";
  });
}

function run(
  simulation: Simulation,
  value: ReliableCase,
): { application: ReliableApplication; peers: Peer[]; elapsed: number } {
  const { streams, login, sessionPresent, acknowledging } = value;
  const peers: Peer[] = [];
  let busyUntil = 0;
  simulation.link.listen(1883, (peer) => {
    const stream = streams[peers.length];
    peers.push(peer);
    if (login || !stream) peer.send([0x20, 0x02, sessionPresent && peers.length > 1 ? 1 : 0, 0x00]);
    peer.acknowledging = acknowledging;
    if (stream) busyUntil = clock.now() + sendPieces(simulation, peer, stream, value);
  });
  const { bufferByteLength, outboxByteLength, messageByteLength, inFlight, clean, keepAlive } = value;
  const application = new ReliableApplication(simulation, value.script, {
    ...{ bufferByteLength, outboxByteLength, messageByteLength, inFlight, clean, keepAlive },
    ...{ minimumDelay: MINIMUM_DELAY, maximumDelay: 2000, connackTimeout: 3000 },
  });
  let elapsed = 0;
  // A second after the last stream nothing new happens.
  while (elapsed < DURATION && !application.closed) {
    if (peers.length > streams.length && clock.now() > busyUntil + 1000) break;
    clock.advance(STEP);
    elapsed += STEP;
  }
  application.finish();
  return { application, peers, elapsed };
}

function checkMemory(
  { allocation }: Simulation,
  application: ReliableApplication,
  value: ReliableCase,
  connections: number,
): void {
  const { bufferByteLength, outboxByteLength, messageByteLength, streams } = value;
  const largest = Math.max(bufferByteLength, outboxByteLength, messageByteLength, HEADER_BYTE_LENGTH);
  assert(allocation.largest <= largest, `allocated ${allocation.largest} bytes at once, limit ${largest}`);
  const received = streams.reduce((sum, stream) => sum + stream.length, 0);
  const total =
    outboxByteLength +
    messageByteLength +
    // One more may be on its way when the client is closed.
    (connections + 1) * (2 * bufferByteLength + HEADER_BYTE_LENGTH + 200) +
    application.asked +
    received;
  assert(allocation.byteLength <= total, `allocated ${allocation.byteLength} bytes, limit ${total}`);
}

/** The messages are among those that were sent, whole, in their order. */
function checkMessages(messages: readonly ReceivedMessage[], value: ReliableCase): void {
  const sent = value.streams.flatMap((stream) => {
    const all = value.login ? Uint8Array.from([0x20, 0x02, 0x00, 0x00, ...stream]) : stream;
    return expectationOf(all, HEADER_BYTE_LENGTH).messages;
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

const reliableCase: fc.Arbitrary<ReliableCase> = fc.record({
  streams: fc.array(hostileStream(4), { minLength: 1, maxLength: 3 }),
  cuts,
  gap: fc.constantFrom(0, 0, 1, 20),
  end: fc.constantFrom("silence", "finish", "reset"),
  login: fc.constantFrom(true, true, true, true, true, false),
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

export const reliableProperties: readonly FuzzProperty[] = [
  fuzzProperty("ReliableClient 3.1.1, hostile broker", 120, reliableCase, checkReliable, 500),
];
