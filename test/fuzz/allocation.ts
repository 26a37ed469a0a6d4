/*
 * How many bytes the code under test allocates: while it runs, and only then, the constructors of buffers and the
 * methods that copy them are replaced by such that count. What the test does meanwhile in its callbacks is left out.
 */

export interface Allocation {
  /** Of all buffers made. */
  byteLength: number;
  /** Of the largest. */
  largest: number;
}

interface Globals {
  ArrayBuffer: unknown;
  Uint8Array: unknown;
}

const globals = globalThis as unknown as Globals;
const NativeArrayBuffer = ArrayBuffer;
const NativeUint8Array = Uint8Array;
const { slice: nativeSlice } = NativeUint8Array.prototype;
const { slice: nativeBufferSlice } = NativeArrayBuffer.prototype;

/** What is counted into, while the code under test runs. */
let current: Allocation | undefined;

function count(byteLength: number): void {
  if (!current) return;
  current.byteLength += byteLength;
  if (byteLength > current.largest) current.largest = byteLength;
}

const CountedArrayBuffer = new Proxy(NativeArrayBuffer, {
  construct(target, parameters: [number]) {
    const buffer = new target(...parameters);
    count(buffer.byteLength);
    return buffer;
  },
});

/** `new Uint8Array(buffer)` is a view and allocates no bytes; of a number, an array or a typed array it is a copy. */
const CountedUint8Array = new Proxy(NativeUint8Array, {
  construct(target, parameters: [number]) {
    const bytes = new target(...parameters);
    if (bytes.buffer !== (parameters[0] as unknown)) count(bytes.byteLength);
    return bytes;
  },
});

function countedSlice(this: Uint8Array, start?: number, end?: number): Uint8Array {
  const bytes = nativeSlice.call(this, start, end) as Uint8Array;
  count(bytes.byteLength);
  return bytes;
}

function countedBufferSlice(this: ArrayBuffer, start: number, end?: number): ArrayBuffer {
  const buffer = nativeBufferSlice.call(this, start, end);
  count(buffer.byteLength);
  return buffer;
}

function enter(allocation: Allocation | undefined): void {
  current = allocation;
  const counting = allocation !== undefined;
  globals.ArrayBuffer = counting ? CountedArrayBuffer : NativeArrayBuffer;
  globals.Uint8Array = counting ? CountedUint8Array : NativeUint8Array;
  (NativeUint8Array.prototype as { slice: unknown }).slice = counting ? countedSlice : nativeSlice;
  (NativeArrayBuffer.prototype as { slice: unknown }).slice = counting
    ? countedBufferSlice
    : nativeBufferSlice;
}

/** Runs code under test: what it allocates is added to `allocation`. */
export function counted<Result>(allocation: Allocation | undefined, run: () => Result): Result {
  if (current === allocation) return run();
  const outer = current;
  enter(allocation);
  try {
    return run();
  } finally {
    enter(outer);
  }
}

/** Runs code of the test inside code under test: what it allocates is not counted. */
export function uncounted<Result>(run: () => Result): Result {
  return counted(undefined, run);
}

/** What the code that is running now counts into; undefined in code of the test. */
export function countingInto(): Allocation | undefined {
  return current;
}
