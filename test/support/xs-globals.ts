/**
 * What XS has and Node has not. Device code may use it; unit tests under Node need it, and nothing more than it.
 */
import { inspect } from "node:util";

type Mutable = Record<string, unknown>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

(ArrayBuffer as unknown as Mutable).fromString = (text: string): ArrayBuffer =>
  encoder.encode(String(text)).buffer as ArrayBuffer;
(String as unknown as Mutable).fromArrayBuffer = (buffer: ArrayBuffer | Uint8Array): string =>
  decoder.decode(buffer);
(globalThis as unknown as Mutable).trace = (...parts: unknown[]): void => {
  if (process.env.TRACE)
    process.stderr.write(parts.map((part) => (typeof part === "string" ? part : inspect(part))).join(""));
};
