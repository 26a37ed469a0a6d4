import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A variable; `properties` make it an object. */
export interface FakeVariable {
  readonly name: string;
  readonly value?: string;
  readonly properties?: readonly FakeVariable[];
}

export interface FakeFrame {
  readonly name: string;
  /** Native code has none. */
  readonly path?: string;
  readonly line?: number;
  readonly locals?: readonly FakeVariable[];
}

/** What the debugger said. */
export interface FakeCommand {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of a `module`. */
  readonly text: string;
  /** Of `set-all-breakpoints`. */
  readonly children: readonly FakeCommand[];
}

/** XS collects what it says in a buffer of this size and sends it when it is full. */
const ECHO_BUFFER_LENGTH = 256;
const FIRST_OBJECT = 0x0027_d850;
const RESUMING: ReadonlySet<string> = new Set([
  "go",
  "step",
  "step-inside",
  "step-outside",
  "abort",
  "logout",
]);

/**
 * The machine's end of the xsbug protocol, byte for byte as XS (xs/sources/xsDebug.c) speaks it: documents between line ends,
 * in pieces of 256 bytes; control characters, `"`, `&`, `<` and `>` as decimal references, but not in names of functions;
 * addresses as `@` and eight digits. It answers `select` and `toggle` on its own.
 */
export class FakeMachine {
  readonly commands: FakeCommand[] = [];
  /** Whether it answers `select` and `toggle`. */
  answersQuestions = true;
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting: { readonly name: string; readonly resolve: (command: FakeCommand) => void }[] = [];
  readonly #open: Set<string> = new Set();
  readonly #addresses: Map<object, string> = new Map();
  #frames: readonly FakeFrame[] = [];
  #selected: FakeFrame | undefined;
  #input = "";
  #unseen = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = once(socket, "close").then(() => undefined);
    socket.setEncoding("utf8").on("data", (text: string) => this.#receive(text));
    socket.on("error", () => undefined);
  }

  /** Connects and logs in. `xs` 17 names its version and evaluates. */
  static async connect(port: number, name: string, xs: 13 | 17 = 13): Promise<FakeMachine> {
    const machine = await FakeMachine.silent(port);
    const value = xs === 13 ? "XS" : "XS 17.9.1 32-bit LE 16-bit ID";
    machine.say(`<login name="${escapeText(name)}" value="${value}"${xs === 13 ? "" : ' flags="e"'}/>`);
    return machine;
  }

  /** Connects and says nothing. */
  static async silent(port: number): Promise<FakeMachine> {
    const socket = connect({ port, host: "localhost", noDelay: true });
    await once(socket, "connect");
    return new FakeMachine(socket);
  }

