import { describe, expect, it } from "vitest";
import {
  DocumentReader,
  MAXIMUM_DOCUMENT_LENGTH,
  MalformedDocument,
  parseDocument,
} from "../../host-sim/xsbug/xml";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const STREAM = `\r\n<xsbug><login name="light &#38; co" value="XS"/></xsbug>\r\n\r\n<xsbug><log path="ü/a.ts" line="7">6 &#60; 7 &#128512;&#10;</log></xsbug>\r\n`;

describe("a stream of documents", () => {
  const whole = new DocumentReader().read(bytes(STREAM));

  it("is cut into its documents", () => {
    expect(whole).toHaveLength(2);
    expect(whole[0]?.children).toEqual([
      { name: "login", attributes: { name: "light & co", value: "XS" }, children: [], text: "" },
    ]);
    expect(whole[1]?.children[0]).toMatchObject({
      attributes: { path: "ü/a.ts", line: "7" },
      text: "6 < 7 😀\n",
    });
  });

  it.each([1, 2, 3, 5, 7, 11, 64, 256])("is the same in pieces of %i bytes", (length) => {
    const stream = bytes(STREAM);
    const reader = new DocumentReader();
    const documents = [];
    for (let offset = 0; offset < stream.length; offset += length)
      documents.push(...reader.read(stream.subarray(offset, offset + length)));
    expect(documents).toEqual(whole);
  });

  it("may be cut anywhere", () => {
    const stream = bytes(STREAM);
    for (let cut = 1; cut < stream.length; cut += 1) {
      const reader = new DocumentReader();
      expect([...reader.read(stream.subarray(0, cut)), ...reader.read(stream.subarray(cut))]).toEqual(whole);
    }
  });

  it("may have instructions of serial2xsbug and zeros between documents", () => {
    const reader = new DocumentReader();
    expect(reader.read(bytes("<?xs.20001000?>\0\r\n<xsbug><go/></xsbug><?xs.20"))).toHaveLength(1);
    expect(reader.read(bytes("001000?>\r\n<xsbug></xsbug>"))).toHaveLength(1);
    expect(reader.partial).toBe(false);
  });

  it("tells whether it has stopped inside of a document", () => {
    const reader = new DocumentReader();
    reader.read(bytes("\r\n<xsbug><log>half"));
    expect(reader.partial).toBe(true);
    reader.read(bytes("</log></xsbug>\r\n"));
    expect(reader.partial).toBe(false);
  });
});

describe("a document", () => {
  it("has its text as it is in CDATA, even what would end the document", () => {
    const reader = new DocumentReader();
    const source = "<xsbug><module><![CDATA[a < b && '</xsbug>']]></module></xsbug>";
    const cut = source.indexOf("</xsbug>") + 3;
    const documents = [...reader.read(bytes(source.slice(0, cut))), ...reader.read(bytes(source.slice(cut)))];
    expect(documents[0]?.children[0]?.text).toBe("a < b && '</xsbug>'");
  });

  it("may have the marks of XML in the names of functions, which XS does not escape", () => {
    const document = parseDocument('<xsbug><frame name="get a>b & <c>" value="@0027D850"/></xsbug>');
    expect(document.children[0]?.attributes.name).toBe("get a>b & <c>");
  });

  it("has references to characters by decimal and hexadecimal numbers and by name", () => {
    expect(parseDocument("<a>&#65;&#x42;&lt;&gt;&amp;&quot;&apos;</a>").text).toBe("AB<>&\"'");
  });

  it("keeps what only looks like a reference", () => {
    expect(parseDocument("<a>R&D; &#; &nbsp; &#9999999;</a>").text).toBe("R&D; &#; &nbsp; &#9999999;");
  });

  it("keeps attributes apart from what every object has", () => {
    expect(Object.keys(parseDocument('<a __proto__="1" constructor="2"/>').attributes)).toEqual([
      "__proto__",
      "constructor",
    ]);
    expect(parseDocument("<a/>").attributes.constructor).toBeUndefined();
  });
});

describe("malformed XML", () => {
  it.each([
    ["<xsbug><log>text</lag></xsbug>", '</lag> closes <log> at character 22: "</xsbug>"'],
    ["<xsbug><log name=unquoted/></xsbug>", 'not a tag at character 7: "<log name=unquoted/></xsbug>"'],
    ["<xsbug></ log></xsbug>", 'not a tag at character 7: "</ log></xsbug>"'],
    ["<xsbug><!DOCTYPE x></xsbug>", 'not a tag at character 7: "<!DOCTYPE x></xsbug>"'],
    ['<xsbug><a b="1" b></a></xsbug>', 'not a tag at character 7: "<a b=\\"1\\" b></a></xsbug>"'],
    ["<xsbug><log></xsbug>", '</xsbug> closes <log> at character 20: ""'],
  ])("%s is refused with what is wrong and where", (text, message) => {
    expect(() => new DocumentReader().read(bytes(text))).toThrow(new MalformedDocument(message));
  });

  it.each(["GET / HTTP/1.1\r\n", "\x16\x03\x01", "<html>", "noise <xsbug></xsbug>", "\r\n<xsbog>"])(
    "%j is no machine, and known at once",
    (text) => {
      expect(() => new DocumentReader().read(bytes(text))).toThrow(
        /^this is no XS machine: it begins with "/,
      );
    },
  );

  it("a document without an end is refused at a limit", () => {
    const reader = new DocumentReader();
    reader.read(bytes("<xsbug><log>"));
    expect(() => reader.read(new Uint8Array(MAXIMUM_DOCUMENT_LENGTH).fill(0x78))).toThrow(
      "is longer than 16777216",
    );
  });
});
