import { describe, expect, it } from "vitest";
import { blank, exportsDefaultFunction, readImports } from "../../host-sim/manifest/module-source";
import { resolveSpecifier } from "../../host-sim/manifest/specifier";

describe("readImports", () => {
  it.each([
    ['import a from "./a";', "./a", false],
    ["import a from './a'", "./a", false],
    ['import "./a";', "./a", false],
    ['import a, { b, c as d } from "./a";', "./a", false],
    ['import * as a from "embedded:io/digital";', "embedded:io/digital", false],
    ['import {\n  a,\n  b,\n} from "./a";', "./a", false],
    ['import type a from "./a";', "./a", true],
    ['import type { a } from "./a";', "./a", true],
    ['import type, { a } from "./a";', "./a", false],
    ['import { type a } from "./a";', "./a", false],
    ['export * from "./a";', "./a", false],
    ['export { a } from "./a";', "./a", false],
    ['export type { a } from "./a";', "./a", true],
    ['import a from "./a" with { type: "json" };', "./a", false],
  ])("%j", (text, specifier, typeOnly) => {
    expect(readImports(text)).toEqual([{ specifier, line: 1, typeOnly, dynamic: false }]);
  });

  it("knows the line of each, comments and blank lines before them", () => {
    const text =
      '/*\n * import no from "no";\n */\nimport a from "a";\n\n// import no from "no";\nimport {\n  b,\n} from "b";\n';
    expect(readImports(text).map(({ specifier, line }) => [specifier, line])).toEqual([
      ["a", 4],
      ["b", 7],
    ]);
  });

  it("finds imports at run time", () => {
    expect(readImports('const a = 1;\nawait import("./a");')).toEqual([
      { specifier: "./a", line: 2, typeOnly: false, dynamic: true },
    ]);
  });

  it.each([
    'const text = "import a from \\"a\\";";',
    'const text = `\nimport a from "a";\n`;',
    'const pattern = /import a from "a"/;',
    'export const a = "from";',
    'export function from(a: "b"): void {}',
    'export interface A {\n  from: "a";\n}',
    "const a = b / c; // import x from 'x'\nconst d = e / f;",
  ])("%j imports nothing", (text) => {
    expect(readImports(text)).toEqual([]);
  });
});

describe("blank", () => {
  it("keeps every offset and line", () => {
    const text = 'const a = "x;y"; /* {\n} */ const b = `\nx`; // c\nconst d = 1 / 2 / 3;';
    expect(blank(text)).toHaveLength(text.length);
    expect(blank(text).split("\n")).toHaveLength(text.split("\n").length);
    expect(blank(text)).toContain("const d = 1 / 2 / 3;");
    expect(blank(text)).not.toContain("{");
  });
});

describe("exportsDefaultFunction", () => {
  it.each([
    ["export default function (): void {}", true],
    ["const a = 1;\n\nexport default function main(): void {}", true],
    ["// export default function (): void {}", false],
    ["export default class A {}", false],
    ["export function main(): void {}", false],
  ])("%j", (text, expected) => {
    expect(exportsDefaultFunction(text)).toBe(expected);
  });
});

describe("resolveSpecifier", () => {
  it.each([
    ["./packet-writer", "device/mqtt/session", "device/mqtt/packet-writer"],
    ["../mqtt/topic", "device/client/mqtt-client", "device/mqtt/topic"],
    ["../../client/reliable-client", "device/apps/light/main", "device/client/reliable-client"],
    ["./version-5/property", "device/mqtt/session", "device/mqtt/version-5/property"],
    ["timer", "device/client/mqtt-client", "timer"],
    ["embedded:io/socket/tcp", "device/apps/light/main", "embedded:io/socket/tcp"],
    ["./helper.js", "main", "helper"],
    ["../helper", "main", undefined],
    ["./../mqtt/topic", "device/client/mqtt-client", undefined],
    ["../mqtt/../mqtt/topic", "device/client/mqtt-client", undefined],
  ])("%s in %s is %s", (specifier, importer, expected) => {
    expect(resolveSpecifier(specifier, importer)).toBe(expected);
  });
});
