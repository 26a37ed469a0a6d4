import type { MQTTError } from "../mqtt/mqtt-error";
import type { PacketReader } from "../mqtt/packet-reader";
import type { SubscribeItem } from "../mqtt/packet-writer";
import type { Connection } from "./connection/connection";
import type MQTTClient from "./mqtt-client";
import type { ByteBuffer, MQTTClientOptions, ReadableOptions, WriteOptions } from "./mqtt-client-options";
import type { ReliableState } from "./reliable/reliable-state";
import type { Subscription } from "./reliable/subscriptions";
import type { SubscribeOptions } from "./reliable-client-options";

/** MQTT 3.1.1, by the number that CONNECT carries: what `version` of the clients says. */
export type Version = 4 | 5;

/**
 * What the clients do differently in one version of MQTT: `version3` (the default) or `version5`, given as option `protocol` as
 * ECMA-419 gives `io`: a firmware that does not name 5.0 does not carry it. Frozen, without state; its functions take the
 * parameters that either version needs, and `undefined` stands where one has nothing to do.
 */
export interface Protocol {
  readonly version: Version;
  /** Bytes that a PUBLISH of the outbox, which is kept as in 3.1.1, may be longer on the wire. */
  readonly overhead: number;
  /** Reason Code in the acknowledgement of a PUBLISH that was too large to be kept. */
  readonly skippedReasonCode: number;

  /** The complete CONNECT packet. @throws {MQTTError} of family USAGE when an option is none */
  connectPacket(options: MQTTClientOptions): Uint8Array;
  createReader(options: MQTTClientOptions): PacketReader;
  /** The connection has been made; nothing is sent yet. */
  readonly begin: ((connection: Connection, options: MQTTClientOptions) => void) | undefined;

  /** @returns with its two-byte length. @throws {MQTTError} INVALID_TOPIC */
  encodeTopicFilter(topicFilter: string): Uint8Array;
  /** Encodes the properties of a packet; `undefined`: this version has none. */
  readonly encodeProperties: ((packet: number, values: object) => Uint8Array) | undefined;

  /** Bytes of the packet. @throws {MQTTError} when the broker has said that it does not take such a message */
  publishByteLength(
    topicByteLength: number,
    payloadByteLength: number,
    QoS: number,
    connection: Connection,
    topic: Uint8Array,
    retain: boolean,
    properties: Uint8Array | undefined,
  ): number;
  writePublishHeader(
    buffer: Uint8Array,
    offset: number,
    topic: Uint8Array,
    payloadByteLength: number,
    QoS: number,
    retain: boolean,
    duplicate: boolean,
    packetIdentifier: number,
    connection: Connection,
    properties: Uint8Array | undefined,
  ): number;
  writeAcknowledgement(
    buffer: Uint8Array,
    offset: number,
    type: number,
    packetIdentifier: number,
    reasonCode: number,
    connection: Connection,
  ): number;
  subscribeByteLength(
    items: readonly SubscribeItem[],
    properties: Uint8Array | undefined,
    connection: Connection,
  ): number;
  writeSubscribe(
    buffer: Uint8Array,
    offset: number,
    packetIdentifier: number,
    items: readonly SubscribeItem[],
    properties: Uint8Array | undefined,
  ): number;
  unsubscribeByteLength(
    topics: readonly Uint8Array[],
    properties: Uint8Array | undefined,
    connection: Connection,
  ): number;
  writeUnsubscribe(
    buffer: Uint8Array,
    offset: number,
    packetIdentifier: number,
    topics: readonly Uint8Array[],
    properties: Uint8Array | undefined,
  ): number;
  /** Sends a control packet of the application that 3.1.1 does not have in this form. @returns false: it has */
  readonly writeControl:
    | ((connection: Connection, data: ByteBuffer | null | undefined, options: WriteOptions) => boolean)
    | undefined;

  /** A packet other than PUBLISH arrived before the connection was accepted. */
  login(connection: Connection): void;
  /** A packet other than PUBLISH arrived on the accepted connection. */
  control(connection: Connection, operation: number, packetIdentifier: number): void;
  /** A PUBLISH header arrived. @returns false when it ended the connection */
  readonly admit: ((connection: Connection) => boolean) | undefined;
  /** Adds to what the application is told of a message. */
  readonly describe: ((connection: Connection, options: ReadableOptions) => void) | undefined;
  /** Tells the broker why the connection is about to end. */
  readonly part: ((connection: Connection, error: MQTTError) => void) | undefined;

  // For ReliableClient.

  /** What comes of connecting again after this error: SOON, SELDOM or NEVER of back-off.ts. */
  prospects(error: MQTTError): number;
  /** A connection is accepted, and the session goes on or begins. */
  readonly accepted: ((state: ReliableState, client: MQTTClient) => void) | undefined;
  /** Why the broker would refuse the message at `offset` of the outbox. */
  readonly refusal:
    | ((state: ReliableState, client: MQTTClient, offset: number) => MQTTError | undefined)
    | undefined;
  /** What the socket must take before the message at `offset` of the outbox is begun, bytes. */
  leastByteLength(state: ReliableState, offset: number): number;
  /** The message at `offset` of the outbox, whose properties stand behind it, has been accepted. */
  readonly appended: ((state: ReliableState, offset: number, token: number) => void) | undefined;
  /**
   * An attempt or a connection failed: decides on the version of the next attempt.
   * @returns whether the broker has said that it speaks another version: then there is nothing to wait for
   */
  readonly negotiate: ((state: ReliableState, client: MQTTClient, error: MQTTError) => boolean) | undefined;
  /** @throws {MQTTError} INVALID_OPTION */
  readonly checkSubscription:
    | ((topic: Uint8Array, QoS: number, options: SubscribeOptions) => void)
    | undefined;
  readonly isSameSubscription: ((one: SubscribeOptions, other: SubscribeOptions) => boolean) | undefined;
  /** Takes out of the list what the broker would refuse, by what it said of itself. */
  readonly refuseSubscriptions:
    | ((list: readonly Subscription[], client: MQTTClient) => MQTTError[])
    | undefined;
  /**
   * Sends the message at `offset` of the outbox, or the beginning of it.
   * @param byteLength - of the packet as it stands in the outbox
   * @returns how many of these bytes are sent
   */
  sendRecord(state: ReliableState, client: MQTTClient, offset: number, byteLength: number): number;
}
