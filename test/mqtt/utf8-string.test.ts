import { afterEach, describe, expect, it } from "vitest";
import { INVALID_STRING } from "../../device/mqtt/mqtt-error";
import { decodeString, encodeBinary, encodeString, isValidUTF8 } from "../../device/mqtt/utf8-string";

/** Well-formed UTF-8 and its text; the limits of each length, from RFC 3629. */
const wellFormed: readonly [what: string, text: string, bytes: number[]][] = [
  ["no characters", "", []],
  ["ASCII", "home/temp", [0x68, 0x6f, 0x6d, 0x65, 0x2f, 0x74, 0x65, 0x6d, 0x70]],
  ["U+0001, a control character", "\u0001", [0x01]],
  ["U+007F", "\u007f", [0x7f]],
  ["U+0080, the first of two bytes", "\u0080", [0xc2, 0x80]],
  ["U+07FF, the last of two bytes", "\u07ff", [0xdf, 0xbf]],
  ["U+0800, the first of three bytes", "\u0800", [0xe0, 0xa0, 0x80]],
  ["U+D7FF, before the surrogates", "\ud7ff", [0xed, 0x9f, 0xbf]],
  ["U+E000, after the surrogates", "\ue000", [0xee, 0x80, 0x80]],
  ["U+FEFF, kept where it stands", "\ufeffa\ufeff", [0xef, 0xbb, 0xbf, 0x61, 0xef, 0xbb, 0xbf]],
  ["U+FFFD, a character like others", "\ufffd", [0xef, 0xbf, 0xbd]],
  ["the noncharacters U+FDD0 and U+FFFF", "\ufdd0\uffff", [0xef, 0xb7, 0x90, 0xef, 0xbf, 0xbf]],
  ["U+10000, the first of four bytes", "\u{10000}", [0xf0, 0x90, 0x80, 0x80]],
  ["U+10FFFF, the last", "\u{10ffff}", [0xf4, 0x8f, 0xbf, 0xbf]],
];

