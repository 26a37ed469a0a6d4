/** One element of a document; the text of its children is theirs. */
export interface XMLElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XMLElement[];
  readonly text: string;
}

/** What came is no document of an XS machine. `message` says what and where. */
export class MalformedDocument extends Error {
  override readonly name: string = "MalformedDocument";
}

const START = "<xsbug>";
const END = "</xsbug>";
const CDATA_START = "<![CDATA[";
const CDATA_END = "]]>";

/** A break with every object open has some hundred kilobytes. */
export const MAXIMUM_DOCUMENT_LENGTH: number = 16 * 1_024 * 1_024;

/**
 * Cuts the stream of a machine into its documents, `\r\n<xsbug>...</xsbug>\r\n`, however it arrives.
 *
 * The dialect is fixed (xs/sources/xsDebug.c): no DOCTYPE, no comments, attributes in double quotes, character references in
 * decimal. XS writes names of functions as they are, so that `<`, `>` and `&` may stand in an attribute. What stands between
 * documents are processing instructions of serial2xsbug, and white space.
 */
export class DocumentReader {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #text = "";
  /** Nothing ends before here. */
  #scanned = 0;

  /**
   * @returns the documents that are complete now
   * @throws {MalformedDocument} then the rest of the stream has no meaning
   */
  read(bytes: Uint8Array): XMLElement[] {
    this.#text += this.#decoder.decode(bytes, { stream: true });
    const documents: XMLElement[] = [];
    for (let text = this.#next(); text !== undefined; text = this.#next())
      documents.push(parseDocument(text));
    return documents;
  }

  /** Whether the stream stands inside of a document. */
  get partial(): boolean {
    return this.#text.length > 0;
  }

  #next(): string | undefined {
    this.#skipBetween();
    const end = this.#findEnd();
    if (end < 0) {
      if (this.#text.length > MAXIMUM_DOCUMENT_LENGTH)
        throw new MalformedDocument(`a document is longer than ${MAXIMUM_DOCUMENT_LENGTH} characters`);
      return undefined;
    }
    const document = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    this.#scanned = 0;
    return document;
  }

  #skipBetween(): void {
    this.#text = this.#text.replace(/^(?:[\s\0]+|<\?[^>]*\?>)+/, "");
    const { length } = this.#text;
    const isStart = this.#text.startsWith(START) || START.startsWith(this.#text);
    const isInstruction = this.#text.startsWith("<?") && length < 256;
    if (!isStart && !isInstruction)
      throw new MalformedDocument(`this is no XS machine: it begins with ${excerpt(this.#text, 0)}`);
  }

  #findEnd(): number {
    for (;;) {
      const end = this.#text.indexOf(END, this.#scanned);
      const section = this.#text.indexOf(CDATA_START, this.#scanned);
      if (section >= 0 && (end < 0 || section < end)) {
        const close = this.#text.indexOf(CDATA_END, section);
        if (close < 0) return -1;
        this.#scanned = close + CDATA_END.length;
      } else if (end >= 0) return end + END.length;
      else {
        // Either mark may be cut in two.
        this.#scanned = Math.max(this.#scanned, this.#text.length - CDATA_START.length);
        return -1;
      }
    }
  }
}

interface OpenElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XMLElement[];
  text: string;
}

const NAME = "[A-Za-z_:][\\w.:-]*";
const TAG = new RegExp(`<(${NAME})((?:\\s+${NAME}\\s*=\\s*"[^"]*")*)\\s*(/?)>`, "y");
const ATTRIBUTE = new RegExp(`(${NAME})\\s*=\\s*"([^"]*)"`, "g");
const CLOSING_TAG = new RegExp(`</(${NAME})\\s*>`, "y");
const INSTRUCTION = /<\?[^>]*\?>/y;

/**
 * Reads one whole document.
 * @throws {MalformedDocument}
 */
export function parseDocument(source: string): XMLElement {
  return new DocumentParser(source).parse();
}

class DocumentParser {
  readonly #source: string;
  readonly #open: OpenElement[] = [];
  #offset = 0;
  #document: XMLElement | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): XMLElement {
    while (this.#offset < this.#source.length) {
      if (this.#document) this.#fail("text after the document");
      if (this.#source[this.#offset] !== "<") this.#readText();
      else this.#readMarkup();
    }
    return this.#document ?? this.#fail("the document does not end");
  }

  #readMarkup(): void {
    if (this.#source.startsWith(CDATA_START, this.#offset)) this.#readSection();
    else if (this.#source.startsWith("</", this.#offset))
      this.#close((this.#match(CLOSING_TAG) ?? this.#fail("not a tag"))[1]!);
    else if (!this.#match(INSTRUCTION)) this.#readTag();
  }

  #readTag(): void {
    const tag = this.#match(TAG) ?? this.#fail("not a tag");
    this.#open.push({ name: tag[1]!, attributes: readAttributes(tag[2]!), children: [], text: "" });
    if (tag[3]) this.#close(tag[1]!);
  }

  #readText(): void {
    const next = this.#source.indexOf("<", this.#offset);
    const end = next < 0 ? this.#source.length : next;
    this.#top().text += decodeReferences(this.#source.slice(this.#offset, end));
    this.#offset = end;
  }

  #readSection(): void {
    const start = this.#offset + CDATA_START.length;
    const end = this.#source.indexOf(CDATA_END, start);
    if (end < 0) this.#fail("a CDATA section does not end");
    this.#top().text += this.#source.slice(start, end);
    this.#offset = end + CDATA_END.length;
  }

  #close(name: string): void {
    const element = this.#open.pop();
    if (element?.name !== name) this.#fail(`</${name}> closes ${element ? `<${element.name}>` : "nothing"}`);
    const parent = this.#open.at(-1);
    if (parent) parent.children.push(element);
    else this.#document = element;
  }

  #top(): OpenElement {
    return this.#open.at(-1) ?? this.#fail("text outside of the document");
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#source);
    if (match) this.#offset = pattern.lastIndex;
    return match;
  }

  #fail(what: string): never {
    throw new MalformedDocument(
      `${what} at character ${this.#offset}: ${excerpt(this.#source, this.#offset)}`,
    );
  }
}

function readAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null);
  for (const match of text.matchAll(ATTRIBUTE)) attributes[match[1]!] = decodeReferences(match[2]!);
  return attributes;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** What is no reference stays as it is: XS does not escape everything. */
function decodeReferences(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|(\w{2,4}));/g,
    (whole, decimal, hexadecimal, entity) => {
      if (entity) return ENTITIES[entity] ?? whole;
      const code = decimal ? Number(decimal) : Number.parseInt(hexadecimal, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

function excerpt(text: string, offset: number): string {
  return JSON.stringify(text.slice(offset, offset + 40));
}
