/**
 * MQTT 5.0 packets as plain values: the left column of the tables in this folder. Field names are those of the
 * standard; `type` is the number of control-packet.ts.
 */
export { ascii } from "../packet";

/** MQTT 5.0 table 2-4, written down again: name and identifier. */
export const IDENTIFIERS = {
  payloadFormatIndicator: 1,
  messageExpiryInterval: 2,
  contentType: 3,
  responseTopic: 8,
  correlationData: 9,
  subscriptionIdentifier: 11,
  sessionExpiryInterval: 17,
  assignedClientIdentifier: 18,
  serverKeepAlive: 19,
  authenticationMethod: 21,
  authenticationData: 22,
  requestProblemInformation: 23,
  willDelayInterval: 24,
  requestResponseInformation: 25,
  responseInformation: 26,
  serverReference: 28,
  reasonString: 31,
  receiveMaximum: 33,
  topicAliasMaximum: 34,
  topicAlias: 35,
  maximumQoS: 36,
  retainAvailable: 37,
  userProperty: 38,
  maximumPacketSize: 39,
  wildcardSubscriptionAvailable: 40,
  subscriptionIdentifiersAvailable: 41,
  sharedSubscriptionAvailable: 42,
} as const;

export type PropertyName = keyof typeof IDENTIFIERS;
/** Number, text, binary data (an array of numbers), or name and value of a User Property. */
export type PropertyValue = number | string | number[] | [name: string, value: string];
/** As they stand in the packet; those that may repeat have a row each. */
export type PropertyList = [name: PropertyName, value: PropertyValue][];

interface WithProperties {
  properties?: PropertyList;
}

export interface Will extends WithProperties {
  topic: string;
  message: number[];
  QoS: number;
  retain: boolean;
}

export interface ConnectValue extends WithProperties {
  type: 1;
  id: string;
  clean: boolean;
  keepAlive: number;
  user?: string;
  password?: number[];
  will?: Will;
}

export interface ConnackValue extends WithProperties {
  type: 2;
  sessionPresent: boolean;
  reasonCode: number;
}

export interface PublishValue extends WithProperties {
  type: 3;
  QoS: number;
  retain: boolean;
  duplicate: boolean;
  /** Empty when only the Topic Alias among the properties tells it. */
  topic: string;
  /** 0 at QoS 0. */
  packetIdentifier: number;
  payload: number[];
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP. */
export interface AcknowledgementValue extends WithProperties {
  type: 4 | 5 | 6 | 7;
  packetIdentifier: number;
  reasonCode: number;
}

export interface SubscribeValue extends WithProperties {
  type: 8;
  packetIdentifier: number;
  items: {
    topic: string;
    QoS: number;
    noLocal?: boolean;
    retainAsPublished?: boolean;
    retainHandling?: number;
  }[];
}

/** SUBACK, UNSUBACK. */
export interface CodesValue extends WithProperties {
  type: 9 | 11;
  packetIdentifier: number;
  reasonCodes: number[];
}

export interface UnsubscribeValue extends WithProperties {
  type: 10;
  packetIdentifier: number;
  topics: string[];
}

/** PINGREQ, PINGRESP. */
export interface BareValue {
  type: 12 | 13;
}

/** DISCONNECT, AUTH. */
export interface ReasonValue extends WithProperties {
  type: 14 | 15;
  reasonCode: number;
}

export type PacketValue =
  | ConnectValue
  | ConnackValue
  | PublishValue
  | AcknowledgementValue
  | SubscribeValue
  | CodesValue
  | UnsubscribeValue
  | BareValue
  | ReasonValue;

/** One row: a value, its bytes, and where the standard says so. */
export interface Vector {
  /** What is special about the row; ends the sentence "writes/reads ...". */
  title: string;
  /** Section, table or figure of MQTT 5.0. */
  clause: string;
  packet: PacketValue;
  bytes: number[];
}
