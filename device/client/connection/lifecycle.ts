import Timer from "timer";
import type { MQTTError } from "../../mqtt/mqtt-error";
import type { Connection } from "./connection";
import { CLOSED, OVER, step } from "./connection-state";

/*
 * The end of a connection, whatever the reason: everything it holds is given back first, so that a callback may throw
 * anything away, or start anew, and find nothing half alive.
 */

/** Calls `callback` a turn later, instead of what was to be called so far. Closing the connection cancels it. */
export function defer(connection: Connection, callback: (connection: Connection) => void): void {
  Timer.clear(connection.deferred);
  connection.deferred = Timer.set(() => {
    connection.deferred = undefined;
    callback(connection);
  });
}

/** None of the connection's timers fires any more. */
export function clearTimers(connection: Connection): void {
  Timer.clear(connection.timer);
  connection.timer = undefined;
  if (!connection.deferred) return;
  Timer.clear(connection.deferred);
  connection.deferred = undefined;
}

/** Closes the resolver, if there is one. */
export function closeResolver(connection: Connection): void {
  const { resolver } = connection;
  connection.resolver = undefined;
  resolver?.close?.();
}

/** Closes the socket, if there is one; bytes that have arrived here stay. */
export function closeSocket(connection: Connection): void {
  const { socket } = connection;
  connection.socket = undefined;
  connection.readable = 0;
  connection.writable = 0;
  connection.remaining = 0;
  if (connection.pending) connection.pending.length = 0;
  socket?.close();
}

/** Gives back all that the connection holds. No callback is called. */
export function release(connection: Connection): void {
  step(connection, OVER);
  clearTimers(connection);
  connection.connectPacket = undefined;
  closeResolver(connection);
  closeSocket(connection);
}

/** Ends the connection and tells the application: `error` to `onError` unless the end was clean, then `onClose`. */
export function finish(connection: Connection, error?: MQTTError): void {
  // A callback may have closed. An end that waits to be told gives way: this one has a reason of its own.
  if (connection.abandoned) return;
  release(connection);
  report(connection, error);
}

/** Like `finish`, from inside a call of the application, where no callback may be called (ECMA-419 clause 8). */
export function finishLater(connection: Connection, error: MQTTError): void {
  if (connection.state === CLOSED) return;
  release(connection);
  defer(connection, () => report(connection, error));
}

/** The broker, or a limit of ours, ends the connection: where the version allows it the broker is told why. */
export function fail(connection: Connection, error: MQTTError): void {
  connection.protocol.part?.(connection, error);
  finish(connection, error);
}

/** Like `fail`, from inside a call of the application. */
export function failLater(connection: Connection, error: MQTTError): void {
  connection.protocol.part?.(connection, error);
  finishLater(connection, error);
}

/** The application closes: releases everything, and none of its callbacks is called any more. */
export function abandon(connection: Connection): void {
  release(connection);
  connection.abandoned = true;
}

function report(connection: Connection, error: MQTTError | undefined): void {
  const { callbacks, owner } = connection;
  if (error) callbacks.onError?.call(owner, error);
  if (!connection.abandoned) callbacks.onClose?.call(owner);
}
