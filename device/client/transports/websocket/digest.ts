/*
 * What the opening handshake of a WebSocket needs: SHA-1 (FIPS 180-4) of a short text, and Base64 (RFC 4648 section 4). SHA-1
 * proves here that the answer comes from a WebSocket server; nothing is kept secret by it (RFC 6455 section 10.8).
 */

const BLOCK = 64;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The 20 bytes of the digest of at most 8,191. */
export function sha1(message: Uint8Array): Uint8Array {
  const state = Int32Array.of(0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0);
  const padded = pad(message);
  for (let offset = 0; offset < padded.length; offset += BLOCK)
    digestBlock(
      state,
      Int32Array.from({ length: 16 }, (_, index) => bigEndian(padded, offset + 4 * index)),
    );
  return Uint8Array.from({ length: 20 }, (_, index) => state[index >> 2]! >> (24 - 8 * (index & 3)));
}

/** A bit 1, zeros, and the length in bits, so that whole blocks result. Of the length's 8 bytes 2 are enough here. */
function pad(message: Uint8Array): Uint8Array {
  const { length } = message;
  const padded = new Uint8Array(Math.ceil((length + 9) / BLOCK) * BLOCK);
  padded.set(message);
  padded[length] = 0x80;
  padded[padded.length - 2] = length >> 5;
  padded[padded.length - 1] = length << 3;
  return padded;
}

function bigEndian(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
}

function digestBlock(state: Int32Array, words: Int32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  for (let round = 0; round < 80; round++) {
    const next = (rotate(a, 5) + mix(round, b, c, d) + e + schedule(words, round)) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
  state[4] = state[4]! + e;
}

function rotate(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

/** The function and the constant of a round (FIPS 180-4 sections 4.1.1 and 4.2.1). */
function mix(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

/** The word of a round: the message's own first, then one made of those, in the place of the oldest. */
function schedule(words: Int32Array, round: number): number {
  const place = round & 15;
  if (round >= 16) {
    const mixed = words[(round + 13) & 15]! ^ words[place ^ 8]! ^ words[(round + 2) & 15]! ^ words[place]!;
    words[place] = rotate(mixed, 1);
  }
  return words[place]!;
}

/** Base64 with padding. */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const second = bytes[index + 1];
    const third = bytes[index + 2];
    const group = (bytes[index]! << 16) | ((second ?? 0) << 8) | (third ?? 0);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    text += second === undefined ? "=" : ALPHABET.charAt((group >> 6) & 63);
    text += third === undefined ? "=" : ALPHABET.charAt(group & 63);
  }
  return text;
}
