import { IN_FLIGHT_FULL, mqttError } from "./mqtt-error";

/**
 * An ordered, bounded table of Packet Identifiers with a small state each. A plain array of numbers: with eight entries
 * it takes 168 bytes on XS, where a Map takes 520.
 */
export class InFlight {
  /** Most identifiers at a time. */
  readonly limit: number;
  /** @internal identifier, and the state above it; oldest first */
  readonly entries: number[];

  /** @param limit - 1 to 65,535 */
  constructor(limit: number) {
    this.limit = limit;
    this.entries = [];
  }

  get count(): number {
    return this.entries.length;
  }

  /** Identifier at `index`, 0 being the oldest. */
  at(index: number): number {
    return this.entries[index]! & 0xffff;
  }

  has(packetIdentifier: number): boolean {
    return indexOf(this.entries, packetIdentifier) >= 0;
  }

  /** State given with `set`; 0 when the identifier is not in the table. */
  stateOf(packetIdentifier: number): number {
    const index = indexOf(this.entries, packetIdentifier);
    return index < 0 ? 0 : this.entries[index]! >> 16;
  }

  /**
   * Adds an identifier as the newest, or changes the state of one that is there.
   * @param state - 1 to 255
   * @throws {MQTTError} IN_FLIGHT_FULL
   */
  set(packetIdentifier: number, state: number): void {
    const { entries, limit } = this;
    const index = indexOf(entries, packetIdentifier);
    const entry = packetIdentifier | (state << 16);
    if (index >= 0) entries[index] = entry;
    else if (entries.length < limit) entries.push(entry);
    else throw mqttError(IN_FLIGHT_FULL, `${limit} packets are in flight already`);
  }

  /** @returns whether it was there */
  remove(packetIdentifier: number): boolean {
    return removeAt(this.entries, indexOf(this.entries, packetIdentifier));
  }

  /** Removes every identifier whose state is `state`. */
  removeState(state: number): void {
    const { entries } = this;
    for (let index = entries.length - 1; index >= 0; index--)
      if (entries[index]! >> 16 === state) removeAt(entries, index);
  }

  clear(): void {
    this.entries.length = 0;
  }
}

function indexOf(entries: readonly number[], packetIdentifier: number): number {
  const { length } = entries;
  for (let index = 0; index < length; index++)
    if ((entries[index]! & 0xffff) === packetIdentifier) return index;
  return -1;
}

function removeAt(entries: number[], index: number): boolean {
  if (index < 0) return false;
  entries.copyWithin(index, index + 1);
  entries.length -= 1;
  return true;
}
