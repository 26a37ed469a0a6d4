/** Modules that only test files in XS see. */
export const TEST_MODULES: Readonly<Record<string, string>> = {
  /**
   * Device modules are preloaded and import `timer`; the virtual clock behind it belongs to the test file. So the module in
   * flash passes on to what each machine installs.
   */
  timer: `let timer;
export function install(implementation) { timer = implementation; }
export default Object.freeze({
  set: (callback, interval, repeat) => timer.set(callback, interval, repeat),
  repeat: (callback, interval) => timer.repeat(callback, interval),
  schedule: (one, interval, repeat) => timer.schedule(one, interval, repeat),
  clear: (one) => timer.clear(one),
  delay: (milliseconds) => timer.delay(milliseconds),
});
`,
  /** Preloaded first. XS 13.3 leaves the items of Array.from({ length }) without their index, so that keys() and equality fail. */
  "test-repairs": `const { from } = Array;
Array.from = function (source, map, self) {
  if (source?.[Symbol.iterator]) return map ? from.call(this, source, map, self) : from.call(this, source);
  const list = [];
  for (let index = 0; index < source.length; index += 1) list.push(map ? map.call(self, source[index], index) : source[index]);
  return list;
};
`,
  "test-timer": `import { install } from "timer";
import Timer from "test/support/timer";
install(Timer);
`,
  /** XS has these built in. */
  "test/support/xs-globals": "",
  "test-globals": `export class TextEncoder {
  encode(text = "") {
    const bytes = new Uint8Array(ArrayBuffer.fromString(String(text)));
    // XS ends strings with a zero byte and has U+0000 in them as C0 80.
    let length = 0;
    for (let index = 0; index < bytes.length; index += 1, length += 1) {
      const isZero = bytes[index] === 0xc0;
      bytes[length] = isZero ? 0 : bytes[index];
      if (isZero) index += 1;
    }
    return bytes.slice(0, length);
  }
}
export class TextDecoder {
  decode(bytes) {
    const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes);
    return String.fromArrayBuffer(buffer.slice(byteOffset, byteOffset + byteLength));
  }
}
`,
};
