import type Timer from "timer";
import type { MQTTError } from "../../mqtt/mqtt-error";
import { Session } from "../../mqtt/session";
import type { ReceivedProperties } from "../../mqtt/version-5/property-reader";
import { integerIn, numberIn } from "../connection/connect-options";
import type MQTTClient from "../mqtt-client";
import type { MQTTClientOptions } from "../mqtt-client-options";
import type { Protocol } from "../protocol";
import type ReliableClient from "../reliable-client";
import type { ReliableClientOptions } from "../reliable-client-options";
import { version3 } from "../version-3";
import { BackOff } from "./back-off";
import { Outbox } from "./outbox";
import { Subscriptions } from "./subscriptions";
import { TopicCache } from "./topic-cache";

/** A message that goes out in pieces, straight from the caller's bytes. */
export interface Stream {
  readonly payload: Uint8Array;
  readonly topic: string;
  readonly QoS: number;
  readonly retain: boolean;
  readonly properties: Uint8Array | undefined;
  readonly onComplete: (this: ReliableClient, error: MQTTError | undefined) => void;
  /** Bytes written; -1 before the first. */
  position: number;
  packetIdentifier: number;
}

/** A report to the application that has to wait for the next turn: a delivered token, or a dropped message. */
export interface Report {
  readonly token: number;
  readonly topic: string;
  readonly reason: MQTTError | undefined;
}

/** A message of class DEADLINE. */
export interface Deadline {
  readonly token: number;
  readonly timer: Timer;
}

export interface Flush {
  readonly callback: (unsentCount: number) => void;
  timer: Timer | undefined;
}

type CallbackName =
  | "onConnect"
  | "onDisconnect"
  | "onMessage"
  | "onDelivered"
  | "onDropped"
  | "onError"
  | "onAuthenticate";

const CALLBACK_NAMES: readonly CallbackName[] = Object.freeze([
  "onConnect",
  "onDisconnect",
  "onMessage",
  "onDelivered",
  "onDropped",
  "onError",
  "onAuthenticate",
]);

/** Those that are given: each costs 16 bytes. */
type Callbacks = Pick<ReliableClientOptions, CallbackName>;

/** The state of a `ReliableClient`, which keeps it to itself. A class of plain fields, as `Connection` is: those declared only are missing until needed. */
export class ReliableState {
  readonly owner: ReliableClient;
  readonly callbacks: Callbacks;
  /** Options of each MQTTClient. */
  readonly settings: MQTTClientOptions;
  /** That the application asks for. */
  readonly preferred: Protocol;
  /** Of the connection, or the attempt, there is; else of the next. */
  protocol: Protocol;
  /** The broker has said which version it speaks. */
  negotiated: boolean;
  /** The highest that the broker takes. */
  maximumQoS: number;
  readonly session: Session;
  readonly outbox: Outbox;
  readonly backOff: BackOff;
  readonly subscriptions: Subscriptions;
  readonly topics: TopicCache;
  /** Where inbound messages are put together. */
  readonly message: Uint8Array;
  /** Most QoS 1 and 2 messages in flight. */
  readonly inFlight: number;
  client: MQTTClient | undefined;
  connected: boolean;
  declare closed?: boolean;
  /** Connections accepted so far. */
  connections: number;
  /** While offline the next attempt; while online the time until the connection counts as stable. */
  timer: Timer | undefined;
  lastToken: number;

  /** The message in the outbox that is being written in pieces: its token, or 0, and how many of its bytes are written. */
  partialToken: number;
  /** Only with a token there. */
  declare partialPosition: number;
  declare stream?: Stream | undefined;
  /** Runs when a QoS 0 stream is written. */
  declare streamTimer?: Timer | undefined;
  pumping: boolean;
  /** A callback has added something to send while pumping. */
  declare pumpAgain?: boolean;
  declare deadlines?: Deadline[];
  declare reports?: Report[];
  declare reporting?: boolean;
  declare reportTimer?: Timer | undefined;
  declare flush?: Flush | undefined;

  /** Of the message being received. */
  declare topic: string;
  declare QoS: number;
  declare retain: boolean;
  declare byteLength: number;
  declare position: number;
  declare properties?: ReceivedProperties | undefined;

  constructor(owner: ReliableClient, options: ReliableClientOptions, settings: MQTTClientOptions) {
    const minimumDelay = numberIn(options.minimumDelay ?? 1000, 1, 0x7fff_ffff, "minimumDelay");
    const maximumDelay = numberIn(options.maximumDelay ?? 60_000, minimumDelay, 0x7fff_ffff, "maximumDelay");
    this.owner = owner;
    const callbacks: Record<string, unknown> = {};
    for (let index = 0; index < CALLBACK_NAMES.length; index++) {
      const name = CALLBACK_NAMES[index]!;
      if (options[name]) callbacks[name] = options[name];
    }
    this.callbacks = callbacks;
    this.settings = settings;
    this.preferred = options.protocol ?? version3;
    this.protocol = this.preferred;
    this.negotiated = false;
    this.maximumQoS = 2;
    this.session = new Session();
    // One piece of memory for both: each costs 56 bytes more.
    const outboxByteLength = integerIn(options.outboxByteLength ?? 4096, 64, 0x7fff_ffff, "outboxByteLength");
    const messageByteLength = integerIn(
      options.messageByteLength ?? 512,
      1,
      0x7fff_ffff - outboxByteLength,
      "messageByteLength",
    );
    const memory = new ArrayBuffer(outboxByteLength + messageByteLength);
    this.outbox = new Outbox(outboxByteLength, memory);
    this.backOff = new BackOff(minimumDelay, maximumDelay, options.random ?? Math.random);
    this.subscriptions = new Subscriptions();
    this.topics = new TopicCache();
    this.message = new Uint8Array(memory, outboxByteLength);
    this.inFlight = numberIn(options.inFlight ?? 16, 1, 255, "inFlight");
    this.client = undefined;
    this.connected = false;
    this.connections = 0;
    this.timer = undefined;
    this.lastToken = 0;
    this.partialToken = 0;
    this.pumping = false;
  }
}
