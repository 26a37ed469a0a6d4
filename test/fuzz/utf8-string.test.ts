import fc from "fast-check";
import { expect, it } from "vitest";
import { INVALID_STRING, MQTTError } from "../../device/mqtt/mqtt-error";
import { decodeString, encodeString, isValidUTF8 } from "../../device/mqtt/utf8-string";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodes(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Bytes on both sides of every range that the rules of UTF-8 tell apart. */
const edges: readonly number[] = [
  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
  0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
];

it("[MQTT-1.5.3-1] agrees with the engine's decoder about any bytes", () => {
  const byte = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 8 }), (bytes) => {
      const memory = Uint8Array.from([0x80, ...bytes, 0x80]);
      return isValidUTF8(memory, 1, 1 + bytes.length) === decodes(Uint8Array.from(bytes));
    }),
    { seed: 153, numRuns: 5000 },
  );
});

it("[MQTT-1.5.3-1] agrees with the engine's decoder about every sequence of three edges", () => {
  for (let index = 0; index < edges.length ** 3; index++) {
    const bytes = Uint8Array.of(
      edges[index % edges.length]!,
      edges[Math.floor(index / edges.length) % edges.length]!,
      edges[Math.floor(index / edges.length ** 2)]!,
    );
    if (isValidUTF8(bytes, 0, 3) !== decodes(bytes)) expect.unreachable(String(bytes));
  }
});

it("text comes back as it went, or is refused with INVALID_STRING", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      // Not isWellFormed: encodeURIComponent throws on unpaired surrogates in every engine.
      let wellFormed = !text.includes("\0");
      try {
        encodeURIComponent(text);
      } catch {
        wellFormed = false;
      }
      try {
        const bytes = encodeString(text);
        return wellFormed && decodeString(bytes, 2, bytes.length) === text;
      } catch (error) {
        return !wellFormed && (error as MQTTError).code === INVALID_STRING;
      }
    }),
    { seed: 1, numRuns: 2000 },
  );
});

it("any code units come back as they went, or are refused with INVALID_STRING", () => {
  const unit = fc.oneof(fc.integer({ min: 0xd700, max: 0xe0ff }), fc.integer({ min: 1, max: 0xffff }));
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 6 }), (units) => {
      const text = String.fromCharCode(...units);
      try {
        const bytes = encodeString(text);
        return decodeString(bytes, 2, bytes.length) === text;
      } catch (error) {
        expect(error).toBeInstanceOf(MQTTError);
        return /[\ud800-\udfff]/u.test(text);
      }
    }),
    { seed: 2, numRuns: 3000 },
  );
});
