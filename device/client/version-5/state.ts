import { MAXIMUM_PACKET_BYTE_LENGTH } from "../../mqtt/limits";
import { DEFAULT_RECEIVE_MAXIMUM, FlowControl } from "../../mqtt/version-5/flow-control";
import { OutboundTopicAliases } from "../../mqtt/version-5/topic-alias";

/** What the broker has said of itself in CONNACK, with the values of the standard for what it has not said. */
export interface ServerLimits {
  /** QoS 1 and 2 messages that may be in flight: 1 to 65,535. */
  readonly receiveMaximum: number;
  /** 0 to 2. */
  readonly maximumQoS: number;
  readonly retainAvailable: boolean;
  /** Bytes. */
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly wildcardSubscriptionAvailable: boolean;
  readonly subscriptionIdentifiersAvailable: boolean;
  readonly sharedSubscriptionAvailable: boolean;
  /** Seconds that the session outlives the connection. */
  readonly sessionExpiryInterval: number;
  /** Seconds; `undefined` when the client's own holds. */
  readonly serverKeepAlive: number | undefined;
  /** The Client Identifier, when the client had none. */
  readonly assignedClientIdentifier: string | undefined;
  /** Where Response Topics may be made. */
  readonly responseInformation: string | undefined;
}

/** Before CONNACK, and for what CONNACK does not say. */
export const DEFAULT_LIMITS: ServerLimits = Object.freeze({
  receiveMaximum: DEFAULT_RECEIVE_MAXIMUM,
  maximumQoS: 2,
  retainAvailable: true,
  maximumPacketSize: MAXIMUM_PACKET_BYTE_LENGTH,
  topicAliasMaximum: 0,
  wildcardSubscriptionAvailable: true,
  subscriptionIdentifiersAvailable: true,
  sharedSubscriptionAvailable: true,
  sessionExpiryInterval: 0,
  serverKeepAlive: undefined,
  assignedClientIdentifier: undefined,
  responseInformation: undefined,
});

/** Nobody authenticates. */
export const IDLE = 0;
/** CONNECT or AUTH has been sent: the broker's AUTH or CONNACK is due. */
export const ASKED = 1;
/** The broker's AUTH has come: the application's answer is due. */
export const CHALLENGED = 2;

/** What a connection of MQTT 5.0 has besides one of 3.1.1. */
export class Version5State {
  limits: ServerLimits;
  readonly flow: FlowControl;
  readonly aliases: OutboundTopicAliases;
  /** Authentication Method of CONNECT. */
  readonly method: string | undefined;
  /** IDLE, ASKED or CHALLENGED. */
  authentication: number;
  /** That CONNECT asked for, seconds. */
  readonly sessionExpiryInterval: number;
  /** The application has given a session: the broker may have its other half ([MQTT-3.2.2-4]). */
  readonly hasSession: boolean;
  /** Of the PUBLISH being written: over 0 the alias stands for its topic already, under 0 it gets a new one, 0 is none. */
  alias: number;

  constructor(
    receiveMaximum: number,
    topicAliases: number,
    method: string | undefined,
    sessionExpiryInterval: number,
    hasSession: boolean,
  ) {
    this.limits = DEFAULT_LIMITS;
    this.flow = new FlowControl(receiveMaximum);
    this.aliases = new OutboundTopicAliases(topicAliases);
    this.method = method;
    // Without a method no AUTH that comes has the right one.
    this.authentication = ASKED;
    this.sessionExpiryInterval = sessionExpiryInterval;
    this.hasSession = hasSession;
    this.alias = 0;
  }
}
