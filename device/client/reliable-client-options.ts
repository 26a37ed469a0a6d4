import type { MQTTError } from "../mqtt/mqtt-error";
import type { ReceivedProperties } from "../mqtt/version-5/property-reader";
import type { BinaryValue, ConnectProperties, PublishProperties } from "../mqtt/version-5/property-writer";
import type { Delivery } from "./delivery";
import type { IOOptions, Will } from "./mqtt-client-options";
import type { Protocol } from "./protocol";
import type ReliableClient from "./reliable-client";

/** Quality of service of MQTT 3.1.1 section 4.3. */
export type QoS = 0 | 1 | 2;

/** Options of the {@link ReliableClient} constructor. */
export interface ReliableClientOptions {
  /** Name or address of the broker. */
  host: string;
  /** TCP port; default 1883. */
  port?: number;
  /** Client Identifier; must be unique at the broker and stay the same, because the broker keeps the session by it. */
  id: string;
  user?: string;
  password?: string | ArrayBuffer | Uint8Array;
  /** ms, 0 to 65,535,000; 0 switches it off; default 60,000. */
  keepAlive?: number;
  /** True: the broker forgets the session with each connection. Default false. */
  clean?: boolean;
  /** Published by the broker when the connection is lost without DISCONNECT. */
  will?: Will;
  /** Domain Name Resolver: its class as `io`, and that class's options. */
  dns: IOOptions;
  /** TCP socket or what looks like one: its class as `io`, and that class's options. */
  socket: IOOptions;
  /** Bytes for messages that wait or are not yet acknowledged, packet headers included; default 4,096. */
  outboxByteLength?: number;
  /** Bytes of each of the two buffers of the connection; default 256. */
  bufferByteLength?: number;
  /** Largest payload given to `onMessage`, bytes; default 512. Longer messages are skipped and reported. */
  messageByteLength?: number;
  /** Most QoS 1 and 2 messages sent and not yet acknowledged; default 16. */
  inFlight?: number;
  /** Time from the start of an attempt to CONNACK, ms; default 30,000. */
  connackTimeout?: number;
  /** Source of the jitter, 0 to less than 1; default `Math.random`. */
  random?: () => number;
  /** See back-off.ts, ms; default 1,000. */
  minimumDelay?: number;
  /** See back-off.ts, ms; default 60,000. */
  maximumDelay?: number;
  /**
   * `version5`: MQTT 5.0 is asked for, and 3.1.1 spoken when the broker does not know it; `version` says which. Default: 3.1.1.
   */
  protocol?: Protocol;
  /**
   * Properties of CONNECT, in MQTT 5.0. Unless `clean`, the session is kept for ever by default, as in 3.1.1: a broker will cut
   * `sessionExpiryInterval` to what it allows.
   */
  properties?: ConnectProperties;
  /** Topic Aliases to use at most, in MQTT 5.0; default 8. */
  topicAliases?: number;
  /** Enhanced authentication, in MQTT 5.0: what is returned answers the broker's AUTH. */
  onAuthenticate?(this: ReliableClient, data: Uint8Array | undefined): BinaryValue | undefined;
  /** Opaque; becomes the property `target` of the client. */
  target?: unknown;
  /** After every CONNACK that accepts, when remembered subscriptions have been sent: the place to publish `online` and states. */
  onConnect?(this: ReliableClient, sessionPresent: boolean): void;
  /**
   * An accepted connection is over, and not by `close`. Reconnecting has been arranged for; but not when another client has taken
   * the session over (`error.reasonCode` is SESSION_TAKEN_OVER): the two would do so for ever. Then see `reconnect`.
   */
  onDisconnect?(this: ReliableClient, error: MQTTError | undefined): void;
  /**
   * A whole message. `payload` and `properties` (missing in MQTT 3.1.1) are valid during the call only; the acknowledgement goes
   * out after it.
   */
  onMessage?(
    this: ReliableClient,
    topic: string,
    payload: Uint8Array,
    QoS: number,
    retain: boolean,
    properties?: ReceivedProperties,
  ): void;
  /** Acknowledged (QoS 1: PUBACK, QoS 2: PUBCOMP), or written to the socket (QoS 0). */
  onDelivered?(this: ReliableClient, token: number): void;
  /** Once for each accepted message that will not be sent, or that the broker refused (PUBLISH_REFUSED, in MQTT 5.0). For one refused at once it is called before `publish` returns. */
  onDropped?(this: ReliableClient, token: number, topic: string, reason: MQTTError): void;
  /** An attempt to connect failed, a message was skipped, a subscription refused. The client goes on. */
  onError?(this: ReliableClient, error: MQTTError): void;
}

/** Options of {@link ReliableClient.publish}. */
export interface PublishOptions {
  /** Default 0. */
  QoS?: QoS;
  /** The broker keeps it for later subscribers. Default false. */
  retain?: boolean;
  /** LATEST (the default), DEADLINE or MUST. */
  delivery?: Delivery;
  /** With DEADLINE, and required there: how long sending is worthwhile, ms from now, over 0. */
  deadline?: number;
  /**
   * In MQTT 5.0, as values or as `encodeProperties` gives them; of a broker of 3.1.1 they are kept. The Message Expiry Interval
   * counts from now: a message that waits longer is dropped, one sent before has what is left of it.
   */
  properties?: PublishProperties | Uint8Array;
}

/** Options of {@link ReliableClient.prepare}: all that the messages have in common. Must not change afterwards. */
export interface ReliablePrepareOptions extends PublishOptions {
  /** Topic Name. */
  topic: string;
  /** Of the payloads, 0 to 268,435,455. At QoS 0 one packet of that size is kept in memory. */
  payloadByteLength: number;
}

/** Options of {@link ReliableClient.subscribe} in MQTT 5.0; without effect at a broker of 3.1.1. */
export interface SubscribeOptions {
  /** Not what this client publishes itself. Default false; never with a Shared Subscription. */
  noLocal?: boolean | undefined;
  /** Messages keep the RETAIN flag they were published with. Default false. */
  retainAsPublished?: boolean | undefined;
  /** Retained messages: 0 all (the default), 1 if the subscription is new, 2 none. */
  retainHandling?: number | undefined;
  /** 1 to 268,435,455: messages of the subscription carry it. */
  subscriptionIdentifier?: number | undefined;
}

/** Options of {@link ReliableClient.stream}. */
export interface StreamOptions {
  /** Default 0. */
  QoS?: 0 | 1;
  retain?: boolean;
  /** As those of `publish`. */
  properties?: PublishProperties | Uint8Array;
  /** All bytes written (QoS 0) or acknowledged (QoS 1), or the error that ended it. Called once, not by `close`. */
  onComplete(this: ReliableClient, error: MQTTError | undefined): void;
}
