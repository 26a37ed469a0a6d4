import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { base64, sha1 } from "../../device/client/transports/websocket/digest";
import { acceptOf, makeKey } from "../../device/client/transports/websocket/handshake";

const encoder = new TextEncoder();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test.each([
  ["", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
  ["abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
])("SHA-1 of %j is that of FIPS 180-4", (text, digest) => {
  expect(hex(sha1(encoder.encode(text)))).toBe(digest);
});

test("SHA-1 of any length up to four blocks is what node:crypto says", () => {
  for (let length = 0; length <= 256; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff);
    expect([length, hex(sha1(bytes))]).toEqual([length, createHash("sha1").update(bytes).digest("hex")]);
  }
});

test.each([
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
])("Base64 of %j is that of RFC 4648 section 10", (text, encoded) => {
  expect(base64(encoder.encode(text))).toBe(encoded);
});

test("Base64 takes all 256 byte values", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  expect(base64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
});

test("the answer to the key of RFC 6455 section 1.3 is the one that stands there", () => {
  expect(acceptOf("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("a key is 16 random bytes in Base64", () => {
  let seed = 0;
  const key = makeKey(() => seed++ / 16);
  expect([...Buffer.from(key, "base64")]).toEqual(Array.from({ length: 16 }, (_, index) => index * 16));
});
