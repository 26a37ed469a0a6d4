import { runInNewContext } from "node:vm";
import { compileExpression } from "./compile-expression";
import type { DebuggedMachine } from "./debugger";
import { describe, fieldsOf, findVariable, isArray, isPrivate } from "./inspection";
import type { Property } from "./protocol";

/** An expression that cannot be evaluated; `message` is for people. */
export class EvaluationError extends Error {
  override readonly name: string = "EvaluationError";
}

/**
 * Evaluates an expression in the frame that a stopped machine shows.
 *
 * A machine that can (XS 17) runs it, if xsc is there to compile it. For any other the values are read, so nothing in the
 * machine changes: variables, properties, private ones too, operators and methods of plain values, but no functions.
 * @returns the value, for people
 * @throws {EvaluationError}
 */
export async function evaluate(machine: DebuggedMachine, expression: string): Promise<string> {
  // Reading shows more of an object than what the machine answers.
  if (/^\s*[\w$.#[\]]+\s*$/.test(expression)) {
    const text = await evaluateByReading(machine, expression).catch(notEvaluated);
    if (typeof text === "string") return text;
    return (await evaluateInMachine(machine, expression)) ?? rethrow(text);
  }
  return (await evaluateInMachine(machine, expression)) ?? (await evaluateByReading(machine, expression));
}

function notEvaluated(error: unknown): EvaluationError {
  return error instanceof EvaluationError ? error : rethrow(error);
}

function rethrow(error: unknown): never {
  throw error;
}

async function evaluateInMachine(machine: DebuggedMachine, expression: string): Promise<string | undefined> {
  const frame = machine.scope?.frame.id;
  if (!machine.flags.includes("e") || frame === undefined) return undefined;
  const code = await compileExpression(expression, machine.version);
  if (code === undefined) return undefined;
  const answer = await machine.evaluate(frame, code);
  if (!answer) throw new EvaluationError("the machine has gone");
  const [value] = answer.properties;
  if (value) return describe(value);
  throw new EvaluationError(answer.text.replace(/^# /, ""));
}

const MEMBER = /\s*(?:\?\.|\.)\s*(#?[A-Za-z_$][\w$]*)|\s*\[\s*(?:(\d+)|"([^"\\]*)"|'([^'\\]*)')\s*\]/y;
const TOKEN =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\d[\w.]*|(?<root>[A-Za-z_$][\w$]*)|[\s\S]/g;
const WORDS: ReadonlySet<string> = new Set(
  "true false null undefined NaN Infinity typeof instanceof in void Math Number String Boolean BigInt JSON".split(
    " ",
  ),
);

async function evaluateByReading(machine: DebuggedMachine, expression: string): Promise<string> {
  const reader = new Reader(machine);
  try {
    const { code, paths } = split(expression);
    const [only] = paths;
    if (only && code.trim() === "$0" && !only.isCalled) {
      const property = await reader.read(only);
      if (property.state === "+") await reader.open(only);
      return describe(await reader.read(only));
    }
    const values: unknown[] = [];
    for (const path of paths) values.push(value(await reader.read(path), path));
    return run(code, values);
  } finally {
    await reader.close();
  }
}

/** A variable and its properties, as it stands in an expression. */
interface Path {
  readonly names: readonly string[];
  /** The last name is called as a method, and not part of `names`. */
  readonly isCalled: boolean;
}

function split(expression: string): { readonly code: string; readonly paths: readonly Path[] } {
  const paths: Path[] = [];
  let code = "";
  let end = 0;
  for (const token of expression.matchAll(TOKEN)) {
    if (token.index < end) continue;
    const root = token.groups?.root;
    if (root === undefined || WORDS.has(root) || /\.\s*$/.test(code)) {
      code += token[0];
      end = token.index + token[0].length;
      continue;
    }
    const members = readMembers(expression, token.index + root.length);
    end = members.end;
    const names = [root, ...members.names];
    const isCalled = /^\s*\(/.test(expression.slice(end));
    if (isCalled && names.length === 1) throw new EvaluationError(`reading values does not run ${root}()`);
    paths.push({ names: isCalled ? names.slice(0, -1) : names, isCalled });
    code += isCalled ? `$${paths.length - 1}.${names.at(-1)}` : `$${paths.length - 1}`;
  }
  return { code, paths };
}

function readMembers(expression: string, start: number): { readonly names: string[]; readonly end: number } {
  const names: string[] = [];
  let end = start;
  for (;;) {
    MEMBER.lastIndex = end;
    const match = MEMBER.exec(expression);
    if (!match) return { names, end };
    names.push(match[1] ?? (match[2] === undefined ? (match[3] ?? match[4])! : `[${match[2]}]`));
    end = MEMBER.lastIndex;
  }
}

function run(code: string, values: readonly unknown[]): string {
  const context = Object.fromEntries(values.map((one, index) => [`$${index}`, one]));
  try {
    const result: unknown = runInNewContext(code, context, { timeout: 1_000 });
    return typeof result === "string" ? JSON.stringify(result) : String(result);
  } catch (error) {
    throw new EvaluationError((error as Error).message);
  }
}

/** An object of the machine among values of ours: nothing but itself. */
class RemoteObject {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

function value(property: Property, path: Path): unknown {
  const isObject = property.state !== " ";
  if (isObject && path.isCalled)
    throw new EvaluationError(`reading values does not run methods of ${path.names.join(".")}`);
  return isObject ? new RemoteObject(describe(property)) : plainValue(property.value);
}

function plainValue(text: string): unknown {
  if (text.startsWith("'")) return text.slice(1, -1);
  const big = /^(-?)(0x[\dA-F]+)n$/.exec(text);
  if (big) return big[1] ? -BigInt(big[2]!) : BigInt(big[2]!);
  const words: Record<string, unknown> = { true: true, false: false, null: null, undefined: undefined };
  return text in words
    ? words[text]
    : text === "NaN"
      ? Number.NaN
      : Number.isNaN(Number(text))
        ? text
        : Number(text);
}

const PROTOTYPE = "(..)";
/** Prototypes that are looked through. */
const MAXIMUM_DEPTH = 8;

/** Finds properties; what is closed on the way is opened, until the end. */
class Reader {
  readonly #machine: DebuggedMachine;
  readonly #opened: string[] = [];

  constructor(machine: DebuggedMachine) {
    this.#machine = machine;
  }

  async read({ names: [root = "", ...members] }: Path): Promise<Property> {
    let path: readonly string[] = [root];
    for (const member of members) {
      const owner = this.#at(path);
      if (isPlain(owner)) return memberOfPlain(owner, path, member);
      await this.#open(path);
      if (member === "length" && isArray(this.#at(path))) return lengthOf(this.#at(path));
      const found = await this.#find(path, member);
      if (!found) return plainProperty(member, "undefined");
      path = found;
    }
    return this.#at(path);
  }

  async open(path: Path): Promise<void> {
    await this.read(path);
    await this.#open(path.names);
    await this.#openPrivate(path.names);
  }

  async close(): Promise<void> {
    await this.#machine.toggle(this.#opened);
  }

  /** Where a property is: in the object, or in a prototype of it. */
  async #find(owner: readonly string[], member: string): Promise<readonly string[] | undefined> {
    if (member.startsWith("#")) await this.#openPrivate(owner);
    let path = owner;
    for (let depth = 0; depth < MAXIMUM_DEPTH; depth += 1) {
      const fields = fieldsOf(this.#at(path));
      if (fields.some(({ name }) => name === member)) return [...path, member];
      if (fields.some(({ name }) => name === `get ${member}`))
        throw new EvaluationError(`${member} is a getter: reading values does not run it`);
      if (!fields.some(({ name, state }) => name === PROTOTYPE && state !== " ")) return undefined;
      path = [...path, PROTOTYPE];
      await this.#open(path);
    }
    return undefined;
  }

  async #open(path: readonly string[]): Promise<void> {
    const property = this.#at(path);
    if (property.state === "+") await this.#toggle(property.value);
  }

  async #openPrivate(path: readonly string[]): Promise<void> {
    for (const fields of this.#at(path).properties.filter(isPrivate))
      if (fields.state === "+") await this.#toggle(fields.value);
  }

  async #toggle(id: string): Promise<void> {
    if (!(await this.#machine.toggle([id]))) throw new EvaluationError("the machine is not stopped");
    this.#opened.push(id);
  }

  /** A property that was found. */
  #at([root = "", ...members]: readonly string[]): Property {
    const { scope } = this.#machine;
    if (!scope) throw new EvaluationError("the machine is not stopped");
    const variable = findVariable(scope, root);
    if (!variable) throw new EvaluationError(`there is no ${root} in ${scope.frame.name || "this frame"}`);
    return members.reduce<Property>(
      (property, member) =>
        fieldsOf(property).find(({ name }) => name === member) ?? plainProperty(member, "undefined"),
      variable,
    );
  }
}

function isPlain({ state }: Property): boolean {
  return state === " ";
}

/** `text.length` */
function memberOfPlain(owner: Property, path: readonly string[], member: string): Property {
  const text = plainValue(owner.value);
  if (text === undefined || text === null) throw new EvaluationError(`${path.join(".")} is ${text}`);
  const isLength = typeof text === "string" && member === "length";
  return plainProperty(member, isLength ? String([...text].length) : "undefined");
}

function lengthOf(array: Property): Property {
  const items = array.properties.find(({ name }) => name === "(array)");
  return plainProperty("length", items?.value.split(" ")[0] ?? "0");
}

function plainProperty(name: string, text: string): Property {
  return { name, value: text, state: " ", properties: [] };
}
