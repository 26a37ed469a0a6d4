import type { Machine } from "./machine";

/**
 * A function or object of a program, held by the host: it lives until released. References of a machine that has ended are
 * released with it.
 */
export class Reference {
  readonly machine: Machine;
  readonly callable: boolean;
  #address: number;

  constructor(machine: Machine, address: number, callable: boolean) {
    this.machine = machine;
    this.#address = address;
    this.callable = callable;
  }

  get released(): boolean {
    return this.#address === 0 || !this.machine.alive;
  }

  release(): void {
    if (!this.released) this.machine.releaseReference(this.#address);
    this.#address = 0;
  }

  /** A property: plain data as a copy, everything else as a reference. */
  get(name: string): unknown {
    return this.machine.getProperty(this.addressIn(this.machine), name);
  }

  /** A property that is a function or an object. */
  reference(name: string): Reference {
    const value = this.get(name);
    if (value instanceof Reference) return value;
    throw new TypeError(`${name} is no reference`);
  }

  /** Calls it as a function and returns what it returns, plain data as a copy. */
  call(target?: Reference, parameters: readonly unknown[] = []): unknown {
    return this.machine.callReference(
      this.addressIn(this.machine),
      target?.addressIn(this.machine) ?? 0,
      parameters,
      true,
    );
  }

  /** Calls it as a function; the result is not looked at. */
  run(target?: Reference, parameters: readonly unknown[] = []): void {
    this.machine.callReference(
      this.addressIn(this.machine),
      target?.addressIn(this.machine) ?? 0,
      parameters,
      false,
    );
  }

  /** Calls a method. */
  invoke(name: string, parameters: readonly unknown[] = []): unknown {
    const method = this.reference(name);
    try {
      return method.call(this, parameters);
    } finally {
      method.release();
    }
  }

  /** For an object whose host side has been closed: its destructor has nothing left to do. */
  unbind(): void {
    if (!this.released) this.machine.unbind(this.#address);
  }

  /** For the engine. */
  addressIn(machine: Machine): number {
    if (machine !== this.machine) throw new Error("a reference belongs to the machine it came from");
    if (this.#address === 0) throw new Error("the reference was released");
    return this.#address;
  }
}
