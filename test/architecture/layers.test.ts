import { describe, expect, it } from "vitest";
import { filesTooLong } from "./file-length";
import { cycles, forbiddenEdges } from "./layers";
import { mutableModuleState } from "./module-state";
import { print, readSourceTree } from "./source-tree";

const sources = readSourceTree("device", "host-sim", "manifests");
const everything = new Map([...sources, ...readSourceTree("test")]);
const device = readSourceTree("device");

function tree(files: Record<string, string>): ReadonlyMap<string, string> {
  return new Map(Object.entries(files));
}

describe("layers", () => {
  it("no file imports what its layer must not", () => {
    expect(print(forbiddenEdges(sources))).toBe("");
  });

  it("an import of device/mqtt from outside itself is found, with file and line", () => {
    const fixture = tree({
      "device/mqtt/topic.ts":
        'import { encodeString } from "./utf8-string";\n\nimport Timer from "timer";\nimport { latest } from "../client/delivery";\n',
      "device/mqtt/utf8-string.ts": "",
      "device/client/delivery.ts": "",
    });
    expect(print(forbiddenEdges(fixture))).toBe(
      "device/mqtt/topic.ts:3: device/mqtt/ must not import timer\n" +
        "device/mqtt/topic.ts:4: device/mqtt/ must not import device/client/delivery.ts",
    );
  });

  it.each([
    [
      "device/mqtt/a.ts",
      'import type TCP from "embedded:io/socket/tcp";',
      "the type of embedded:io/socket/tcp",
    ],
    ["device/mqtt/a.ts", 'import { readFileSync } from "node:fs";', "node:fs"],
    [
      "device/mqtt/a.ts",
      'import { property } from "./version-5/property";',
      "device/mqtt/version-5/property",
    ],
    [
      "device/client/a.ts",
      'import { property } from "../mqtt/version-5/property";',
      "device/mqtt/version-5/property",
    ],
    ["device/client/a.ts", 'import TCP from "embedded:io/socket/tcp";', "embedded:io/socket/tcp"],
    ["device/client/a.ts", 'import { connect } from "mqtt";', "mqtt"],
    ["device/drivers/pir/a.ts", 'import Timer from "timer";', "timer"],
    ["device/drivers/pir/a.ts", 'export * from "../../home/topics";', "device/home/topics"],
    ["device/home/a.ts", 'import { LATEST } from "../client/delivery";', "device/client/delivery"],
    ["device/home/a.ts", 'import {\n  LATEST,\n} from "../client/delivery";', "device/client/delivery"],
    ["device/home/a.ts", 'import device from "embedded:provider/builtin";', "embedded:provider/builtin"],
    [
      "device/apps/light/main.ts",
      'import { house } from "../../../host-sim/home/house";',
      "host-sim/home/house",
    ],
    ["device/apps/light/main.ts", 'import "../../../test/support/xs-globals";', "test/support/xs-globals"],
    ["device/home/a.ts", 'const topics = await import("./topics");', "at run time device/home/topics"],
    ["host-sim/board/a.ts", 'await import("../home/house");', "host-sim/home/house"],
    ["host-sim/board/board.ts", 'import { House } from "../home/house";', "host-sim/home/house"],
    ["host-sim/board/board.ts", 'import { setTimeout } from "node:timers";', "node:timers"],
    ["host-sim/clock/virtual-clock.ts", 'import { setTimeout } from "node:timers";', "node:timers"],
    [
      "host-sim/network/link.ts",
      'import type { House } from "../home/house";',
      "the type of host-sim/home/house",
    ],
    ["host-sim/embedded/timer.ts", 'import { run } from "../device-process";', "host-sim/device-process"],
    ["host-sim/home/house.ts", 'import { cli } from "../cli";', "host-sim/cli"],
  ])("%s must not say %s", (file, text, target) => {
    const found = forbiddenEdges(tree({ [file]: text }));
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toMatch(new RegExp(`must not import ${target}$`));
  });

  it.each([
    ["device/client/a.ts", 'import Timer from "timer";\nimport { matches } from "../mqtt/topic";'],
    ["device/client/a.ts", 'import type TCP from "embedded:io/socket/tcp";'],
    ["device/drivers/pir/pir.ts", 'import type { Digital } from "embedded:io/digital";'],
    ["device/home/a.ts", 'import type ReliableClient from "../client/reliable-client";'],
    [
      "device/apps/light/main.ts",
      'import device from "embedded:provider/builtin";\nimport config from "mc/config";',
    ],
    ["device/mqtt/a.ts", '// import x from "node:fs";\nconst text = `import x from "node:fs";`;'],
    ["host-sim/home/broker.ts", 'import { Aedes } from "aedes";\nimport { createServer } from "node:net";'],
  ])("%s may say %s", (file, text) => {
    expect(print(forbiddenEdges(tree({ [file]: text })))).toBe("");
  });
});

