/*
 * The states of a connection and what leads from one to the next, as a table: the code asks it, and the diagram in ARCHITECTURE.md
 * is made from it (test/client/states.test.ts).
 */

/** Looking up the name of the broker. */
export const RESOLVING = 0;
/** Waiting for TCP (and TLS). */
export const CONNECTING = 1;
/** CONNECT sent, waiting for CONNACK. */
export const LOGIN = 2;
export const CONNECTED = 3;
/** DISCONNECT sent: nothing may follow it ([MQTT-3.14.4-2]). */
export const DISCONNECTING = 4;
/** The socket is gone, but bytes that had arrived wait for the application to read them. */
export const ENDED = 5;
/** Nothing is left: no socket, resolver or timer. */
export const CLOSED = 6;

/** The address of the broker is known. */
export const RESOLVED = 0;
/** The socket takes bytes for the first time. */
export const OPENED = 1;
/** CONNACK has accepted. */
export const ACCEPTED = 2;
/** DISCONNECT has been written. */
export const PARTED = 3;
/** The socket has failed, and not all bytes are read. */
export const CUT = 4;
/** An error, a timeout, `close`, or the end of what was to be done. */
export const OVER = 5;

const EVENTS = 6;
const NONE = -1;

/** The next state, by state and event; NONE where the event means nothing. */
export const TRANSITIONS: readonly number[] = Object.freeze([
  // RESOLVED, OPENED, ACCEPTED, PARTED, CUT, OVER
  ...[CONNECTING, NONE, NONE, NONE, NONE, CLOSED], // RESOLVING
  ...[NONE, LOGIN, NONE, NONE, NONE, CLOSED], // CONNECTING
  ...[NONE, NONE, CONNECTED, DISCONNECTING, NONE, CLOSED], // LOGIN
  ...[NONE, NONE, NONE, DISCONNECTING, ENDED, CLOSED], // CONNECTED
  ...[NONE, NONE, NONE, NONE, NONE, CLOSED], // DISCONNECTING
  ...[NONE, NONE, NONE, NONE, NONE, CLOSED], // ENDED
  ...[NONE, NONE, NONE, NONE, NONE, NONE], // CLOSED
]);

/** Goes on to the next state. @returns false when the event means nothing in this one; then nothing has changed */
export function step(connection: { state: number }, event: number): boolean {
  const next = TRANSITIONS[connection.state * EVENTS + event]!;
  if (next === NONE) return false;
  connection.state = next;
  return true;
}
