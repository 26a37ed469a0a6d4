/** A part's end of the I2C bus. */
export interface I2CPart {
  /** Takes the bytes that follow the address byte. Returns false for a NACK. */
  write(bytes: Uint8Array): boolean;
  /** Fills `buffer` with what the part sends. Returns false for a NACK of its address. */
  read(buffer: Uint8Array): boolean;
  /** A write to the general call address 0; absent where the part does not listen to it. */
  generalCall?(bytes: Uint8Array): boolean;
}

const GENERAL_CALL = 0;

/** One pair of wires, data and clock, and the parts on it. */
export class I2CBus {
  readonly data: number;
  readonly clock: number;
  readonly #parts = new Map<number, I2CPart>();

  constructor(data: number, clock: number) {
    this.data = data;
    this.clock = clock;
  }

  /** @throws {RangeError} if another part has the address */
  connect(address: number, part: I2CPart): void {
    if (this.#parts.has(address))
      throw new RangeError(
        `two parts at I2C address 0x${address.toString(16)} (data ${this.data}, clock ${this.clock})`,
      );
    this.#parts.set(address, part);
  }

  disconnect(address: number): void {
    this.#parts.delete(address);
  }

  /** Returns false where nobody acknowledges. */
  write(address: number, bytes: Uint8Array): boolean {
    if (address !== GENERAL_CALL) return this.#parts.get(address)?.write(bytes) ?? false;
    let acknowledged = false;
    for (const part of this.#parts.values()) if (part.generalCall?.(bytes)) acknowledged = true;
    return acknowledged;
  }

  /** Returns false where nobody acknowledges; `buffer` is unchanged then. */
  read(address: number, buffer: Uint8Array): boolean {
    return this.#parts.get(address)?.read(buffer) ?? false;
  }

  /** Whether a part acknowledges its address alone. */
  probe(address: number): boolean {
    return this.#parts.has(address);
  }
}
