import type { MQTTClientOptions } from "../../../device/client/mqtt-client";
import type { ReliableClientOptions } from "../../../device/client/reliable-client";
import { version5 } from "../../../device/client/version-5/version-5";
import type { MQTTError } from "../../../device/mqtt/mqtt-error";
import { clock } from "../../support/timer";
import { bytesOf, join, number, type PublishFields, packet, string, utf8 } from "../bytes";
import {
  type ClientUnderTest,
  connectClient,
  connectReliable,
  RawBroker,
  RECONNECT,
  type ReliableUnderTest,
} from "../raw-broker";

/*
 * Packets of MQTT 5.0 as text, built without any code under test, and clients of 5.0 at a broker that speaks bytes.
 */

/** Property Length, and the properties. */
export function properties(...hex: string[]): string {
  const body = join(...hex);
  return join(variable(bytesOf(body).length), body);
}

/** A Variable Byte Integer under 16,384 (MQTT 5.0 section 1.5.5). */
export function variable(value: number): string {
  const bytes = value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

export function connack(sessionPresent: boolean = false, reasonCode: number = 0, ...hex: string[]): string {
  return packet(0x20, sessionPresent ? "01" : "00", byte(reasonCode), properties(...hex));
}

export interface Publish5Fields extends PublishFields {
  properties?: string;
}

/** A PUBLISH of MQTT 5.0. */
export function publish5(topic: string, payload: string, fields: Publish5Fields = {}): string {
  const { QoS = 0, id = 0, duplicate = false, retain = false } = fields;
  const first = 0x30 | (duplicate ? 8 : 0) | (QoS << 1) | (retain ? 1 : 0);
  return packet(
    first,
    string(topic),
    QoS > 0 ? number(id) : "",
    properties(fields.properties ?? ""),
    utf8(payload),
  );
}

export function byte(value: number): string {
  return value.toString(16).padStart(2, "0");
}

/** DISCONNECT with a Reason Code and nothing else. */
export const parting = (reasonCode: number): string => packet(0xe0, byte(reasonCode));

/** A User Property "a" with a value. */
export const userProperty = (value: string): string => join("26", string("a"), string(value));

/** Property identifiers before their values. */
export const reasonString = (text: string): string => join("1f", string(text));
export const maximumPacketSize = (value: number): string => join("27 00 00", number(value));
export const receiveMaximum = (value: number): string => join("21", number(value));
export const topicAliasMaximum = (value: number): string => join("22", number(value));
export const topicAlias = (value: number): string => join("23", number(value));

export interface Client5 extends ClientUnderTest {
  readonly broker: RawBroker;
}

/**
 * An MQTTClient of 5.0.
 * @param connackProperties - of the broker's CONNACK, with which the connection is accepted
 */
export function connect5(options: Partial<MQTTClientOptions> = {}, ...connackProperties: string[]): Client5 {
  const broker = new RawBroker();
  broker.connack = connack(false, 0, ...connackProperties);
  return { broker, ...connectClient(broker, { protocol: version5, ...options }) };
}

/** The same with another CONNACK, `undefined` for none. */
export function connectWith(answer: string | undefined, options: Partial<MQTTClientOptions> = {}): Client5 {
  const broker = new RawBroker();
  broker.connack = answer ?? "";
  return { broker, ...connectClient(broker, { protocol: version5, ...options }) };
}

export interface Reliable5 extends ReliableUnderTest {
  readonly broker: RawBroker;
  /** Codes of the errors told to onError. */
  readonly errors: number[];
}

/** A ReliableClient of 5.0, without keep alive. */
export function reliable5(
  options: Partial<ReliableClientOptions> = {},
  ...connackProperties: string[]
): Reliable5 {
  const broker = new RawBroker();
  const errors: number[] = [];
  broker.connack = connack(false, 0, ...connackProperties);
  const onError = ({ code }: MQTTError): void => void errors.push(code);
  const settings = { protocol: version5, keepAlive: 0, onError, ...options };
  return { broker, errors, ...connectReliable(broker, settings) };
}

/** Breaks the connection and waits for the next, whose CONNACK is `answer`. */
export function reconnect5(broker: RawBroker, answer: string = connack(true)): void {
  broker.connack = answer;
  broker.reset();
  clock.advance(RECONNECT);
}
