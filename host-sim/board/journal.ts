import type { Clock } from "../clock/clock";

export type JournalDevice = "board" | "digital" | "i2c" | "pwm" | "camera";

export type JournalOperation =
  | "open"
  | "close"
  | "write"
  | "read"
  | "edge"
  | "start"
  | "stop"
  | "frame"
  | "drop"
  | "reset";

/** One pin or bus transaction. Members that mean nothing for the device are absent. */
export interface JournalEntry {
  /** Milliseconds of the board's clock. */
  readonly time: number;
  readonly device: JournalDevice;
  readonly operation: JournalOperation;
  /** GPIO number: digital and pwm. */
  readonly pin?: number;
  /** 7-bit I2C address. */
  readonly address?: number;
  /** Bytes on the bus after the address byte. Absent when the address was not acknowledged on a read. */
  readonly bytes?: readonly number[];
  /** Digital: electrical level, 0 or 1. PWM: duty in steps, as written. Camera: byte length of the frame. */
  readonly value?: number;
  /** I2C: whether a part answered; false is a NACK. */
  readonly acknowledged?: boolean;
}

export type JournalFilter = Partial<Pick<JournalEntry, "device" | "operation" | "pin" | "address">>;

/** What happened on a board's pins and buses, oldest first; bounded, the oldest entries make room. */
export class Journal {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #ring: JournalEntry[] = [];
  #oldest = 0;
  #discarded = 0;

  /** Called with every entry at the time it is made, for example by a live display. */
  onEntry: ((entry: JournalEntry) => void) | undefined;

  /** @param capacity - entries kept, 1 or more; default 10,000 */
  constructor(clock: Clock, capacity: number = 10_000) {
    if (!(Number.isInteger(capacity) && capacity >= 1))
      throw new RangeError(`journal capacity ${capacity} is not an integer of 1 or more`);
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** Entries kept. */
  get length(): number {
    return this.#ring.length;
  }

  /** Entries that had to make room. */
  get discarded(): number {
    return this.#discarded;
  }

  record(entry: Omit<JournalEntry, "time">): void {
    const timed: JournalEntry = { time: this.#clock.now(), ...entry };
    if (this.#ring.length < this.#capacity) this.#ring.push(timed);
    else {
      this.#ring[this.#oldest] = timed;
      this.#oldest = (this.#oldest + 1) % this.#capacity;
      this.#discarded += 1;
    }
    this.onEntry?.(timed);
  }

  /** The entries kept whose members equal those of `filter`, oldest first. */
  entries(filter: JournalFilter = {}): JournalEntry[] {
    const ordered = [...this.#ring.slice(this.#oldest), ...this.#ring.slice(0, this.#oldest)];
    const wanted = Object.entries(filter).filter(([, value]) => value !== undefined) as [
      keyof JournalFilter,
      unknown,
    ][];
    return ordered.filter((entry) => wanted.every(([name, value]) => entry[name] === value));
  }

  /** The entries as one line of text each, without times: `i2c 48 write 01 02 20`. Made for comparing in tests. */
  lines(filter: JournalFilter = {}): string[] {
    return this.entries(filter).map(describe);
  }

  clear(): void {
    this.#ring.length = 0;
    this.#oldest = 0;
    this.#discarded = 0;
  }
}

/**
 * One entry as text: device, pin (decimal) or address (hexadecimal), operation, bytes (hexadecimal) or value (decimal),
 * and `NACK` where no part answered.
 */
export function describe(entry: JournalEntry): string {
  const words: string[] = [entry.device];
  if (entry.address !== undefined) words.push(hexadecimal(entry.address));
  if (entry.pin !== undefined) words.push(String(entry.pin));
  words.push(entry.operation);
  for (const byte of entry.bytes ?? []) words.push(hexadecimal(byte));
  if (entry.value !== undefined) words.push(String(entry.value));
  if (entry.acknowledged === false) words.push("NACK");
  return words.join(" ");
}

function hexadecimal(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
