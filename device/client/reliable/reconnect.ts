import Timer from "timer";
import { CONNACK, SUBACK, UNSUBACK } from "../../mqtt/control-packet";
import { type MQTTError, mqttError, PUBLISH_REFUSED, SUBSCRIPTION_REFUSED } from "../../mqtt/mqtt-error";
import type { BinaryValue } from "../../mqtt/version-5/property-writer";
import MQTTClient from "../mqtt-client";
import type { ControlMessage, MQTTClientOptions, ReadableOptions } from "../mqtt-client-options";
import type { ReliableClientOptions } from "../reliable-client-options";
import { NEVER, SELDOM } from "./back-off";
import { keepNewest } from "./enqueue";
import { takePiece } from "./incoming";
import { acknowledged, interrupt, pump, resume } from "./outgoing";
import type { ReliableState } from "./reliable-state";

/** A connection that lasts so long is stable: the back-off starts from its minimum again. ms. */
const STABLE = 30_000;
/** Session Expiry Interval of a session that never expires (MQTT 5.0 section 3.1.2.11.2). */
const FOR_EVER = 0xffff_ffff;

/** Property identifier of MQTT 5.0. */
const REASON_STRING = 31;

/** Options of this client that are those of its connections. */
const PASSED_ON: readonly (keyof ReliableClientOptions & keyof MQTTClientOptions)[] = Object.freeze([
  "host",
  "port",
  "id",
  "user",
  "password",
  "will",
  "dns",
  "socket",
  "bufferByteLength",
  "connackTimeout",
  "topicAliases",
] as const);

/** Options of every connection, those that are given: each is kept, and costs 16 bytes. */
export function settingsOf(options: ReliableClientOptions): MQTTClientOptions {
  const { keepAlive = 60_000, clean = false, properties } = options;
  const settings: Record<string, unknown> = { keepAlive, clean };
  for (let index = 0; index < PASSED_ON.length; index++) {
    const name = PASSED_ON[index]!;
    if (options[name] !== undefined) settings[name] = options[name];
  }
  if (options.protocol)
    settings.properties = clean ? properties : { sessionExpiryInterval: FOR_EVER, ...properties };
  if (options.onAuthenticate) settings.onAuthenticate = onAuthenticate;
  return settings as unknown as MQTTClientOptions;
}

/** Makes a connection. @throws {MQTTError} of family USAGE, only the first time */
export function connect(state: ReliableState): void {
  const { settings, session, protocol } = state;
  state.timer = undefined;
  try {
    state.client = new MQTTClient({ ...settings, ...CALLBACKS, protocol, session, target: state });
  } catch (error) {
    if (protocol === state.preferred) throw error;
    // What is good in 5.0, as an empty identifier or a password alone, need not be in 3.1.1.
    state.protocol = state.preferred;
    state.timer = Timer.set(() => connect(state), state.backOff.slow());
    state.callbacks.onError?.call(state.owner, error as MQTTError);
  }
}

function stateOf(client: MQTTClient): ReliableState {
  return client.target as ReliableState;
}

function onReadable(this: MQTTClient, count: number, options: ReadableOptions): void {
  takePiece(stateOf(this), this, count, options);
}

function onWritable(this: MQTTClient): void {
  const state = stateOf(this);
  pump(state);
}

function onControl(this: MQTTClient, operation: number, message: ControlMessage): void {
  const state = stateOf(this);
  if (operation === CONNACK) accepted(state, this, message.sessionPresent!);
  else if (operation === SUBACK) {
    subscribed(state, message);
    // What had to wait as too much was in flight goes out.
    pump(state);
  } else if (operation === UNSUBACK) {
    state.subscriptions.forget(message.id);
    pump(state);
  }
}

/** SUBACK arrived. */
function subscribed(state: ReliableState, message: ControlMessage): void {
  const { subscriptions, callbacks, owner } = state;
  const refused = subscriptions.acknowledge(message.id, message.payload!);
  if (!refused) return;
  const text = `the broker refused to subscribe to ${refused}`;
  const error = mqttError(SUBSCRIPTION_REFUSED, text, subscriptions.reasonCode);
  const reasonString = message.properties?.get(REASON_STRING);
  if (reasonString !== undefined) error.reasonString = reasonString;
  callbacks.onError?.call(owner, error);
}

function onAcknowledge(
  this: MQTTClient,
  operation: number,
  packetIdentifier: number,
  reasonCode: number,
  reasonString?: string,
): void {
  let refusal: MQTTError | undefined;
  if (reasonCode >= 0x80) {
    const text = reasonString
      ? `the broker refused the message: ${reasonString}`
      : "the broker refused the message";
    refusal = mqttError(PUBLISH_REFUSED, text, reasonCode);
    if (reasonString !== undefined) refusal.reasonString = reasonString;
  }
  acknowledged(stateOf(this), operation, packetIdentifier, refusal);
}

function onAuthenticate(this: MQTTClient, data: Uint8Array | undefined): BinaryValue | undefined {
  const { callbacks, owner } = stateOf(this);
  return callbacks.onAuthenticate!.call(owner, data);
}

function onError(this: MQTTClient, error: MQTTError): void {
  const state = stateOf(this);
  // A skipped message leaves the connection as it was.
  if (!this.ended) state.callbacks.onError?.call(state.owner, error);
  else ended(state, this, error);
}

/** The state is their target. */
const CALLBACKS: Partial<MQTTClientOptions> = Object.freeze({
  onReadable,
  onWritable,
  onControl: onControl as NonNullable<MQTTClientOptions["onControl"]>,
  onAcknowledge,
  onError,
});

function accepted(state: ReliableState, client: MQTTClient, sessionPresent: boolean): void {
  const { callbacks, owner } = state;
  // With the state on the timer itself the callback needs no closure of 160 bytes.
  const timer = Timer.set(stable as (timer: Timer) => void, STABLE) as StableTimer;
  timer.state = state;
  state.timer = timer;
  state.connections += 1;
  state.negotiated = true;
  state.maximumQoS = 2;
  state.protocol.accepted?.(state, client);
  state.subscriptions.resume(sessionPresent);
  resume(state, sessionPresent);
  if (state.closed) return;
  state.connected = true;
  state.subscriptions.send(state, client);
  // A refused subscription is told of at once.
  if (state.closed) return;
  callbacks.onConnect?.call(owner, sessionPresent);
  pump(state);
}

type StableTimer = Timer & { state: ReliableState };

function stable({ state }: StableTimer): void {
  state.timer = undefined;
  state.backOff.reset();
}

/** A connection, or an attempt at one, is over. The next is arranged for before anybody is told, so that `close` undoes it. */
function ended(state: ReliableState, client: MQTTClient, error: MQTTError): void {
  const { callbacks, owner, connected } = state;
  const delay = delayAfter(state, client, error);
  client.close();
  state.client = undefined;
  state.connected = false;
  Timer.clear(state.timer);
  state.timer = delay < 0 ? undefined : Timer.set(() => connect(state), delay);
  if (connected) {
    interrupt(state, error);
    keepNewest(state);
    if (!state.closed) callbacks.onDisconnect?.call(owner, error);
  } else callbacks.onError?.call(owner, error);
}

/** @returns ms; under 0: not at all */
function delayAfter(state: ReliableState, client: MQTTClient, error: MQTTError): number {
  const { backOff, protocol } = state;
  if (state.preferred.negotiate?.(state, client, error)) return 0;
  switch (protocol.prospects(error)) {
    case NEVER:
      return -1;
    case SELDOM:
      return backOff.slow();
    default:
      return backOff.next();
  }
}
