import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { KEEP_ALIVE_TIMEOUT, MALFORMED_PACKET, PROTOCOL_ERROR } from "../../device/mqtt/mqtt-error";
import type { Peer } from "../../host-sim/network/link";
import { clock } from "../support/timer";
import { cuts, hostileStream, type Version } from "./arbitraries/stream";
import { ClientApplication } from "./client-application";
import { type Expectation, expectationOf } from "./expectation";
import { expectationOf5 } from "./expectation-5";
import { assert, type FuzzProperty, fuzzProperty, type Outcome } from "./fuzz-property";
import { connackOf, type Login5, loginOf, optionsOf } from "./login";
import { theirPackets } from "./round-trip-property";
import { type Sending, type Simulation, sendPieces, simulate } from "./simulation";

interface ClientCase extends Sending {
  stream: Uint8Array;
  cuts: number[];
  /** A CONNACK that accepts comes before the stream. */
  login: boolean;
  /** Missing in 3.1.1. */
  login5?: Login5 | undefined;
  bufferByteLength: number;
  headerByteLength: number;
  sendBufferByteLength: number;
  /** False: the server's TCP takes nothing, so that the socket fills. */
  acknowledging: boolean;
  clean: boolean;
  /** ms */
  keepAlive: number;
  /** The application has `onReadable`. */
  readable: boolean;
  /** See ClientApplication. */
  script: number[];
}

/** Until every time-out of the client has passed, ms. */
const PATIENCE = 40_000;
const ANSWERS: readonly string[] = ["puback", "pubrec", "pubrel", "pubcomp"];
const FIRST_ANSWER = 4;
/** CONNECT, options and the topics that the application publishes to. */
const OWN_BYTE_LENGTH = 400;

function checkClient(value: ClientCase): Outcome {
  return simulate(value.sendBufferByteLength, (simulation) => {
    const { application, peer } = run(simulation, value);
    const expectation = expect(value);
    const isCalm = isCalmCase(application, value);
    checkMemory(simulation, application, value);
    if (!value.login5?.method) checkMessages(application, expectation, value, isCalm);
    checkWritten(peer, expectation, value, isCalm);
    if (isCalm) checkError(application, expectation, value);
    const { error } = application;
    if (error && (error.code === MALFORMED_PACKET || error.code === PROTOCOL_ERROR)) return "refused";
    return application.ended || !isCalm ? "closed" : "read";
  });
}

function expect({ stream, login, login5, headerByteLength }: ClientCase): Expectation {
  const whole = login ? Uint8Array.from([...connackOf(login5), ...stream]) : stream;
  if (!login5) return expectationOf(whole, headerByteLength);
  const { topicAliasMaximum, maximumPacketSize, requestProblemInformation } = login5;
  return expectationOf5(whole, {
    ...{ headerByteLength, topicAliasMaximum, requestProblemInformation },
    ...(maximumPacketSize > 0 ? { maximumPacketByteLength: maximumPacketSize } : {}),
  });
}

interface Connected {
  application: ClientApplication;
  peer: Peer;
}

function run(simulation: Simulation, value: ClientCase): Connected {
  const { stream, login, login5, script, readable, acknowledging } = value;
  const { bufferByteLength, headerByteLength, clean, keepAlive } = value;
  let peer: Peer | undefined;
  let duration = 0;
  simulation.link.listen(1883, (accepted) => {
    peer = accepted;
    if (login) accepted.send(connackOf(login5));
    accepted.acknowledging = acknowledging;
    duration = sendPieces(simulation, accepted, stream, value);
  });
  const options = { bufferByteLength, headerByteLength, clean, keepAlive, ...optionsOf(login5) };
  const application = new ClientApplication(simulation, script, options, readable);
  clock.advance(10);
  if (!peer) throw new Error("has not connected");
  clock.advance(duration + PATIENCE);
  application.finish();
  return { application, peer };
}

/** Nothing but the stream decides what happens. After FIN a socket may refuse to write, and then nothing more is read. */
function isCalmCase({ disturbed }: ClientApplication, value: ClientCase): boolean {
  const { script, acknowledging, end, login5 } = value;
  if (disturbed || !acknowledging || end !== "silence") return false;
  if (login5 && (login5.method || login5.receiveMaximum > 0)) return false;
  return script.every((action) => action <= 10 || action === 16);
}