describe("circles", () => {
  it("no file imports itself, not even the long way round", () => {
    expect(print(cycles(everything))).toBe("");
  });

  it("a type that points back closes no circle", () => {
    const fixture = tree({
      "device/mqtt/a.ts": 'import { b } from "./b";',
      "device/mqtt/b.ts": 'import type { A } from "./a";',
    });
    expect(print(cycles(fixture))).toBe("");
  });

  it("a circle is named, with the line that closes it", () => {
    const fixture = tree({
      "device/mqtt/a.ts": 'import { b } from "./b";',
      "device/mqtt/b.ts": '\nimport { c } from "./c";',
      "device/mqtt/c.ts": '\n\nimport { a } from "./a";',
    });
    expect(print(cycles(fixture))).toBe(
      "device/mqtt/c.ts:3: closes a circle: device/mqtt/a.ts -> device/mqtt/b.ts -> device/mqtt/c.ts -> device/mqtt/a.ts",
    );
  });
});

describe("file length", () => {
  it("no file is over 400 lines without a written reason", () => {
    expect(print(filesTooLong(everything))).toBe("");
  });

  it("a file of 401 lines needs a reason in its first ten lines", () => {
    const long = "// line\n".repeat(401);
    expect(filesTooLong(tree({ "device/mqtt/a.ts": "// line\n".repeat(400) }))).toEqual([]);
    expect(filesTooLong(tree({ "device/mqtt/a.ts": long }))).toHaveLength(1);
    expect(
      filesTooLong(tree({ "device/mqtt/a.ts": `// Over 400 lines because of the table.\n${long}` })),
    ).toEqual([]);
    expect(filesTooLong(tree({ "device/mqtt/a.ts": `// Over 400 lines because\n${long}` }))).toHaveLength(1);
  });
});

describe("module state", () => {
  it("no device module has state that preloading would freeze", () => {
    expect(print(mutableModuleState(device))).toBe("");
  });

  it.each([
    ["let count = 0;", "let count"],
    ["export let count: number = 0;", "let count"],
    ["const scratch = new Uint8Array(4);", "Uint8Array"],
    ["const scratch: Uint8Array = Uint8Array.of(1, 2);", "Uint8Array"],
    ["const seen: Map<string, () => void> = new Map();", "Map"],
    ["export const seen = new Set<number>();", "Set"],
    ["const table = [1, 2, 3];", "not frozen"],
    ["const table: Record<string, number> = {\n  a: 1,\n};", "not frozen"],
    ["class A {\n  static count = 0;\n}", "static count"],
    [
      "export default class A extends B {\n  #x = 1;\n  static readonly cache = new Map();\n}",
      "static cache",
    ],
    ["class A {\n  static #shared: A | undefined;\n}", "static #shared"],
    ["function f() { return 1; }\nlet late = f();", "let late"],
    [
      'class A extends Error {\n  constructor() {\n    super();\n    this.name = "A";\n  }\n}',
      "frozen prototype",
    ],
  ])("%j is found", (text, message) => {
    const found = mutableModuleState(tree({ "device/mqtt/a.ts": text }));
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toContain(message);
  });

  it.each([
    "export const PUBLISH = 3;",
    "const table: readonly number[] = Object.freeze([1, 2, 3]);",
    "const table = Object.freeze({ a: 1 }, true);",
    "function f(): number {\n  let x = 0;\n  const buffer = new Uint8Array(4);\n  return x + buffer.length;\n}",
    "export default class A {\n  static readonly CONNECT = 1;\n  static make(): A {\n    let a = new A();\n    return a;\n  }\n}",
    'class A extends Error {\n  override get name(): string {\n    return "A";\n  }\n}',
    'class A {\n  constructor() {\n    this.name = "A";\n  }\n}',
    "class A {\n  readonly buffer: Uint8Array = new Uint8Array(4);\n}",
    "const compare = (a: number, b: number): boolean => a <= b;",
    "export type Row = { a: number };\ninterface B {\n  c: Map<string, number>;\n}",
  ])("%j is fine", (text) => {
    expect(print(mutableModuleState(tree({ "device/mqtt/a.ts": text })))).toBe("");
  });
});
