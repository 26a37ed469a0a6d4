import type { MQTTError } from "../mqtt/mqtt-error";
import type { Session } from "../mqtt/session";
import type { ReceivedProperties } from "../mqtt/version-5/property-reader";
import type {
  BinaryValue,
  ConnectProperties,
  SentProperties,
  WillProperties,
} from "../mqtt/version-5/property-writer";
import type MQTTClient from "./mqtt-client";
import type { Protocol } from "./protocol";

/** What ECMA-419 calls a Byte Buffer. */
export type ByteBuffer =
  | ArrayBuffer
  | SharedArrayBuffer
  | HostBuffer
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | DataView;

/** A class as `io`, and the options of its constructor (ECMA-419 clause 9). As wide as the typings have it. */
// biome-ignore lint/suspicious/noExplicitAny: a program typed with `Record<string, any>` must stay assignable
export type IOOptions = Record<string, any>;

/** Published by the broker when the connection is lost without DISCONNECT (MQTT 3.1.1 section 3.1.2.5). */
export interface Will {
  /** Topic Name; required. */
  topic?: string;
  /** May be empty, but not left out. */
  message?: string | ByteBuffer;
  /** 0 to 2; default 0. */
  QoS?: number;
  /** Default false. */
  retain?: boolean;
  /** MQTT 5.0 only: delay, expiry, content type, ... */
  properties?: WillProperties;
}

/** Second argument of `onReadable`. The first piece of a message has all of it, the following ones `more` alone. */
export interface ReadableOptions {
  /** False for the last piece of the message. */
  readonly more: boolean;
  readonly topic?: string;
  readonly QoS?: number;
  /** Of the whole payload; 0 with a message that clears a retained one. */
  readonly byteLength?: number;
  /** The broker had kept it: it is not new (MQTT 3.1.1 section 3.3.1.3). */
  readonly retain?: boolean;
  /** The broker may have sent it before (MQTT 3.1.1 section 3.3.1.1). */
  readonly duplicate?: boolean;
  /** MQTT 5.0 only. A view: valid until the last byte of the message has been read. */
  readonly properties?: ReceivedProperties;
}

/** A control packet as `onControl` gets it. */
export interface ControlMessage {
  /** `MQTTClient.CONNACK`, ... */
  readonly operation: number;
  /** Packet Identifier. CONNACK and PINGRESP have none, and then the property is missing, as ECMA-419 has it. */
  readonly id: number;
  /** Of SUBACK: one granted QoS, or 0x80 (in MQTT 5.0 any code from there), for each Topic Filter. In MQTT 5.0 also of UNSUBACK. */
  readonly payload?: Uint8Array;
  /** Of CONNACK: 0. A refused connection is an error, see `onError`. */
  readonly returnCode?: number;
  /** Of CONNACK: the broker still has the session (MQTT 3.1.1 section 3.2.2.2). */
  readonly sessionPresent?: boolean;
  /** MQTT 5.0 only: of CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT and AUTH; see mqtt/version-5/reason-code.ts. */
  readonly reasonCode?: number;
  /** MQTT 5.0 only. A view: valid during the call. */
  readonly properties?: ReceivedProperties;
}

/** Options of the {@link MQTTClient} constructor (ECMA-419 clause 25). */
export interface MQTTClientOptions {
  /** Name or address of the broker. */
  host: string;
  /** TCP port, 1 to 65,535; default 1883. */
  port?: number;
  /** Client Identifier; default empty, which only `clean` allows. */
  id?: string;
  /** Default none; an empty one is sent only when there is a password. */
  user?: string;
  /** Default none; needs `user`. */
  password?: string | ByteBuffer;
  /** Clean Session flag; default true. */
  clean?: boolean;
  /** See {@link Will}. */
  // biome-ignore lint/suspicious/noExplicitAny: the typings say any; the constructor checks it as a Will
  will?: any;
  /** Keep Alive in ms, 0 to 65,535,000; sent in seconds, rounded up; default 0, which switches it off. */
  keepAlive?: number;
  /** `count` bytes of a message can be read. Without it messages are acknowledged and dropped. */
  onReadable?: (this: MQTTClient, count: number, options: ReadableOptions) => void;
  /** Payload of up to about `count` bytes can be written. */
  onWritable?: (this: MQTTClient, count: number) => void;
  /**
   * A control packet arrived. The standard and its typings pass `(opcode, message)`, the Moddable SDK passes `(message)`
   * alone: a function that declares exactly one parameter (`Function.length`) gets the message, any other gets both.
   */
  onControl?:
    | ((this: MQTTClient, opcode: number, message: ControlMessage) => void)
    | ((this: MQTTClient, message: ControlMessage) => void);
  /**
   * The connection is over: after `onError`, or alone when DISCONNECT had been written. Last of all callbacks, once;
   * `close` calls none (ECMA-419 clause 8).
   */
  onClose?: (this: MQTTClient) => void;
  /**
   * With an error of family PEER the connection is over and only `close` makes sense. One of family RESOURCE tells of a
   * message that was skipped (PACKET_TOO_LARGE); the connection stays.
   */
  onError?: (this: MQTTClient, error: MQTTError) => void;
  /** Domain Name Resolver class and its options (ECMA-419 clause 18). */
  dns: IOOptions;
  /** TCP socket class and its options (ECMA-419 clause 10); also TLS, or a WebSocket that looks like a socket. */
  socket: IOOptions;
  /** Becomes the property `target` of the client. */
  target?: unknown;
  /** Only "buffer". */
  format?: "buffer";

