import {
  AUTH,
  CONNACK,
  DISCONNECT,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
} from "../../device/mqtt/control-packet";
import { CONNECTION_REFUSED, PROTOCOL_ERROR } from "../../device/mqtt/mqtt-error";
import { AUTHENTICATION_FAILED, DISCONNECTED } from "../../device/mqtt/version-5/mqtt-error";
import { PacketReader, type PacketReaderOptions } from "../../device/mqtt/version-5/packet-reader";
import type { ConnackValue } from "../vectors/version-5/packet";
import { type ReadValue, readPackets, type SkippedValue } from "../vectors/version-5/read-packets";
import { answer, answerMessage, type Expectation, takeMessage } from "./expectation";

const FAILURE = 0x80;

/**
 * What a 5.0 client makes of the bytes of a server, if its application reads everything.
 * @param lenient - takes any CONNACK that accepts, and AUTH: the client may have a session, or a method
 */
export function expectationOf5(
  stream: Uint8Array,
  options: PacketReaderOptions,
  lenient: boolean = false,
): Expectation {
  const reader = new PacketReader(options);
  const values = readPackets(reader, stream, [stream.length]);
  const expectation: Expectation = {
    ...{ messages: [], answers: [], error: 0, parts: false, accepted: lenient },
    received: new Set(),
  };
  for (const value of values) {
    if (lenient && isAuthentication(value)) continue;
    const take = expectation.accepted ? takePacket : takeFirst;
    take(expectation, value, value !== values.at(-1) || reader.payloadRemaining === 0);
    if (expectation.error !== 0) break;
  }
  return expectation;
}

/** CONNACK that accepts, or AUTH. */
function isAuthentication(value: ReadValue): boolean {
  return "type" in value && (value.type === AUTH || (value.type === CONNACK && value.reasonCode === 0));
}

/** The client ends the connection, and says why. */
function part(expectation: Expectation, error: number): void {
  expectation.error = error;
  expectation.parts = true;
}

function takeFirst(expectation: Expectation, value: ReadValue): void {
  if ("error" in value) part(expectation, value.error);
  else if ("skipped" in value) part(expectation, PROTOCOL_ERROR);
  else if (value.type === CONNACK) takeConnack(expectation, value);
  else if (value.type === DISCONNECT) expectation.error = DISCONNECTED;
  else part(expectation, value.type === AUTH ? authError(value) : PROTOCOL_ERROR);
}

/** To a client without a method: of another method, or of none, which only one without any property may be. */
function authError({
  properties = [],
}: {
  readonly properties?: readonly (readonly [string, unknown])[];
}): number {
  return properties.some(([name]) => name === "authenticationMethod")
    ? AUTHENTICATION_FAILED
    : PROTOCOL_ERROR;
}

function takeConnack(expectation: Expectation, value: ConnackValue): void {
  const { reasonCode, sessionPresent, properties = [] } = value;
  if (reasonCode !== 0) expectation.error = CONNECTION_REFUSED;
  else if (properties.some(([name]) => name === "authenticationMethod"))
    part(expectation, AUTHENTICATION_FAILED);
  else if (sessionPresent) part(expectation, PROTOCOL_ERROR);
  else expectation.accepted = true;
}

function takePacket(expectation: Expectation, value: ReadValue, isWhole: boolean): void {
  if ("error" in value) part(expectation, value.error);
  else if ("skipped" in value) takeSkipped(expectation, value);
  else if (value.type === CONNACK) part(expectation, PROTOCOL_ERROR);
  else if (value.type === AUTH) part(expectation, authError(value));
  else if (value.type === DISCONNECT) expectation.error = DISCONNECTED;
  else if (value.type === PUBLISH) takeMessage(expectation, value, isWhole);
  else if (value.type === PUBREC || value.type === PUBREL)
    takeAcknowledgement(expectation, value.type, value.packetIdentifier, value.reasonCode);
}

function takeSkipped(expectation: Expectation, value: SkippedValue): void {
  const { skipped, QoS, packetIdentifier, reasonCode } = value;
  if (skipped === DISCONNECT) expectation.error = DISCONNECTED;
  // It is refused, so its identifier is free again.
  else if (skipped === PUBLISH && QoS === 2) answer(expectation, PUBREC, packetIdentifier);
  else if (skipped === PUBLISH) answerMessage(expectation, QoS, packetIdentifier);
  else takeAcknowledgement(expectation, skipped, packetIdentifier, reasonCode);
}

function takeAcknowledgement(
  expectation: Expectation,
  type: number,
  packetIdentifier: number,
  reasonCode: number,
): void {
  if (type === PUBREC && reasonCode < FAILURE) answer(expectation, PUBREL, packetIdentifier);
  if (type !== PUBREL) return;
  expectation.received.delete(packetIdentifier);
  answer(expectation, PUBCOMP, packetIdentifier);
}
