import { MAXIMUM_PACKET_IDENTIFIER } from "../limits";
import { assertInteger, INVALID_OPTION } from "../mqtt-error";
import {
  BROKEN,
  FIXED_HEADER,
  NEED_BYTES,
  PacketReader as Version3PacketReader,
  type PacketReaderOptions as Version3PacketReaderOptions,
} from "../packet-reader";
import { decodeString } from "../utf8-string";
import { ReceivedProperties } from "./property-reader";
import {
  beginPacket,
  consume,
  PROPERTY_LENGTH,
  REMAINING_LENGTH,
  readPropertyLength,
  readRemainingLength,
} from "./read-packet";
import { SUCCESS } from "./reason-code";
import { InboundTopicAliases } from "./topic-alias";

/** Topics up to 252 bytes and properties up to 256. */
const DEFAULT_HEADER_BYTE_LENGTH = 512;
/** Of a Topic Alias, when `topicAliasByteLength` is not given: about 64 bytes of topic. */
const DEFAULT_ALIAS_BYTE_LENGTH = 192;

export interface PacketReaderOptions extends Version3PacketReaderOptions {
  /**
   * Bytes kept of a packet, at least 4; default 512. A PUBLISH needs 2 + topic (+ 2 with QoS 1 and 2) + properties,
   * other packets their Remaining Length. What needs more is skipped.
   */
  headerByteLength?: number;
  /** Maximum Packet Size that CONNECT announces: a longer packet fails. Bytes; default: no limit announced. */
  maximumPacketByteLength?: number;
  /** Topic Alias Maximum that CONNECT announces: 0 to 65,535, default 0. */
  topicAliasMaximum?: number;
  /** Memory for the topics of the server's aliases, bytes; an alias takes 128 and its topic. Default 192 for each. */
  topicAliasByteLength?: number;
  /** Request Problem Information that CONNECT announces: 0 or 1, default 1. */
  requestProblemInformation?: number;
}

/**
 * Reads the MQTT 5.0 packets that a server sends, as the reader of 3.1.1 does: same events, same fields. Besides it has
 * Reason Codes and properties, and a PUBLISH may stand with a Topic Alias for its topic.
 *
 * - FAILED: `disconnectReasonCode(reader.error)` is what to put into DISCONNECT. Also for a packet over the Maximum
 *   Packet Size that was announced (PACKET_TOO_LARGE).
 * - SKIPPED: topic and properties, or codes, did not fit the scratch although the server was not told of a limit that
 *   forbids them. A PUBLISH is best acknowledged with QUOTA_EXCEEDED, or the server sends it again after each
 *   reconnect. `packetIdentifier` and `reasonCode` of a skipped acknowledgement are right; of a SUBACK and UNSUBACK
 *   only the first. What the connection cannot do without fails instead (PACKET_TOO_LARGE): CONNACK, AUTH, and with
 *   Topic Aliases announced PUBLISH, since it may tell an alias.
 * - A CONNACK of Remaining Length 2 comes from a server that knows 3.1.1 only: `reasonCode` is
 *   UNSUPPORTED_PROTOCOL_VERSION, whatever it says.
 */
export class PacketReader extends Version3PacketReader {
  /** Of CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT and AUTH; of others 0. */
  reasonCode: number;
  /** Properties of the packet. */
  readonly properties: ReceivedProperties;

  /** @internal The topic of a PUBLISH with its length: the scratch, or the topic of an alias. */ topicBytes: Uint8Array;
  /** @internal */ messageByteLength: number;
  /** @internal Where the Reason Codes of a SUBACK start. */ codesStart: number;
  /** @internal Bits of the Property Length of a PUBLISH read so far; `goal` collects it. */ propertyLengthBits: number;
  /** @internal */ readonly aliases: InboundTopicAliases;
  /** @internal */ readonly problemInformation: boolean;

  /** @throws {MQTTError} INVALID_OPTION when `headerByteLength` is under 4 or `topicAliasMaximum` out of range */
  constructor(options?: PacketReaderOptions) {
    super({ headerByteLength: DEFAULT_HEADER_BYTE_LENGTH, ...options });
    const maximum = options?.topicAliasMaximum ?? 0;
    assertInteger(maximum, 0, MAXIMUM_PACKET_IDENTIFIER, INVALID_OPTION, "topicAliasMaximum");
    this.reasonCode = SUCCESS;
    this.properties = new ReceivedProperties(this.scratch);
    this.topicBytes = this.scratch;
    this.messageByteLength = 0;
    this.codesStart = 0;
    this.propertyLengthBits = 0;
    this.aliases = new InboundTopicAliases(
      maximum,
      options?.topicAliasByteLength ?? maximum * DEFAULT_ALIAS_BYTE_LENGTH,
    );
    this.problemInformation = options?.requestProblemInformation !== 0;
  }

  /** Same as `reasonCode`: the name of 3.1.1. */
  override get returnCode(): number {
    return this.reasonCode;
  }

  /** Reason Codes of a SUBACK or UNSUBACK, one for each Topic Filter: a view, valid until the next packet begins. */
  override get returnCodes(): Uint8Array {
    return this.scratch.subarray(this.codesStart, this.codesStart + this.returnCodeCount);
  }

  /** Of a SUBACK or UNSUBACK. */
  override get returnCodeCount(): number {
    return this.remainingLength - this.codesStart;
  }

  /** Of the whole payload of this PUBLISH. */
  override get payloadByteLength(): number {
    return this.messageByteLength;
  }

  /** Topic Name of a PUBLISH, decoded at each call; valid until the next packet begins. */
  override get topic(): string {
    return decodeString(this.topicBytes, 2, 2 + this.topicByteLength);
  }

  /** Whether the topic is this one, without decoding it. `topic` is as `encodeTopicName` gives it. */
  override topicEquals(topic: Uint8Array): boolean {
    const { topicBytes } = this;
    let index = topic.length;
    if (index !== 2 + this.topicByteLength) return false;
    while (--index >= 2) if (topicBytes[index] !== topic[index]) return false;
    return true;
  }

  override feed(bytes: Uint8Array, start: number, end: number): number {
    if (this.state === BROKEN) return start;
    let event = NEED_BYTES;
    while (start < end && event === NEED_BYTES) {
      const { state } = this;
      if (state === FIXED_HEADER) event = beginPacket(this, bytes[start++]!);
      else if (state === REMAINING_LENGTH) event = readRemainingLength(this, bytes[start++]!);
      else if (state === PROPERTY_LENGTH) event = readPropertyLength(this, bytes[start++]!);
      else {
        const wanted = this.goal - this.position;
        const stop = end - start < wanted ? end : start + wanted;
        event = consume(this, bytes, start, stop);
        start = stop;
      }
    }
    this.event = event;
    return start;
  }

  /** Forgets all that came, aliases included: the next byte is the first of a new connection. */
  override reset(): void {
    super.reset();
    this.reasonCode = SUCCESS;
    this.properties.clear();
    this.aliases.clear();
  }
}
