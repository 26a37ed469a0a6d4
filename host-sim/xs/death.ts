/** Why a machine ended. The names are those that Moddable prints. */
export interface Death {
  /** XS's exit code; 256 and above are ours. */
  readonly code: number;
  readonly reason: string;
  /** The exception, where there was one: message and stack. */
  readonly detail?: string;
}

export const NOT_ENOUGH_MEMORY = 1;
export const STACK_OVERFLOW = 2;
export const UNHANDLED_EXCEPTION = 5;
export const NO_MORE_KEYS = 6;
export const TOO_MUCH_COMPUTATION = 7;
export const UNHANDLED_REJECTION = 8;
/** The engine itself trapped: every machine of its root ends. */
export const ENGINE_TRAP = 256;
/** Ended by the host. */
export const CLOSED = 257;

const REASONS: ReadonlyMap<number, string> = new Map([
  [0, "debugger"],
  [NOT_ENOUGH_MEMORY, "memory full"],
  [STACK_OVERFLOW, "stack overflow"],
  [3, "fatal check"],
  [4, "dead strip"],
  [UNHANDLED_EXCEPTION, "unhandled exception"],
  [NO_MORE_KEYS, "not enough keys"],
  [TOO_MUCH_COMPUTATION, "too much computation"],
  [UNHANDLED_REJECTION, "unhandled rejection"],
  [ENGINE_TRAP, "engine trap"],
  [CLOSED, "closed"],
]);

export function death(code: number, detail?: string): Death {
  const reason = REASONS.get(code) ?? `abort ${code}`;
  return detail === undefined ? { code, reason } : { code, reason, detail };
}

/** Thrown to whoever was waiting for the machine to do something when it ended. */
export class MachineDeath extends Error {
  readonly death: Death;

  constructor(machine: string, reason: Death) {
    super(`${machine}: ${reason.reason}${reason.detail ? `: ${reason.detail}` : ""}`);
    this.name = "MachineDeath";
    this.death = reason;
  }
}

/** What a program threw, seen from outside: its name, message and stack with the positions of the sources. */
export class XSException extends Error {
  readonly code: unknown;
  /** The stack inside the machine. */
  readonly deviceStack: string;

  constructor(thrown: Readonly<Record<string, unknown>>) {
    super(typeof thrown.message === "string" ? thrown.message : String(thrown.text ?? "unknown exception"));
    this.name = typeof thrown.name === "string" ? thrown.name : "XSException";
    this.code = thrown.code;
    this.deviceStack = typeof thrown.stack === "string" ? thrown.stack : this.message;
  }
}