const illFormed: readonly [what: string, bytes: number[]][] = [
  ["a continuation byte alone", [0x80]],
  ["two continuation bytes", [0xbf, 0xbf]],
  ["an overlong slash of two bytes", [0xc0, 0xaf]],
  ["an overlong U+0000 of two bytes", [0xc0, 0x80]],
  ["an overlong U+007F of two bytes", [0xc1, 0xbf]],
  ["an overlong slash of three bytes", [0xe0, 0x80, 0xaf]],
  ["an overlong U+07FF of three bytes", [0xe0, 0x9f, 0xbf]],
  ["an overlong slash of four bytes", [0xf0, 0x80, 0x80, 0xaf]],
  ["an overlong U+FFFF of four bytes", [0xf0, 0x8f, 0xbf, 0xbf]],
  ["the first surrogate, U+D800", [0xed, 0xa0, 0x80]],
  ["the last surrogate, U+DFFF", [0xed, 0xbf, 0xbf]],
  ["a pair of surrogates", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ["U+110000, past the last", [0xf4, 0x90, 0x80, 0x80]],
  ["a first byte of four that does not exist", [0xf5, 0x80, 0x80, 0x80]],
  ["a first byte of five", [0xf9, 0x80, 0x80, 0x80]],
  ["0xff", [0xff]],
  ["two bytes, the second missing", [0xc3]],
  ["three bytes, the third missing", [0xe6, 0xb0]],
  ["four bytes, the fourth missing", [0xf0, 0x9f, 0x98]],
  ["two bytes, the second ASCII", [0xc3, 0x28]],
  ["three bytes, the second ASCII", [0xe6, 0x28, 0xb4]],
  ["three bytes of E0, the second past the range", [0xe0, 0xc0, 0x80]],
  ["three bytes of ED, the second before the range", [0xed, 0x7f, 0x80]],
  ["three bytes, the third a first byte", [0xe6, 0xb0, 0xc3]],
  ["four bytes of F0, the second past the range", [0xf0, 0xc0, 0x80, 0x80]],
  ["four bytes of F4, the second before the range", [0xf4, 0x7f, 0x80, 0x80]],
  ["four bytes, the fourth ASCII", [0xf1, 0x9f, 0x98, 0x41]],
];

/** Runs under what a browser has, then under what XS has. */
const engines: readonly [name: string, remove: () => void][] = [
  ["with the functions of XS", () => {}],
  [
    "with TextEncoder and TextDecoder only",
    () => {
      delete (ArrayBuffer as Partial<ArrayBufferConstructor>).fromString;
      delete (String as Partial<StringConstructor>).fromArrayBuffer;
    },
  ],
];
const { fromString } = ArrayBuffer;
const { fromArrayBuffer } = String;

afterEach(() => {
  ArrayBuffer.fromString = fromString;
  String.fromArrayBuffer = fromArrayBuffer;
});

for (const [engine, prepare] of engines)
  describe(engine, () => {
    for (const [what, text, bytes] of wellFormed) {
      it(`[MQTT-1.5.3-3] encodes and decodes ${what}`, () => {
        prepare();
        const encoded = encodeString(text);
        expect([...encoded]).toEqual([0, bytes.length, ...bytes]);
        expect(decodeString(encoded, 2, encoded.length)).toBe(text);
      });
    }

    it("decodes from the middle of a view of a buffer", () => {
      prepare();
      const memory = Uint8Array.of(1, 2, 3, 0x61, 0xc3, 0xbc, 0x62);
      expect(decodeString(memory.subarray(2), 1, 4)).toBe("aü");
    });

    it.each(["\ud800", "a\udfff", "\ud83d", "\udc00\ud800", "\ufffd\ud800"])(
      "[MQTT-1.5.3-1] refuses to encode an unpaired surrogate (%j)",
      (text) => {
        prepare();
        const refusal = { code: INVALID_STRING, message: "text has an unpaired surrogate" };
        expect(() => encodeString(text)).toThrow(expect.objectContaining(refusal));
        expect(() => encodeBinary(text)).toThrow(expect.objectContaining(refusal));
      },
    );
  });

it("[MQTT-1.5.3-1] refuses what XS makes of an unpaired surrogate", () => {
  // XS: three bytes, which are no UTF-8.
  ArrayBuffer.fromString = () => Uint8Array.of(0xed, 0xa0, 0x80).buffer;
  expect(() => encodeString("\ud800")).toThrow(expect.objectContaining({ code: INVALID_STRING }));
});

it("takes back what XS makes of U+0000, in text and in binary fields", () => {
  for (const text of ["a\0b\0", "\0a"]) {
    const codes = Array.from(text, (character) => character.charCodeAt(0));
    ArrayBuffer.fromString = () =>
      Uint8Array.from(codes.flatMap((code) => (code === 0 ? [0xc0, 0x80] : code))).buffer;
    expect([...encodeBinary(text)]).toEqual([0, codes.length, ...codes]);
    expect(() => encodeString(text)).toThrow("text has U+0000");
  }
});

it.each(["\0", "a\0b", "ab\0"])("[MQTT-1.5.3-2] refuses to encode U+0000 (%j)", (text) => {
  expect(() => encodeString(text)).toThrow(
    expect.objectContaining({ code: INVALID_STRING, message: "text has U+0000" }),
  );
});

it("encodes 65,535 bytes and refuses one more, counting bytes and not characters", () => {
  const longest = encodeString(`${"é".repeat(32_767)}a`);
  expect([longest.length, longest[0], longest[1]]).toEqual([65_537, 0xff, 0xff]);
  expect(() => encodeString("é".repeat(32_768))).toThrow(
    expect.objectContaining({ code: INVALID_STRING, message: "65536 bytes are over 65535" }),
  );
  expect(() => encodeBinary(new Uint8Array(65_536))).toThrow(
    expect.objectContaining({ code: INVALID_STRING }),
  );
});

it("a binary field takes bytes as they are, zero among them, and text as UTF-8", () => {
  expect([...encodeBinary(Uint8Array.of(0, 255))]).toEqual([0, 2, 0, 255]);
  expect([...encodeBinary(Uint8Array.of(9, 1, 2, 9).subarray(1, 3))]).toEqual([0, 2, 1, 2]);
  expect([...encodeBinary(Uint8Array.of(7).buffer)]).toEqual([0, 1, 7]);
  expect([...encodeBinary("\0ü")]).toEqual([0, 3, 0, 0xc3, 0xbc]);
  expect([...encodeBinary("")]).toEqual([0, 0]);
});

it("a binary field is a copy", () => {
  const data = Uint8Array.of(1);
  const encoded = encodeBinary(data);
  data[0] = 2;
  expect([...encoded]).toEqual([0, 1, 1]);
});

for (const [what, , bytes] of wellFormed)
  it(`${what}: is valid UTF-8`, () => {
    const memory = Uint8Array.from([0xff, ...bytes, 0x80]);
    expect(isValidUTF8(memory, 1, 1 + bytes.length)).toBe(true);
  });

for (const [what, bytes] of illFormed)
  it(`[MQTT-1.5.3-1] ${what}: is no valid UTF-8`, () => {
    // What follows must not complete it.
    const memory = Uint8Array.from([0x61, ...bytes, 0x80, 0x80]);
    expect(isValidUTF8(memory, 0, 1 + bytes.length)).toBe(false);
  });
