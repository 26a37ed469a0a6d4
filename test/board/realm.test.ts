import { afterEach, describe, expect, it } from "vitest";
import { bytesOf, copyToRealm, detachBuffer, hostRealm, makeError } from "../../host-sim/board/realm";

const prototype = ArrayBuffer.prototype as { transfer?: unknown };
const transfer = Object.getOwnPropertyDescriptor(prototype, "transfer");

afterEach(() => {
  if (transfer) Object.defineProperty(prototype, "transfer", transfer);
  else delete prototype.transfer;
});

function defineTransfer(value: unknown): void {
  Object.defineProperty(prototype, "transfer", { value, configurable: true, writable: true });
}

describe("a buffer taken away", () => {
  it("is transferred where the engine can do it", () => {
    const buffer = Uint8Array.of(1, 2).buffer;
    const transferred: unknown[] = [];
    defineTransfer(function (this: unknown) {
      transferred.push(this);
    });
    detachBuffer(hostRealm, buffer);
    expect(transferred).toEqual([buffer]);
  });

  it("is overwritten where it cannot", () => {
    defineTransfer(undefined);
    const bytes = Uint8Array.of(1, 2);
    detachBuffer(hostRealm, bytes.buffer);
    expect([...bytes]).toEqual([0xdd, 0xdd]);
  });
});

describe("a Byte Buffer", () => {
  it("is any ArrayBuffer or view, seen without copying", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    for (const buffer of [bytes.buffer, bytes, new DataView(bytes.buffer), new Int8Array(bytes.buffer)])
      expect(bytesOf(hostRealm, buffer).buffer).toBe(bytes.buffer);
    expect([...bytesOf(hostRealm, bytes.subarray(1, 3))]).toEqual([2, 3]);
  });

  it("is nothing else", () => {
    for (const value of [undefined, null, 1, "text", [1, 2], { byteLength: 2 }])
      expect(() => bytesOf(hostRealm, value)).toThrow(TypeError);
  });

  it("is copied for the firmware", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const copy = copyToRealm(hostRealm, bytes.subarray(1));
    bytes.fill(0);
    expect([...new Uint8Array(copy)]).toEqual([2, 3]);
  });
});

describe("an error for the firmware", () => {
  it("is made with the constructor of its realm, or the host's where that has none", () => {
    class DeviceError extends Error {}
    const realm = { ...hostRealm, RangeError: DeviceError as unknown as RangeErrorConstructor };
    expect(makeError(realm, "RangeError", "in use")).toBeInstanceOf(DeviceError);
    expect(makeError(hostRealm, "RangeError", "in use")).toBeInstanceOf(RangeError);
  });
});
