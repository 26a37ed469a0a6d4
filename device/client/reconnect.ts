import Timer from "timer";
import { CONNACK, SUBACK, UNSUBACK } from "../mqtt/control-packet";
import {
  CONNECTION_LOST,
  CONNECTION_REFUSED,
  type MQTTError,
  mqttError,
  PACKET_TOO_LARGE,
  SUBSCRIPTION_REFUSED,
} from "../mqtt/mqtt-error";
import { takePiece } from "./incoming";
import MQTTClient from "./mqtt-client";
import type { ControlMessage, MQTTClientOptions, ReadableOptions } from "./mqtt-client-options";
import { acknowledged, interrupt, keepNewest, pump, resume } from "./outgoing";
import type { ReliableClientOptions } from "./reliable-client-options";
import type { ReliableState } from "./reliable-state";

/** A connection that lasts so long is stable: the back-off starts from its minimum again. ms. */
const STABLE = 30_000;
/** CONNACK return code "server unavailable": the only one that waiting mends by itself (MQTT 3.1.1 table 3.1). */
const SERVER_UNAVAILABLE = 3;

/** Options of every connection; the state is the target of its callbacks. */
export function settingsOf(options: ReliableClientOptions): MQTTClientOptions {
  const { host, port, id, user, password, keepAlive = 60_000, clean = false, will } = options;
  const { dns, socket, bufferByteLength, connackTimeout } = options;
  return {
    host,
    port,
    id,
    user,
    password,
    keepAlive,
    clean,
    will,
    dns,
    socket,
    bufferByteLength,
    connackTimeout,
    onReadable,
    onWritable,
    onControl,
    onAcknowledge,
    onError,
    onClose,
  } as MQTTClientOptions;
}

/** Makes a connection. @throws {MQTTError} of family USAGE, only the first time */
export function connect(state: ReliableState): void {
  const { settings, session } = state;
  state.timer = undefined;
  state.client = new MQTTClient({ ...settings, session, target: state });
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
  if (operation === CONNACK) accepted(state, this, message.sessionPresent ?? false);
  else if (operation === SUBACK) {
    const refused = state.subscriptions.acknowledge(message.id, message.payload);
    if (!refused) return;
    const error = mqttError(SUBSCRIPTION_REFUSED, `the broker refused to subscribe to ${refused}`, 0x80);
    state.callbacks.onError?.call(state.owner, error);
  } else if (operation === UNSUBACK) state.subscriptions.forget(message.id);
}

function onAcknowledge(this: MQTTClient, operation: number, packetIdentifier: number): void {
  acknowledged(stateOf(this), operation, packetIdentifier);
}

function onError(this: MQTTClient, error: MQTTError): void {
  const state = stateOf(this);
  // A skipped message leaves the connection as it was.
  if (error.code === PACKET_TOO_LARGE) state.callbacks.onError?.call(state.owner, error);
  else ended(state, this, error);
}

function onClose(this: MQTTClient): void {
  ended(stateOf(this), this, mqttError(CONNECTION_LOST, "the connection was closed"));
}

function accepted(state: ReliableState, client: MQTTClient, sessionPresent: boolean): void {
  const { callbacks, owner, backOff } = state;
  state.timer = Timer.set(() => {
    state.timer = undefined;
    backOff.reset();
  }, STABLE);
  state.connections += 1;
  state.subscriptions.resume(sessionPresent);
  resume(state, sessionPresent);
  if (state.closed) return;
  state.connected = true;
  state.subscriptions.send(client, state.session);
  callbacks.onConnect?.call(owner, sessionPresent);
  pump(state);
}

/** A connection, or an attempt at one, is over. The next is arranged for before anybody is told, so that `close` undoes it. */
function ended(state: ReliableState, client: MQTTClient, error: MQTTError): void {
  if (state.client !== client) return;
  const { callbacks, owner, connected } = state;
  client.close();
  state.client = undefined;
  state.connected = false;
  Timer.clear(state.timer);
  state.timer = Timer.set(() => connect(state), delayAfter(state, error));
  if (connected) {
    interrupt(state, error);
    keepNewest(state);
    if (!state.closed) callbacks.onDisconnect?.call(owner, error);
  } else callbacks.onError?.call(owner, error);
}

function delayAfter(state: ReliableState, error: MQTTError): number {
  const { backOff } = state;
  const hopeless = error.code === CONNECTION_REFUSED && error.returnCode !== SERVER_UNAVAILABLE;
  return hopeless ? backOff.slow() : backOff.next();
}
