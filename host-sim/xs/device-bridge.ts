import { closedError, hostRealm } from "../board/realm";
import type { HostCall, HostFunction, HostFunctions, Machine } from "./machine";
import { Reference } from "./reference";

/** A class of the simulated board. */
export type HostClass = abstract new (...parameters: never[]) => object;

export interface BridgedClass {
  /** As the module's source names it in `@ "TCP.read"`. */
  readonly name: string;
  readonly Host: HostClass;
  /** Methods whose options hold callbacks, and which of these come last. */
  readonly lastCallbacks?: Readonly<Record<string, readonly string[]>>;
}

/** Where the C stack of the engine ends: no buffer of a program lies below. */
const LOWEST_BUFFER = 262_144;

/**
 * One object of the board and the object in XS that stands for it. As a native object of a board, which "remembers"
 * itself, it cannot be collected before it is closed.
 */
export class BridgedObject {
  readonly machine: Machine;
  host: object = {};
  readonly #self: Reference;
  readonly #callbacks = new Set<Reference>();

  constructor(call: HostCall) {
    this.machine = call.machine;
    this.#self = call.retainThis();
  }

  /** A function of the host's that calls the program's, with the object as `this`. */
  callback(reference: Reference, onCalled?: () => void): (...parameters: unknown[]) => void {
    this.#callbacks.add(reference);
    return (...parameters) => {
      this.machine.deliver(reference, this.#self, parameters);
      onCalled?.();
    };
  }

  /** Calls a function of the program's that has something to answer. */
  ask(reference: Reference, parameters: readonly unknown[]): unknown {
    this.#callbacks.add(reference);
    if (!this.machine.alive || reference.released) return undefined;
    return reference.call(this.#self, parameters);
  }

  /** Lets go of callbacks that will not come any more. */
  forget(callbacks: readonly Reference[]): void {
    for (const callback of callbacks) {
      this.#callbacks.delete(callback);
      callback.release();
    }
  }

  /** It is closed: the program's object may be collected. */
  release(): void {
    this.forget([...this.#callbacks]);
    this.#self.release();
  }
}

/** The host functions of one class: its constructor, and every method and accessor that the host's class has. */
export function bridge(bridged: BridgedClass): HostFunctions {
  const functions: Record<string, HostFunction> = {
    [`${bridged.name}.constructor`]: (call) => construct(bridged, call),
  };
  for (const [name, descriptor] of membersOf(bridged.Host)) {
    const { value, get, set } = descriptor;
    if (typeof value === "function")
      functions[`${bridged.name}.${name}`] = (call) => invoke(bridged, name, value, call);
    if (get) functions[`${bridged.name}.get ${name}`] = (call) => get.call(hostOf(bridged, call));
    if (set)
      functions[`${bridged.name}.set ${name}`] = (call) =>
        set.call(hostOf(bridged, call), call.parameters[0]);
  }
  return functions;
}

/** Makes the host's object for a `new` of the program's. */
export function construct(bridged: BridgedClass, call: HostCall): BridgedObject {
  const object = new BridgedObject(call);
  try {
    const Host = bridged.Host as unknown as new (...parameters: unknown[]) => object;
    object.host = new Host(...call.parameters.map((value) => toHost(value, object)));
  } catch (error) {
    object.release();
    throw error;
  }
  // ECMA-419 section 10.4: the instance that a new one is made from counts as closed.
  const { from } = (call.parameters[0] ?? {}) as { from?: unknown };
  if (from instanceof BridgedObject) from.release();
  return object;
}

/** @throws {SyntaxError} as XS does for what is not, or no longer, an object of the class */
export function objectOf({ Host }: BridgedClass, call: HostCall): BridgedObject {
  if (call.instance instanceof BridgedObject && call.instance.host instanceof Host) return call.instance;
  throw closedError(hostRealm);
}

function hostOf(bridged: BridgedClass, call: HostCall): object {
  return objectOf(bridged, call).host;
}

type Method = (this: object, ...parameters: unknown[]) => unknown;

function invoke(bridged: BridgedClass, name: string, method: Method, call: HostCall): unknown {
  const object = objectOf(bridged, call);
  const last = bridged.lastCallbacks?.[name];
  const parameters = call.parameters.map((value) => toHost(value, object, last));
  const result = method.apply(object.host, parameters);
  if (name === "close") object.release();
  return result;
}

function membersOf(Host: HostClass): Map<string, PropertyDescriptor> {
  const members = new Map<string, PropertyDescriptor>();
  let prototype = Host.prototype as object;
  while (prototype !== Object.prototype) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
      if (name !== "constructor" && !members.has(name)) members.set(name, descriptor);
    prototype = Object.getPrototypeOf(prototype) as object;
  }
  return members;
}

/** A parameter as the host's classes take it. Callbacks are kept; everything else that is not data is let go at once. */
function toHost(value: unknown, object: BridgedObject, last?: readonly string[]): unknown {
  if (value instanceof BridgedObject) return value.host;
  if (value instanceof Reference) return withoutReference(value);
  if (ArrayBuffer.isView(value)) return attached(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => toHost(item, object));
  return optionsToHost(value, object, last);
}

function optionsToHost(options: object, object: BridgedObject, last: readonly string[] = []): object {
  const callbacks: Reference[] = [];
  const converted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value instanceof Reference && value.callable && /^on[A-Z]/.test(name)) {
      callbacks.push(value);
      const onCalled = last.includes(name) ? () => object.forget(callbacks) : undefined;
      converted[name] = object.callback(value, onCalled);
    } else {
      const given = toHost(value, object);
      // Options may be kept: for them the program's buffers are copied.
      converted[name] = given instanceof Uint8Array ? given.slice() : given;
    }
  }
  return converted;
}

/** What the host never looks into: `target`, classes given as `io`. */
function withoutReference(reference: Reference): unknown {
  const { callable } = reference;
  reference.release();
  return callable ? () => {} : {};
}

function attached(view: ArrayBufferView): ArrayBufferView {
  if (view.byteOffset < LOWEST_BUFFER && view.byteLength > 0) throw new TypeError("detached buffer");
  return view;
}
