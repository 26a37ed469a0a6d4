/** JSON text with the line of every member and element kept, so that a complaint can name the line. */

export type JSONValue =
  | null
  | boolean
  | number
  | string
  | readonly JSONValue[]
  | { readonly [key: string]: JSONValue };

/** Steps from the root: member names and element indices. */
export type JSONPath = readonly (string | number)[];

export class JSONSourceError extends Error {
  /** Counts from 1. */
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

export class JSONSource {
  readonly value: JSONValue;
  readonly #lines: ReadonlyMap<string, number>;

  /** @throws {JSONSourceError} when `text` is not JSON, or names a member twice (`JSON.parse` would silently keep the last one) */
  constructor(text: string) {
    const parser = new Parser(text);
    this.value = parser.document();
    this.#lines = parser.lines;
  }

  /** The line, from 1, where the member or element at `path` begins; the nearest enclosing one when there is none. */
  line(path: JSONPath): number {
    for (let length = path.length; length >= 0; length--) {
      const line = this.#lines.get(key(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  }
}

function key(path: JSONPath): string {
  return JSON.stringify(path);
}

const TOKEN: RegExp =
  /[\t\n\r ]*([{}[\]:,]|"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

class Parser {
  readonly lines: Map<string, number> = new Map();
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  #offset = 0;
  #line = 1;
  /** The token at hand, not yet taken; empty at the end of the text. */
  #token = "";

  constructor(text: string) {
    this.#text = text;
    this.#advance();
  }

  document(): JSONValue {
    const value = this.#value();
    if (this.#token !== "") throw this.#unexpected("the end");
    return value;
  }

  #value(): JSONValue {
    this.lines.set(key(this.#path), this.lines.get(key(this.#path)) ?? this.#line);
    if (this.#token === "{") return this.#object();
    if (this.#token === "[") return this.#array();
    if (this.#token === "" || "}],:".includes(this.#token)) throw this.#unexpected("a value");
    return JSON.parse(this.#take()) as JSONValue;
  }

  #object(): JSONValue {
    const result: Record<string, JSONValue> = {};
    this.#take("{");
    while (this.#token !== "}") {
      if (!this.#token.startsWith('"')) throw this.#unexpected("a member name");
      const line = this.#line;
      const name = JSON.parse(this.#take()) as string;
      if (Object.hasOwn(result, name)) throw new JSONSourceError(line, `"${name}" is here twice`);
      this.#path.push(name);
      this.lines.set(key(this.#path), line);
      this.#take(":");
      result[name] = this.#value();
      this.#path.pop();
      if (!this.#separator("}")) break;
    }
    this.#take("}");
    return result;
  }

  #array(): JSONValue {
    const result: JSONValue[] = [];
    this.#take("[");
    while (this.#token !== "]") {
      this.#path.push(result.length);
      result.push(this.#value());
      this.#path.pop();
      if (!this.#separator("]")) break;
    }
    this.#take("]");
    return result;
  }

  /** Takes a comma; false when the object or array ends instead. */
  #separator(end: string): boolean {
    if (this.#token === end) return false;
    this.#take(",");
    if (this.#token === end) throw this.#unexpected("something after the comma");
    return true;
  }

  #take(expected?: string): string {
    const token = this.#token;
    if (expected !== undefined && token !== expected) throw this.#unexpected(`"${expected}"`);
    this.#advance();
    return token;
  }

  #advance(): void {
    TOKEN.lastIndex = this.#offset;
    const match = TOKEN.exec(this.#text);
    const end = match ? TOKEN.lastIndex : this.#text.length;
    for (let index = this.#offset; index < end; index++) if (this.#text[index] === "\n") this.#line++;
    const rest = match ? "" : this.#text.slice(this.#offset);
    if (/\S/.test(rest)) {
      const lines = this.#text.slice(0, this.#offset + rest.search(/\S/)).split("\n").length;
      throw new JSONSourceError(lines, `not JSON: ${rest.trim().slice(0, 20)}`);
    }
    this.#offset = end;
    this.#token = match?.[1] ?? "";
  }

  #unexpected(wanted: string): JSONSourceError {
    return new JSONSourceError(this.#line, `${wanted} expected, not ${this.#token || "the end of the file"}`);
  }
}
