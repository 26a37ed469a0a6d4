/** Values between XS and JavaScript; host-values.c is the other half and says how each is laid out. */

const TAG = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  integer: 4,
  number: 5,
  string: 6,
  arrayBuffer: 7,
  view: 8,
  reference: 9,
  array: 10,
  object: 11,
  hostObject: 12,
  this: 13,
  bigint: 14,
} as const;

/** What a decoder needs to know of the machine that the bytes come from. */
export interface ValueContext {
  /** A view of the engine's memory: valid until the call ends. */
  memory(address: number, length: number): Uint8Array;
  reference(address: number, callable: boolean): unknown;
  hostObject(handle: number): unknown;
  /** The address of a value of `reference`, if it is one. */
  referenceAddress(value: unknown): number | undefined;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes one value that fills `bytes` from `offset` on. */
export function decodeValue(context: ValueContext, bytes: Uint8Array, offset = 0): unknown {
  return new Reader(context, bytes, offset).value();
}

/** Decodes a number of values with their count before them. */
export function decodeValues(context: ValueContext, bytes: Uint8Array): unknown[] {
  const reader = new Reader(context, bytes, 0);
  return reader.values();
}

class Reader {
  readonly #context: ValueContext;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset: number;

  constructor(context: ValueContext, bytes: Uint8Array, offset: number) {
    this.#context = context;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  values(): unknown[] {
    const count = this.#unsigned();
    return Array.from({ length: count }, () => this.value());
  }

  value(): unknown {
    const tag = this.#byte();
    switch (tag) {
      case TAG.null:
        return null;
      case TAG.false:
        return false;
      case TAG.true:
        return true;
      case TAG.integer:
        return this.#unsigned() | 0;
      case TAG.number:
        this.#offset += 8;
        return this.#view.getFloat64(this.#offset - 8, true);
      case TAG.string:
        return this.#text();
      case TAG.bigint:
        return BigInt(this.#text());
      case TAG.array:
        return this.values();
      case TAG.object:
        return this.#object();
      default:
        return this.#special(tag);
    }
  }

  #special(tag: number): unknown {
    switch (tag) {
      case TAG.arrayBuffer:
      case TAG.view: {
        const address = this.#unsigned();
        return this.#context.memory(address, this.#unsigned());
      }
      case TAG.reference: {
        const address = this.#unsigned();
        return this.#context.reference(address, this.#byte() !== 0);
      }
      case TAG.hostObject:
        return this.#context.hostObject(this.#unsigned());
      default:
        return undefined;
    }
  }

  #object(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (let count = this.#unsigned(); count > 0; count -= 1) {
      const name = this.#text();
      result[name] = this.value();
    }
    return result;
  }

  #byte(): number {
    this.#offset += 1;
    return this.#view.getUint8(this.#offset - 1);
  }

  #unsigned(): number {
    this.#offset += 4;
    return this.#view.getUint32(this.#offset - 4, true);
  }

  #text(): string {
    const length = this.#unsigned();
    this.#offset += length;
    return utf8.decode(this.#bytes.subarray(this.#offset - length, this.#offset));
  }
}

/** Bytes for `callFunction` and for results of host functions. */
export class ValueWriter {
  readonly #context: ValueContext;
  #bytes: Uint8Array = new Uint8Array(128);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = 0;

  constructor(context: ValueContext) {
    this.#context = context;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): this {
    this.#room(1);
    this.#view.setUint8(this.#length - 1, value);
    return this;
  }

  unsigned(value: number): this {
    this.#room(4);
    this.#view.setUint32(this.#length - 4, value, true);
    return this;
  }

  text(value: string): this {
    const bytes = Buffer.from(value, "utf8");
    return this.unsigned(bytes.length).#raw(bytes);
  }

  /** `this` of a constructor stands for `handle` from now on. */
  bound(handle: number): this {
    return this.byte(TAG.this).unsigned(handle);
  }

  value(value: unknown): this {
    switch (typeof value) {
      case "undefined":
        return this.byte(TAG.undefined);
      case "boolean":
        return this.byte(value ? TAG.true : TAG.false);
      case "number":
        return this.#number(value);
      case "string":
        return this.byte(TAG.string).text(value);
      case "object":
        return value === null ? this.byte(TAG.null) : this.#object(value);
      default:
        throw new TypeError(`a ${typeof value} cannot be given to XS`);
    }
  }

  #number(value: number): this {
    if (Number.isInteger(value) && Math.abs(value) < 0x7fff_ffff && !Object.is(value, -0))
      return this.byte(TAG.integer).unsigned(value >>> 0);
    this.byte(TAG.number).#room(8);
    this.#view.setFloat64(this.#length - 8, value, true);
    return this;
  }

  #object(value: object): this {
    const address = this.#context.referenceAddress(value);
    if (address !== undefined) return this.byte(TAG.reference).unsigned(address);
    if (isArrayBuffer(value))
      return this.byte(TAG.arrayBuffer).unsigned(value.byteLength).#raw(new Uint8Array(value));
    if (ArrayBuffer.isView(value))
      return this.byte(TAG.view)
        .unsigned(value.byteLength)
        .#raw(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (Array.isArray(value)) {
      this.byte(TAG.array).unsigned(value.length);
      for (const item of value) this.value(item);
      return this;
    }
    const entries = Object.entries(value);
    this.byte(TAG.object).unsigned(entries.length);
    for (const [name, property] of entries) this.text(name).value(property);
    return this;
  }

  #raw(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length - bytes.length);
    return this;
  }

  #room(count: number): void {
    this.#length += count;
    if (this.#length <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Of whichever realm. */
function isArrayBuffer(value: object): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}