function checkMemory(
  { allocation }: Simulation,
  { asked, largestAsked }: ClientApplication,
  value: ClientCase,
): void {
  const { bufferByteLength, headerByteLength, stream } = value;
  // Both buffers of a connection are one piece of memory.
  const limit = Math.max(largestAsked, 2 * bufferByteLength, headerByteLength, 64);
  assert(allocation.largest <= limit, `allocated ${allocation.largest} bytes at once, limit ${limit}`);
  // Buffers, what the application asked for; and what it is given of each packet: topic or codes, strings of properties.
  const given = (value.login5 ? 3 : 1) * stream.length;
  const total = 2 * bufferByteLength + headerByteLength + OWN_BYTE_LENGTH + asked + given;
  assert(allocation.byteLength <= total, `allocated ${allocation.byteLength} bytes, limit ${total}`);
}

function checkMessages(
  { messages }: ClientApplication,
  expectation: Expectation,
  value: ClientCase,
  isCalm: boolean,
): void {
  const expected = value.readable ? expectation.messages : [];
  for (let index = 0; index < messages.length; index++) {
    const { payload, ...fields } = messages[index]!;
    const right = expected[index];
    assert(right !== undefined, `message ${JSON.stringify(messages[index])} was not sent`);
    const { topic, QoS, retain, duplicate } = right;
    assert(
      isDeepStrictEqual(fields, { topic, QoS, retain, duplicate, packetIdentifier: 0 }),
      `message ${index} is ${JSON.stringify(fields)}, expected ${JSON.stringify(right)}`,
    );
    const isLast = index === messages.length - 1 && !isCalm;
    const bytes = isLast ? right.payload.slice(0, payload.length) : right.payload;
    assert(isDeepStrictEqual(payload, bytes), `message ${index} has payload ${payload}, expected ${bytes}`);
  }
  if (isCalm)
    assert(messages.length === expected.length, `${messages.length} messages, expected ${expected.length}`);
}

/** All that the client sent is right, and answers the stream in its order ([MQTT-4.6.0-2] to [MQTT-4.6.0-4]). */
function checkWritten(peer: Peer, expectation: Expectation, value: ClientCase, isCalm: boolean): void {
  const { login5, sendBufferByteLength } = value;
  const { answers, error, parts } = expectation;
  const packets = theirPackets(peer.bytes, login5 ? 5 : 4);
  const found = packets
    .filter(({ cmd }) => ANSWERS.includes(cmd))
    .map(({ cmd, messageId = 0 }) => ((ANSWERS.indexOf(cmd) + FIRST_ANSWER) << 16) | messageId);
  // What waited for a full socket is not sent when the connection ends.
  const isWhole = isCalm && error === 0;
  const expected = isWhole ? answers : answers.slice(0, found.length);
  if (!login5?.method) assert(isDeepStrictEqual(found, expected), `answers ${found}, expected ${answers}`);
  if (!isCalm || !parts || sendBufferByteLength < 1000) return;
  const last = packets.at(-1);
  assert(
    last?.cmd === "disconnect" && (last.reasonCode ?? 0) > 0x80,
    `${JSON.stringify(last)} in place of DISCONNECT`,
  );
}

function checkError({ error, ended }: ClientApplication, expectation: Expectation, value: ClientCase): void {
  const code = error?.code ?? 0;
  if (expectation.error !== 0)
    assert(code === expectation.error, `error ${code}, expected ${expectation.error}`);
  else if (expectation.accepted) assert(code === 0 || code === KEEP_ALIVE_TIMEOUT, `error ${code}`);
  // Nobody has closed, and no time-out is left that could.
  const over = expectation.error !== 0 || !expectation.accepted || value.keepAlive > 0;
  assert(ended === over, ended ? "has ended" : "has not ended");
}

function clientCase(version: Version): fc.Arbitrary<ClientCase> {
  return fc.record({
    stream: hostileStream(version),
    cuts,
    gap: fc.constantFrom(0, 0, 1, 20),
    end: fc.constantFrom("silence", "silence", "finish", "reset"),
    login: fc.constantFrom(true, true, true, true, true, true, false),
    login5: loginOf(version),
    bufferByteLength: fc.constantFrom(16, 17, 64, 256),
    headerByteLength: fc.constantFrom(4, 16, 256),
    sendBufferByteLength: fc.constantFrom(64, 300, 5744),
    acknowledging: fc.constantFrom(true, true, true, false),
    clean: fc.boolean(),
    keepAlive: fc.constantFrom(0, 0, 1000),
    readable: fc.constantFrom(true, true, true, true, false),
    script: fc.oneof(
      fc.constant<number[]>([]),
      fc.array(fc.nat(10), { maxLength: 12 }),
      fc.array(fc.nat(17), { maxLength: 12 }),
    ),
  });
}

export const clientProperties: readonly FuzzProperty[] = [
  fuzzProperty("MQTTClient 3.1.1, hostile broker", 120, clientCase(4), checkClient, 500),
  fuzzProperty("MQTTClient 5.0, hostile broker", 150, clientCase(5), checkClient, 500),
];
