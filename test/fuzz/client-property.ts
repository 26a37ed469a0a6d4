import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { KEEP_ALIVE_TIMEOUT, PACKET_TOO_LARGE } from "../../device/mqtt/mqtt-error";
import type { Peer } from "../../host-sim/network/link";
import { clock } from "../support/timer";
import { cuts, hostileStream } from "./arbitraries/stream";
import { ClientApplication } from "./client-application";
import { type Expectation, expectationOf } from "./expectation";
import { assert, type FuzzProperty, fuzzProperty, type Outcome } from "./fuzz-property";
import { theirPackets } from "./round-trip-property";
import { type Sending, type Simulation, sendPieces, simulate } from "./simulation";

interface ClientCase extends Sending {
  stream: Uint8Array;
  cuts: number[];
  /** A CONNACK that accepts comes before the stream. */
  login: boolean;
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
const CONNACK_PACKET: readonly number[] = [0x20, 0x02, 0x00, 0x00];
const ANSWERS: readonly string[] = ["puback", "pubrec", "pubrel", "pubcomp"];
const FIRST_ANSWER = 4;

function checkClient(value: ClientCase): Outcome {
  return simulate(value.sendBufferByteLength, (simulation) => {
    const { client, headerByteLength, bufferByteLength } = { client: run(simulation, value), ...value };
    const { application, peer } = client;
    const stream = value.login ? Uint8Array.from([...CONNACK_PACKET, ...value.stream]) : value.stream;
    const expectation = expectationOf(stream, headerByteLength);
    const { byteLength, largest } = simulation.allocation;
    const limit = Math.max(application.largestAsked, bufferByteLength, headerByteLength, 64);
    assert(largest <= limit, `allocated ${largest} bytes at once, limit ${limit}`);
    // Buffers and CONNECT, what the application asked for, and the codes of a SUBACK.
    const total = 2 * bufferByteLength + headerByteLength + 200 + application.asked + stream.length;
    assert(byteLength <= total, `allocated ${byteLength} bytes, limit ${total}`);
    checkMessages(application, expectation, value);
    // What waited for a full socket is not sent when the connection ends.
    checkWritten(peer, expectation, expectation.error === 0 && isCalm(application, value));
    checkError(application, expectation, value);
    if (application.errors.some(({ code }) => code === 100 || code === 101)) return "refused";
    return application.ended || !isCalm(application, value) ? "closed" : "read";
  });
}

interface Connected {
  application: ClientApplication;
  peer: Peer;
}

function run(simulation: Simulation, value: ClientCase): Connected {
  const { stream, login, script, readable, acknowledging } = value;
  const { bufferByteLength, headerByteLength, clean, keepAlive } = value;
  let peer: Peer | undefined;
  let duration = 0;
  simulation.link.listen(1883, (accepted) => {
    peer = accepted;
    if (login) accepted.send(CONNACK_PACKET);
    accepted.acknowledging = acknowledging;
    duration = sendPieces(simulation, accepted, stream, value);
  });
  const options = { bufferByteLength, headerByteLength, clean, keepAlive };
  const application = new ClientApplication(simulation, script, options, readable);
  clock.advance(10);
  if (!peer) throw new Error("has not connected");
  clock.advance(duration + PATIENCE);
  application.finish();
  return { application, peer };
}

/** Nothing but the stream decides what happens. After FIN a socket may refuse to write, and then nothing more is read. */
function isCalm({ disturbed }: ClientApplication, { script, acknowledging, end }: ClientCase): boolean {
  return (
    !disturbed &&
    acknowledging &&
    end === "silence" &&
    script.every((action) => action <= 10 || action === 16)
  );
}

function checkMessages(application: ClientApplication, expectation: Expectation, value: ClientCase): void {
  const expected = value.readable ? expectation.messages : [];
  const { messages } = application;
  for (let index = 0; index < messages.length; index++) {
    const { payload, ...fields } = messages[index]!;
    const { payload: bytes, ...others } = { payload: [], ...expected[index] };
    assert(
      isDeepStrictEqual(fields, { ...others, packetIdentifier: 0 }),
      `message ${index} is ${JSON.stringify(fields)}, expected ${JSON.stringify(others)}`,
    );
    const isLast = index === messages.length - 1 && !isCalm(application, value);
    const right = isLast ? bytes.slice(0, payload.length) : bytes;
    assert(isDeepStrictEqual(payload, right), `message ${index} has payload ${payload}, expected ${right}`);
  }
  if (isCalm(application, value))
    assert(messages.length === expected.length, `${messages.length} messages, expected ${expected.length}`);
}

/** All that the client sent is right, and answers the stream in its order ([MQTT-4.6.0-2] to [MQTT-4.6.0-4]). */
function checkWritten(peer: Peer, { answers }: Expectation, complete: boolean): void {
  const found = theirPackets(peer.bytes, 4)
    .filter(({ cmd }) => ANSWERS.includes(cmd))
    .map(({ cmd, messageId = 0 }) => ((ANSWERS.indexOf(cmd) + FIRST_ANSWER) << 16) | messageId);
  const expected = complete ? answers : answers.slice(0, found.length);
  assert(isDeepStrictEqual(found, expected), `answers ${found}, expected ${answers}`);
}

function checkError(application: ClientApplication, expectation: Expectation, value: ClientCase): void {
  if (!isCalm(application, value)) return;
  const codes = application.errors.map(({ code }) => code).filter((code) => code !== PACKET_TOO_LARGE);
  const { error, accepted } = expectation;
  if (error !== 0) assert(codes.length === 1 && codes[0] === error, `error ${codes}, expected ${error}`);
  else if (accepted) assert(codes.length === 0 || codes[0] === KEEP_ALIVE_TIMEOUT, `error ${codes}`);
  // Nobody has closed, and no time-out is left that could.
  const over = error !== 0 || !accepted || value.keepAlive > 0;
  assert(application.ended === over, application.ended ? "has ended" : "has not ended");
}

const clientCase: fc.Arbitrary<ClientCase> = fc.record({
  stream: hostileStream(4),
  cuts,
  gap: fc.constantFrom(0, 0, 1, 20),
  end: fc.constantFrom("silence", "silence", "finish", "reset"),
  login: fc.constantFrom(true, true, true, true, true, true, false),
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

export const clientProperties: readonly FuzzProperty[] = [
  fuzzProperty("MQTTClient 3.1.1, hostile broker", 180, clientCase, checkClient, 500),
];
