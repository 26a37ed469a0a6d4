import { CONNACK, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../../device/mqtt/control-packet";
import { CONNECTION_REFUSED, IN_FLIGHT_FULL, PROTOCOL_ERROR } from "../../device/mqtt/mqtt-error";
import { PacketReader } from "../../device/mqtt/packet-reader";
import { type ReadValue, readPackets } from "../vectors/read-packets";

/** QoS 2 messages that a session remembers. */
const RECEIVED_LIMIT = 256;

/** A PUBLISH of either version. */
export interface Message {
  QoS: number;
  retain: boolean;
  duplicate: boolean;
  topic: string;
  packetIdentifier: number;
  payload: number[];
}

export interface Expectation {
  /** Messages for the application; of the last one perhaps only a beginning. */
  messages: Message[];
  /** What is answered, in order: type << 16 | Packet Identifier. */
  answers: number[];
  /** Code with which the connection ends; 0 for none. */
  error: number;
  /** Before that the client tells the server why; only in 5.0. */
  parts: boolean;
  /** The CONNACK that accepts has come. */
  accepted: boolean;
  /** Identifiers of QoS 2 messages not yet released. */
  received: Set<number>;
}

/** What a 3.1.1 client makes of the bytes of a server, if its application reads everything. */
export function expectationOf(stream: Uint8Array, headerByteLength: number): Expectation {
  const reader = new PacketReader({ headerByteLength });
  const values = readPackets(reader, stream, [stream.length]);
  const expectation: Expectation = {
    ...{ messages: [], answers: [], error: 0, parts: false, accepted: false },
    received: new Set(),
  };
  for (const value of values) {
    const take = expectation.accepted ? takePacket : takeFirst;
    // The last message may have come in part only: then it is not acknowledged.
    take(expectation, value, value !== values.at(-1) || reader.payloadRemaining === 0);
    if (expectation.error !== 0) break;
  }
  return expectation;
}

function takeFirst(expectation: Expectation, value: ReadValue): void {
  if ("error" in value) expectation.error = value.error;
  else if ("skipped" in value || value.type !== CONNACK) expectation.error = PROTOCOL_ERROR;
  else if (value.returnCode !== 0) expectation.error = CONNECTION_REFUSED;
  else expectation.accepted = true;
}

function takePacket(expectation: Expectation, value: ReadValue, isWhole: boolean): void {
  if ("error" in value) expectation.error = value.error;
  else if ("skipped" in value) {
    const { skipped, QoS, packetIdentifier } = value;
    if (skipped === PUBLISH && packetIdentifier > 0) answerMessage(expectation, QoS, packetIdentifier);
  } else if (value.type === CONNACK) expectation.error = PROTOCOL_ERROR;
  else if (value.type === PUBLISH) takeMessage(expectation, value, isWhole);
  else if (value.type === PUBREC) answer(expectation, PUBREL, value.packetIdentifier);
  else if (value.type === PUBREL) {
    expectation.received.delete(value.packetIdentifier);
    answer(expectation, PUBCOMP, value.packetIdentifier);
  }
}

export function takeMessage(expectation: Expectation, value: Message, isWhole: boolean): void {
  const { QoS, packetIdentifier, payload } = value;
  // The application hears of a message when there is something to read.
  const isAnnounced = isWhole || payload.length > 0;
  if (isAnnounced && (QoS < 2 || !expectation.received.has(packetIdentifier)))
    expectation.messages.push(value);
  if (isWhole) answerMessage(expectation, QoS, packetIdentifier);
}

export function answerMessage(expectation: Expectation, QoS: number, packetIdentifier: number): void {
  if (QoS === 1) answer(expectation, PUBACK, packetIdentifier);
  if (QoS !== 2) return;
  const { received } = expectation;
  if (received.size >= RECEIVED_LIMIT && !received.has(packetIdentifier)) {
    expectation.error = IN_FLIGHT_FULL;
    return;
  }
  received.add(packetIdentifier);
  answer(expectation, PUBREC, packetIdentifier);
}

export function answer(expectation: Expectation, type: number, packetIdentifier: number): void {
  expectation.answers.push((type << 16) | packetIdentifier);
}
