/**
 * MQTT packets as plain values: the left column of the tables in this folder. Field names are those of the packets'
 * figures in the standard; `type` is the number of control-packet.ts.
 */
export interface Will {
  topic: string;
  message: number[];
  QoS: number;
  retain: boolean;
}

export interface ConnectValue {
  type: 1;
  id: string;
  clean: boolean;
  keepAlive: number;
  user?: string;
  password?: number[];
  will?: Will;
}

export interface ConnackValue {
  type: 2;
  sessionPresent: boolean;
  returnCode: number;
}

export interface PublishValue {
  type: 3;
  QoS: number;
  retain: boolean;
  duplicate: boolean;
  topic: string;
  /** 0 at QoS 0. */
  packetIdentifier: number;
  payload: number[];
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK. */
export interface AcknowledgementValue {
  type: 4 | 5 | 6 | 7 | 11;
  packetIdentifier: number;
}

export interface SubscribeValue {
  type: 8;
  packetIdentifier: number;
  items: { topic: string; QoS: number }[];
}

export interface SubackValue {
  type: 9;
  packetIdentifier: number;
  returnCodes: number[];
}

export interface UnsubscribeValue {
  type: 10;
  packetIdentifier: number;
  topics: string[];
}

/** PINGREQ, PINGRESP, DISCONNECT. */
export interface BareValue {
  type: 12 | 13 | 14;
}

export type PacketValue =
  | ConnectValue
  | ConnackValue
  | PublishValue
  | AcknowledgementValue
  | SubscribeValue
  | SubackValue
  | UnsubscribeValue
  | BareValue;

/** One row: a value, its bytes, and where the standard says so. */
export interface Vector {
  /** What is special about the row; ends the sentence "writes/reads ...". */
  title: string;
  /** Section, table or figure of MQTT 3.1.1. */
  clause: string;
  packet: PacketValue;
  bytes: number[];
}

/** Code units of ASCII text, to spell payloads. */
export function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
