/**
 * A machine's wire to its debugger. XS works synchronously: a machine that waits for its debugger waits inside of a turn,
 * and with it everything in its thread.
 */
export interface DebugWire {
  /** Waits until there is a connection. @returns false: none; the machine goes on without a debugger */
  connect(): boolean;
  /** Returns once what was sent is on its way. */
  disconnect(): void;
  /** Whether `receive` would return at once. */
  readable(): boolean;
  /** Waits until there is something. @returns at most `maximum` bytes; undefined: the debugger has gone */
  receive(maximum: number): Uint8Array | undefined;
  send(bytes: Uint8Array): void;
  /** Set by the machine: called while its thread is idle and there is something to read. */
  onReadable?: () => void;
}
