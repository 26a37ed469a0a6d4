import { compileFunction, createContext, runInContext } from "node:vm";
import type { Realm } from "../board/realm";

export interface DeviceRealmOptions {
  /** Milliseconds since 1970, for `Date`. */
  readonly date: () => number;
  /** For `Math.random`. */
  readonly random: () => number;
  /** Text that the firmware traces, line ends included. */
  readonly trace: (text: string) => void;
}

/** What a compiled module is called with. */
export type ModuleFunction = (
  exports: object,
  require: (specifier: string) => unknown,
  module: { exports: object },
) => void;

/**
 * Runs inside the device's context and gives its global object the shape it has on the board: the built-ins of the
 * language, what XS adds to them, and nothing of the host.
 */
const BOOTSTRAP = `"use strict";
({ date, random, trace, encode, decode }) => {
  for (const name of ["console", "WebAssembly", "Intl", "escape", "unescape"]) delete globalThis[name];
  delete Error.captureStackTrace;
  const define = (object, name, value) =>
    Object.defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });

  const HostDate = Date;
  const DeviceDate = function Date(...parts) {
    if (new.target === undefined) return new HostDate(date()).toString();
    return Reflect.construct(HostDate, parts.length === 0 ? [date()] : parts, new.target);
  };
  Object.defineProperty(DeviceDate, "prototype", { value: HostDate.prototype, writable: false });
  Object.defineProperty(DeviceDate, "length", { value: 7 });
  define(DeviceDate, "now", () => date());
  define(DeviceDate, "parse", HostDate.parse);
  define(DeviceDate, "UTC", HostDate.UTC);
  define(HostDate.prototype, "constructor", DeviceDate);
  define(globalThis, "Date", DeviceDate);

  define(Math, "random", () => random());
  define(globalThis, "trace", (...parts) => trace(parts.map(String).join("")));
  define(ArrayBuffer, "fromString", (text) => {
    const bytes = encode(String(text));
    const buffer = new ArrayBuffer(bytes.byteLength);
    new Uint8Array(buffer).set(bytes);
    return buffer;
  });
  define(String, "fromArrayBuffer", (buffer) => {
    const text = decode(buffer);
    if (text === undefined) throw new TypeError("invalid UTF-8");
    return text;
  });

  const freeze = Object.freeze;
  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
  /** False for what belongs to the simulator: freezing would reach the simulator's own built-ins. */
  const isOwn = (object) => object instanceof Object || Object.getPrototypeOf(object) === null;
  /** XS: the second argument freezes everything that the properties lead to as well. */
  const deepFreeze = (object, seen) => {
    if (seen.has(object) || !isOwn(object)) return;
    seen.add(object);
    // A view with elements cannot be frozen; XS leaves such properties alone, too.
    if (ArrayBuffer.isView(object)) return;
    freeze(object);
    for (const key of Reflect.ownKeys(object)) {
      const { value, get, set } = Reflect.getOwnPropertyDescriptor(object, key);
      for (const next of [value, get, set]) if (isObject(next) && !Object.isFrozen(next)) deepFreeze(next, seen);
    }
  };
  define(Object, "freeze", (object, deep) => {
    if (!deep || !isObject(object)) return freeze(object);
    deepFreeze(object, new Set());
    return object;
  });

  /** Built-ins, which a module can reach but does not own. */
  const builtIns = new Set([globalThis]);
  const noteBuiltIns = (object) => {
    if (!isObject(object) || builtIns.has(object)) return;
    builtIns.add(object);
    noteBuiltIns(Object.getPrototypeOf(object));
    for (const key of Reflect.ownKeys(object)) {
      const { value, get, set } = Reflect.getOwnPropertyDescriptor(object, key);
      for (const next of [value, get, set]) noteBuiltIns(next);
    }
  };
  for (const key of Reflect.ownKeys(globalThis)) noteBuiltIns(globalThis[key]);
  noteBuiltIns(Object.getPrototypeOf(function* () {}));
  noteBuiltIns(Object.getPrototypeOf(async function () {}));
  noteBuiltIns(Object.getPrototypeOf(async function* () {}));
  // As the linker does with the chip's: what inherits a frozen property can define its own, but not assign it.
  builtIns.delete(globalThis);
  for (const builtIn of builtIns) freeze(builtIn);
  builtIns.add(globalThis);

  const refuse = () => {
    throw new TypeError("read only value");
  };
  const MUTATORS = ["set", "add", "delete", "clear", "setTime"];
  /** As preloading does: the object, all it leads to and its prototypes, and the contents of collections. */
  const petrify = (object) => {
    if (!isObject(object) || builtIns.has(object) || !isOwn(object)) return;
    builtIns.add(object);
    if (ArrayBuffer.isView(object)) return;
    if (object instanceof Map || object instanceof Set || object instanceof WeakMap || object instanceof WeakSet || object instanceof Date)
      for (const name of MUTATORS) if (name in object && Object.isExtensible(object)) define(object, name, refuse);
    freeze(object);
    petrify(Object.getPrototypeOf(object));
    for (const key of Reflect.ownKeys(object)) {
      const { value, get, set } = Reflect.getOwnPropertyDescriptor(object, key);
      for (const next of [value, get, set]) petrify(next);
    }
  };
  return { petrify, ArrayBuffer, Uint8Array, Error, RangeError, TypeError, SyntaxError, Promise,
    parse: JSON.parse };
}`;

