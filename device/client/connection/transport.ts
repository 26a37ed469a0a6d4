import Timer from "timer";
import {
  CONNACK_TIMEOUT,
  CONNECTION_LOST,
  HOST_NOT_FOUND,
  MQTTError,
  mqttError,
} from "../../mqtt/mqtt-error";
import type { MQTTClientOptions } from "../mqtt-client-options";
import { callWritable } from "./alive";
import type { Connection, Socket } from "./connection";
import {
  CONNECTING,
  CUT,
  DISCONNECTING,
  LOGIN,
  OPENED,
  PARTED,
  RESOLVED,
  RESOLVING,
  step,
} from "./connection-state";
import { clearTimers, closeResolver, closeSocket, finish, finishLater } from "./lifecycle";
import { receive } from "./receive";
import { assertWritable, flushPending, transmit } from "./transmit";

/** How long a broker may take to close after DISCONNECT, ms. */
const CLOSE_TIMEOUT = 5000;

/** `this` of the socket's callbacks: a socket with the connection as its `target` (ECMA-419 clause 8). */
interface Targeted {
  target: Connection;
}

/** Begins to connect: name look-up, socket, CONNECT. Calls no callback of the application. */
export function open(connection: Connection, options: MQTTClientOptions, timeout: number): void {
  const { host, dns } = options;
  connection.timer = Timer.set(() => timedOut(connection, timeout), timeout);
  try {
    const resolver = new dns.io(dns);
    connection.resolver = resolver;
    resolver.resolve({
      host,
      onResolved: (_host: string, address: string) => resolved(connection, options, address),
      onError: () => unresolved(connection, host),
    });
  } catch (error) {
    finishLater(connection, mqttError(HOST_NOT_FOUND, `cannot look up ${host}: ${error}`));
  }
}

function unresolved(connection: Connection, host: string): void {
  if (connection.state === RESOLVING)
    finishLater(connection, mqttError(HOST_NOT_FOUND, `host ${host} was not found`));
}

function resolved(connection: Connection, options: MQTTClientOptions, address: string): void {
  if (!step(connection, RESOLVED)) return;
  const { socket, host, port = 1883 } = options;
  closeResolver(connection);
  try {
    connection.socket = new socket.io({
      ...socket,
      address,
      host,
      port,
      // The Moddable SDK's spelling, and the standard's.
      nodelay: true,
      noDelay: true,
      format: "buffer",
      target: connection,
      ...socketCallbacks(connection, "TCP" in socket),
    });
  } catch (error) {
    finishLater(connection, mqttError(CONNECTION_LOST, `no socket to ${host}: ${error}`));
  }
}

/** @param layered - a socket over another, as the SDK's TLSSocket, that calls its callbacks without `this` */
function socketCallbacks(connection: Connection, layered: boolean): object {
  if (!layered) return CALLBACKS;
  return {
    onReadable: (count: number) => readable(connection, count),
    onWritable: (count: number) => writable(connection, count),
    onError: (cause?: unknown) => socketError(connection, cause),
  };
}

function onReadable(this: Targeted, count: number): void {
  readable(this.target, count);
}

function onWritable(this: Targeted, count: number): void {
  writable(this.target, count);
}

function onError(this: Targeted, cause?: unknown): void {
  socketError(this.target, cause);
}

const CALLBACKS: object = Object.freeze({ onReadable, onWritable, onError });

function timedOut(connection: Connection, timeout: number): void {
  const { state } = connection;
  connection.timer = undefined;
  if (state === RESOLVING) finish(connection, mqttError(HOST_NOT_FOUND, `host not found in ${timeout} ms`));
  else if (state === CONNECTING)
    finish(connection, mqttError(CONNECTION_LOST, `no connection in ${timeout} ms`));
  else finish(connection, mqttError(CONNACK_TIMEOUT, `no CONNACK in ${timeout} ms`));
}

function readable(connection: Connection, count: number): void {
  if (!connection.socket) return;
  connection.readable = count;
  connection.keepAlive?.received();
  if (connection.state === DISCONNECTING) drain(connection.socket, connection, count);
  else receive(connection);
}

/** After DISCONNECT nothing is of interest, but a socket closed with bytes unread resets the connection (RFC 2525). */
export function drain(socket: Socket, connection: Connection, count: number): void {
  const { inbound } = connection;
  connection.readable = 0;
  for (let left = count; left > 0; left -= inbound.length) socket.read(inbound.subarray(0, left));
}

function writable(connection: Connection, count: number): void {
  if (!connection.socket) return;
  connection.writable = count;
  if (connection.state === CONNECTING) login(connection);
  else {
    // The broker's TCP has taken bytes. A ping cannot go out in the middle of a PUBLISH.
    if (connection.remaining > 0) connection.keepAlive?.received();
    flushPending(connection);
    receive(connection);
    callWritable(connection);
  }
}

function login(connection: Connection): void {
  const packet = connection.connectPacket!;
  step(connection, OPENED);
  connection.connectPacket = undefined;
  try {
    assertWritable(connection, packet.length);
  } catch (error) {
    finish(connection, mqttError(CONNECTION_LOST, String(error)));
    return;
  }
  connection.asked = true;
  transmit(connection, packet);
}

/** @param cause - nothing from TCP; TLS and WebSocket may know an MQTTError that says more */
function socketError(connection: Connection, cause: unknown): void {
  const { state } = connection;
  if (!connection.socket) return;
  const error = cause instanceof MQTTError ? cause : mqttError(CONNECTION_LOST, lossText(state));
  if (state === DISCONNECTING) finish(connection);
  else if (step(connection, CUT)) {
    // Bytes that arrived before the end are still good: the error waits until they are read.
    Timer.clear(connection.timer);
    connection.timer = undefined;
    connection.error = error;
    closeSocket(connection);
    connection.available = connection.payloadEnd - connection.payloadStart;
    receive(connection);
  } else finish(connection, error);
}

function lossText(state: number): string {
  if (state === CONNECTING) return "the connection was refused";
  return state === LOGIN ? "the broker closed the connection before CONNACK" : "the connection was lost";
}

/** DISCONNECT has been written: the broker closes, or this client does ([MQTT-3.14.4-1]). */
export function awaitClose(connection: Connection): void {
  // The socket may have refused to write it: then all is over already.
  if (!step(connection, PARTED)) return;
  clearTimers(connection);
  connection.available = 0;
  connection.position = 0;
  connection.end = 0;
  connection.timer = Timer.set(() => finish(connection), CLOSE_TIMEOUT);
  drain(connection.socket!, connection, connection.readable);
}