  /** The next command of this name that no call has returned yet; others before it are skipped. */
  next(name: string): Promise<FakeCommand> {
    for (; this.#unseen < this.commands.length; this.#unseen += 1) {
      const command = this.commands[this.#unseen]!;
      if (command.name !== name) continue;
      this.#unseen += 1;
      return Promise.resolve(command);
    }
    return new Promise((resolve) => this.#waiting.push({ name, resolve }));
  }

  /** One document. */
  say(content: string): void {
    this.raw(`\r\n<xsbug>${content}</xsbug>\r\n`);
  }

  /** Bytes as they are, in pieces as XS sends them. */
  raw(text: string): void {
    const bytes = Buffer.from(text, "utf8");
    for (let offset = 0; offset < bytes.length; offset += ECHO_BUFFER_LENGTH)
      this.#socket.write(bytes.subarray(offset, offset + ECHO_BUFFER_LENGTH));
  }

  log(text: string, path?: string, line?: number): void {
    this.say(`<log${pathLine(path, line)}>${escapeText(text)}</log>`);
  }

  /** Stops, as at `throw`, in the first of `frames`. */
  break(message: string, frames: readonly FakeFrame[]): void {
    this.#frames = frames;
    this.#selected = frames[0];
    const first = frames.find(({ path }) => path !== undefined);
    const list = frames.map((frame) => `<frame${this.#frameAttributes(frame)}/>`).join("");
    this.say(
      `<frames>${list}</frames>${this.#scope()}<break${pathLine(first?.path, first?.line)}># Break: ${escapeText(message)}!\n</break>`,
    );
  }

  instruments(instruments: Readonly<Record<string, string>>): void {
    const list = Object.entries(instruments).map(
      ([name, unit]) => `<instrument name="${name}" value="${unit}"/>`,
    );
    this.say(`<instruments>${list.join("")}</instruments>`);
  }

  samples(...values: readonly number[]): void {
    this.say(`<samples>${values.join(",")}</samples>`);
  }

  bubble(conversation: string, text: string): void {
    this.say(`<bubble name="${conversation}" value="2">${escapeText(text)}</bubble>`);
  }

  /** Closes its end, as a machine does that is deleted. */
  leave(): void {
    this.#socket.end();
  }

  /** Power off, seen through a bridge that resets the connection. */
  vanish(): void {
    this.#socket.resetAndDestroy();
  }

  #receive(text: string): void {
    this.#input += text;
    for (let command = this.#read(); command; command = this.#read()) this.#execute(command);
  }

  /** A command counts when its line has ended. */
  #read(): FakeCommand | undefined {
    const element = new CommandReader(this.#input).read();
    if (!element) return undefined;
    this.#input = this.#input.slice(element.length);
    return element.command;
  }

  #execute(command: FakeCommand): void {
    this.commands.push(command);
    const { id = "" } = command.attributes;
    if (command.name === "select") {
      this.#selected = this.#frames.find((frame) => this.#address(frame) === id);
      this.#answer();
    } else if (command.name === "toggle") {
      if (!this.#open.delete(id)) this.#open.add(id);
      this.#answer();
    } else if (RESUMING.has(command.name)) this.#frames = [];
    if (command.name === "logout" || command.name === "abort") this.leave();
    const index = this.#waiting.findIndex(({ name }) => name === command.name);
    if (index < 0) return;
    this.#unseen = this.commands.length;
    this.#waiting.splice(index, 1)[0]?.resolve(command);
  }

  #answer(): void {
    if (this.answersQuestions) this.say(this.#scope());
  }

  #scope(): string {
    const frame = this.#selected;
    const locals = (frame?.locals ?? []).map((local) => this.#property(local)).join("");
    const local = frame ? `<local${this.#frameAttributes(frame)}>${locals}</local>` : "";
    return `${local}<global><property flags=" cew_" name="global" value="undefined"/></global><grammar/>`;
  }

  #property(variable: FakeVariable): string {
    const name = escapeText(variable.name);
    if (!variable.properties)
      return `<property flags=" cew_" name="${name}" value="${escapeText(variable.value ?? "undefined")}"/>`;
    const address = this.#address(variable);
    if (!this.#open.has(address)) return `<property flags="+cew_" name="${name}" value="${address}"/>`;
    const inside = variable.properties.map((property) => this.#property(property)).join("");
    return `<property flags="-cew_" name="${name}" value="${address}">${inside}</property>`;
  }

  /** XS writes the names of functions as they are. */
  #frameAttributes(frame: FakeFrame): string {
    return ` name="${frame.name}" value="${this.#address(frame)}"${pathLine(frame.path, frame.line)}`;
  }

  #address(object: object): string {
    let address = this.#addresses.get(object);
    if (address === undefined) {
      const value = FIRST_OBJECT + this.#addresses.size * 16;
      address = `@${value.toString(16).toUpperCase().padStart(8, "0")}`;
      this.#addresses.set(object, address);
    }
    return address;
  }
}

function pathLine(path: string | undefined, line: number | undefined): string {
  return path !== undefined && line ? ` path="${escapeText(path)}" line="${line}"` : "";
}

/** What XS escapes, and how. */
export function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
  return text.replace(/[\x00-\x1f"&<>\x7f]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Reads commands by the rules of XS, and nothing that XS would not read. */
class CommandReader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** @returns undefined: it has not ended yet */
  read(): { readonly command: FakeCommand; readonly length: number } | undefined {
    const end = this.#text.startsWith("\r\n<module ")
      ? this.#text.indexOf("]]></module>\r\n")
      : this.#text.indexOf(">\r\n");
    if (end < 0) return undefined;
    this.#expect(/\r\n/y);
    const command = this.#element();
    this.#expect(/\r\n/y);
    return { command, length: this.#offset };
  }

  #element(): FakeCommand {
    const [, name = "", list = "", isEmpty] = this.#expect(/<([a-z-]+)((?: [a-z]+="[^"]*")*)(\/?)>/y);
    const attributes = Object.fromEntries(
      [...list.matchAll(/ ([a-z]+)="([^"]*)"/g)].map((match) => match.slice(1, 3)),
    );
    if (attributes.path !== undefined && Buffer.byteLength(attributes.path) > 255)
      throw new Error("path too long");
    if (attributes.id !== undefined && !/^@[\dA-F]+$/.test(attributes.id))
      throw new Error(`id ${attributes.id}`);
    if (attributes.line !== undefined && !/^\d+$/.test(attributes.line))
      throw new Error(`line ${attributes.line}`);
    const children: FakeCommand[] = [];
    let text = "";
    while (!isEmpty && !this.#text.startsWith("</", this.#offset)) {
      const section = this.#match(/<!\[CDATA\[([\s\S]*?[^\]])\]\]>/y);
      if (section) text += section[1];
      else children.push(this.#element());
    }
    if (!isEmpty) this.#expect(new RegExp(`</${name}>`, "y"));
    return { name, attributes, text, children };
  }

  #expect(pattern: RegExp): RegExpExecArray {
    const match = this.#match(pattern);
    if (!match)
      throw new Error(`XS cannot read ${JSON.stringify(this.#text.slice(this.#offset, this.#offset + 60))}`);
    return match;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#text);
    if (match) this.#offset = pattern.lastIndex;
    return match;
  }
}
