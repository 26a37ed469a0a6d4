import type { Machine } from "./machine";
import type { Reference } from "./reference";
import { decodeValues, type ValueContext, ValueWriter } from "./values";

/** One call of a host function by a program. */
export interface HostCall {
  readonly machine: Machine;
  /**
   * Plain data as copies; host objects as the host's own objects; functions and other objects as references that the callee
   * must release; buffers as views of the engine's memory, which are valid, and may be written to, until the call returns.
   */
  readonly parameters: readonly unknown[];
  /** Whether it was called by `new`: then the object it returns is what the new object stands for. */
  readonly construct: boolean;
  /** The host's object that `this` stands for. */
  readonly instance: object | undefined;
  /** A reference to `this`, to be released. */
  retainThis(): Reference;
}

/** What a device module declares with `@ "name"`. What it throws is thrown in the program, under the same name. */
export type HostFunction = (call: HostCall) => unknown;

export type HostFunctions = Readonly<Record<string, HostFunction>>;

/** Numbers for the host's objects inside the machine. */
export class HostObjects {
  readonly #objects: Map<number, object> = new Map();
  #handle = 0;

  add(object: object): number {
    this.#handle += 1;
    this.#objects.set(this.#handle, object);
    return this.#handle;
  }

  get(handle: number): object | undefined {
    return this.#objects.get(handle);
  }

  get count(): number {
    return this.#objects.size;
  }

  remove(handle: number): object | undefined {
    const object = this.#objects.get(handle);
    this.#objects.delete(handle);
    return object;
  }

  /** The program's object was collected. */
  drop(handle: number): void {
    const object = this.remove(handle);
    (object as { dropped?: () => void } | undefined)?.dropped?.();
  }

  dropAll(): void {
    for (const handle of [...this.#objects.keys()]) this.drop(handle);
  }
}

interface Invocation {
  readonly machine: Machine;
  readonly name: string;
  readonly handler: HostFunction | undefined;
  readonly construct: boolean;
  readonly instance: object | undefined;
  readonly context: ValueContext;
  readonly message: Uint8Array;
}

/** Kinds of errors as XS numbers them. */
const ERRORS: readonly string[] = [
  "",
  "Error",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
];

/** Runs one host function and returns its encoded answer; undefined for the value undefined and for a machine that ended. */
export function runHostFunction(invocation: Invocation, isAlive: () => boolean): Uint8Array | undefined {
  const { machine, context, construct } = invocation;
  const answer = new ValueWriter(context);
  try {
    if (!invocation.handler) throw new ReferenceError(`host function "${invocation.name}" is not there`);
    const result = invocation.handler({
      machine,
      construct,
      instance: invocation.instance,
      parameters: decodeValues(context, invocation.message),
      retainThis: () => machine.retainThis(),
    });
    if (result === undefined || !isAlive()) return undefined;
    answer.byte(0);
    if (construct) answer.bound(machine.objects.add(result as object));
    else answer.value(result);
    return answer.bytes;
  } catch (error) {
    if (!isAlive()) return undefined;
    const kind = error instanceof Error ? Math.max(1, ERRORS.indexOf(error.name)) : 1;
    const text = error instanceof Error ? error.message : String(error);
    return new ValueWriter(context).byte(kind).value(text).bytes;
  }
}