  // Extensions.

  /** State that outlives the connection; default a new one. With it `clean: false` makes sense. */
  session?: Session;
  /** Time from the constructor to CONNACK, ms, over 0; default 30,000. Name look-up and TCP connect count. */
  connackTimeout?: number;
  /** Bytes of each of the two buffers, at least 16; default 256. Payloads may be larger than the buffers. */
  bufferByteLength?: number;
  /** Largest topic that is received is 4 bytes less; what is longer is skipped and reported. Default 256. */
  headerByteLength?: number;
  /**
   * PUBACK, PUBREC and PUBCOMP as numbers; they are then kept from `onControl`, which would allocate a message. `reasonCode` is
   * always 0 in MQTT 3.1.1; `reasonString` may come with one from 0x80.
   */
  onAcknowledge?: (
    this: MQTTClient,
    operation: number,
    packetIdentifier: number,
    reasonCode: number,
    reasonString?: string,
  ) => void;

  // MQTT 5.0.

  /** `version3` (the default) or `version5`. */
  protocol?: Protocol;
  /** Properties of CONNECT; without meaning in MQTT 3.1.1. */
  properties?: ConnectProperties;
  /** Topic Aliases to use at most, as far as the broker allows them; 0 to 65,535, default 8. Each keeps a topic in memory. */
  topicAliases?: number;
  /**
   * Enhanced authentication: the broker has sent AUTH with `data`. What is returned answers it; when that is `undefined` the
   * application answers later, with `write(data, { operation: MQTTClient.AUTH })`. Required with `properties.authenticationMethod`.
   */
  onAuthenticate?: (this: MQTTClient, data: Uint8Array | undefined) => BinaryValue | undefined;
}

/** One Topic Filter of SUBSCRIBE or UNSUBSCRIBE. */
export interface WriteItem {
  topic: string;
  /** With SUBSCRIBE: 0 to 2; default 0. */
  QoS?: number;
  /** MQTT 5.0 only: not what this client publishes itself. */
  noLocal?: boolean | undefined;
  /** MQTT 5.0 only: messages keep the RETAIN flag they were published with. */
  retainAsPublished?: boolean | undefined;
  /** MQTT 5.0 only: 0 send retained messages (the default), 1 if the subscription is new, 2 send none. */
  retainHandling?: number | undefined;
}

/** Second argument of `write` (ECMA-419 clause 25). */
export interface WriteOptions {
  /** Default PUBLISH. Also SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT, and PUBACK to PUBCOMP for applications that must. */
  operation?: number;
  /** Packet Identifier, 1 to 65,535; default the next free one. Required with PUBACK to PUBCOMP. */
  id?: number;
  /** Topic Name of PUBLISH. */
  topic?: string;
  /** Of PUBLISH: 0 to 2; default 0. */
  QoS?: number;
  /** Of PUBLISH; default false. */
  retain?: boolean;
  /** Of PUBLISH: sent before, with the same `id`; default false. */
  duplicate?: boolean;
  /** Of the whole payload, when the rest of it follows with further calls; default that of the data. */
  byteLength?: number;
  /** Of SUBSCRIBE and UNSUBSCRIBE: at least one. */
  items?: readonly WriteItem[];
  /** MQTT 5.0 only: of the packet of `operation`, as values or as `encodeProperties` gives them. */
  properties?: Uint8Array | SentProperties[keyof SentProperties];
  /** MQTT 5.0 only: of PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT and AUTH. */
  reasonCode?: number;
}

/** Options of `MQTTClient.prepare`: all that the messages have in common. */
export interface PrepareOptions {
  /** Topic Name. */
  topic: string;
  /** 0 to 2; default 0. */
  QoS?: number;
  /** Default false. */
  retain?: boolean;
  /** Of every payload, 0 to 268,435,455; the packet is kept in memory. */
  payloadByteLength: number;
}