interface Bootstrapped extends Required<Omit<Realm, "detach">> {
  readonly petrify: (object: unknown) => void;
  readonly parse: (text: string) => Record<string, unknown>;
  readonly Promise: PromiseConstructor;
}

/** The JavaScript world of one run of one device; its firmware shares no object with any other. */
export class DeviceRealm {
  /** The constructors, for what the simulator gives to the firmware. */
  readonly realm: Realm;
  readonly #context: object;
  readonly #inside: Bootstrapped;

  constructor(options: DeviceRealmOptions) {
    const encoder = new TextEncoder();
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    // On the chip the compiler is stripped: no code from strings.
    this.#context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
    const bootstrap = runInContext(BOOTSTRAP, this.#context) as (host: object) => Bootstrapped;
    this.#inside = bootstrap({
      ...options,
      encode: (text: string) => encoder.encode(text),
      decode: (bytes: ArrayBuffer | Uint8Array) => {
        try {
          return decoder.decode(bytes);
        } catch {
          return undefined;
        }
      },
    });
    const inside = this.#inside;
    this.realm = {
      ArrayBuffer: inside.ArrayBuffer,
      Uint8Array: inside.Uint8Array,
      Error: inside.Error,
      RangeError: inside.RangeError,
      TypeError: inside.TypeError,
      SyntaxError: inside.SyntaxError,
      detach: (buffer) => void structuredClone(buffer, { transfer: [buffer] }),
    };
  }

  /** @param fileName - what stack traces call the code */
  compile(code: string, fileName: string): ModuleFunction {
    // Modules are strict code; on the same line, so that positions stay.
    return compileFunction(`"use strict";${code}`, ["exports", "require", "module"], {
      filename: fileName,
      parsingContext: this.#context,
    }) as ModuleFunction;
  }

  /** A copy of plain data inside the realm, deeply frozen. */
  copyFrozen(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const copy = this.#inside.parse(JSON.stringify(data));
    this.#inside.petrify(copy);
    return copy;
  }

  /** Makes `object`, and what it leads to, as read-only as a preloaded module is on the chip. */
  petrify(object: unknown): void {
    this.#inside.petrify(object);
  }

  /** Whether a promise was made by this device's firmware. */
  owns(promise: unknown): boolean {
    return promise instanceof this.#inside.Promise;
  }
}
