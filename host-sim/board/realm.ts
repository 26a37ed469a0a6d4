/**
 * The constructors of the JavaScript realm in which a firmware runs. What the board gives to the firmware is made with
 * them, so that `instanceof` says there what it says on the board. A member left out is the host's own.
 */
export interface Realm {
  readonly ArrayBuffer: ArrayBufferConstructor;
  readonly Uint8Array: Uint8ArrayConstructor;
  readonly Error?: ErrorConstructor;
  readonly RangeError?: RangeErrorConstructor;
  readonly TypeError?: TypeErrorConstructor;
  readonly SyntaxError?: SyntaxErrorConstructor;
  /** Detaches a buffer, where the engine has no `ArrayBuffer.prototype.transfer` (Node 20). */
  detach?(buffer: ArrayBuffer): void;
}

/** The realm of the host, for unit tests that construct IO classes directly. */
export const hostRealm: Realm = { ArrayBuffer, Uint8Array };

/** The constructors that the board needs and a realm may leave out. */
type ErrorName = "Error" | "RangeError" | "TypeError" | "SyntaxError";

const hostErrors = { Error, RangeError, TypeError, SyntaxError };

/** An error of the firmware's realm, with the text that the ESP32 implementation gives. */
export function makeError(realm: Realm, name: ErrorName, message?: string): Error {
  const Constructor = realm[name] ?? hostErrors[name];
  return new Constructor(message);
}

/** What a method of a closed IO instance throws on XS. */
export function closedError(realm: Realm): Error {
  return makeError(realm, "SyntaxError", "C: xsGetHostData: invalid host data");
}

// The accessor reads an internal slot and so recognises the buffers of every realm, which `instanceof` does not.
const byteLengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")?.get as (
  this: unknown,
) => number;

function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    byteLengthOf.call(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * The bytes of a Byte Buffer of any realm (ECMA-419 section 9): a view on the same memory, not a copy.
 * @throws {TypeError} of the firmware's realm for anything else
 */
export function bytesOf(realm: Realm, value: unknown): Uint8Array {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isArrayBuffer(value)) return new Uint8Array(value);
  throw makeError(realm, "TypeError", "invalid buffer");
}

/** A new ArrayBuffer of the firmware's realm with a copy of `bytes`. */
export function copyToRealm(realm: Realm, bytes: Uint8Array): ArrayBuffer {
  const buffer = new realm.ArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

const POISON = 0xdd;

/**
 * Takes a buffer's memory away, as the board does when a camera frame is closed: its length is 0 from then on. An
 * engine that cannot do it overwrites the bytes instead, so that a late reader at least does not find a picture.
 */
export function detachBuffer(realm: Realm, buffer: ArrayBuffer): void {
  if (realm.detach) realm.detach(buffer);
  else {
    const transfer = (ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer }).transfer;
    if (transfer) transfer.call(buffer);
    else new Uint8Array(buffer).fill(POISON);
  }
}
