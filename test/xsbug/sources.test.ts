import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadFirmware } from "../../host-sim/firmware";
import { SourceMap, sourceMapReference } from "../../host-sim/xsbug/source-map";
import { Sources } from "../../host-sim/xsbug/sources";

const TYPESCRIPT = `interface Lamp {
  level: number;
}

// Comments and types are gone in what runs.
export function set(lamp: Lamp, level: number): void {
  if (level > 100)
    throw new RangeError("too large");

  lamp.level = level;
}
`;
const THROW = 8;
const ASSIGN = 10;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "thimble-sources-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(path: string, text: string): string {
  const file = join(directory, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function compile(sourcefile: string, sourcesContent: boolean = false): { code: string; map: string } {
  return transformSync(TYPESCRIPT, { loader: "ts", sourcemap: "external", sourcefile, sourcesContent });
}

function lineOf(code: string, text: string): number {
  return code.split("\n").findIndex((line) => line.includes(text)) + 1;
}

describe("a source map", () => {
  const { code, map } = compile("lamp.ts");
  const sourceMap = new SourceMap(map);

  it.each([
    ["throw", THROW],
    ["lamp.level = level", ASSIGN],
  ])("says where the line of `%s` comes from", (text, line) => {
    expect(sourceMap.original(lineOf(code, text))).toEqual({ source: "lamp.ts", line });
  });

  it("says what a line of the source has become", () => {
    expect(sourceMap.generated(0, THROW)).toContain(lineOf(code, "throw"));
    expect(sourceMap.generated(0, ASSIGN)).toEqual([lineOf(code, "lamp.level = level")]);
  });

  it("takes the next line that does something for one that does nothing", () => {
    expect(sourceMap.generated(0, ASSIGN - 1)).toEqual(sourceMap.generated(0, ASSIGN));
  });

  it("has nothing for lines below the last one", () => {
    expect(sourceMap.generated(0, 99)).toEqual([]);
  });

  it("may have negative and long distances", () => {
    // Column 0, source +1, line +1000; then source -1, line -994.
    const two = new SourceMap(JSON.stringify({ version: 3, sources: ["a", "b"], mappings: "ACw+BA;ADl+BA" }));
    expect([two.original(1), two.original(2)]).toEqual([
      { source: "b", line: 1_001 },
      { source: "a", line: 7 },
    ]);
  });

  it.each(["{}", "[]", "nothing", '{"version":3,"sources":[],"mappings":"!"}'])("is not %s", (json) => {
    expect(() => new SourceMap(json)).toThrow();
  });

  it("is found in the last comment of a module: in it, or in a file", () => {
    const base64 = Buffer.from("{}").toString("base64");
    const old = "//# sourceMappingURL=old.map\n";
    expect(sourceMapReference(`${old}//# sourceMappingURL=data:application/json;base64,${base64}\n`)).toEqual(
      {
        json: "{}",
      },
    );
    expect(sourceMapReference("//# sourceMappingURL=data:application/json,%7B%7D")).toEqual({ json: "{}" });
    expect(sourceMapReference(`${old}x();\n//# sourceMappingURL=a%20b.js.map`)).toEqual({
      file: "a b.js.map",
    });
    expect(sourceMapReference("x();")).toBeUndefined();
  });

  it("is what the modules of a firmware carry", async () => {
    const firmware = await loadFirmware("light");
    const module = firmware.modules.get("device/home/smart-light")!;
    const reference = sourceMapReference(module.code);
    const line = lineOf(module.code, "class SmartLight");
    const original = new SourceMap((reference as { json: string }).json).original(line);
    expect(original?.source).toContain("smart-light.ts");
  });
});

describe("a position in a program", () => {
  it("is what the map beside the module says, with the line of the source", () => {
    write("src/lamp.ts", TYPESCRIPT);
    const { code, map } = compile("../src/lamp.ts");
    write("out/lamp.js", `${code}//# sourceMappingURL=lamp.js.map\n`);
    write("out/lamp.js.map", map);
    const source = new Sources(directory, directory).locate({
      path: "out/lamp.js",
      line: lineOf(code, "throw"),
    });
    expect(source).toMatchObject({ file: "src/lamp.ts", line: THROW });
    expect(source.lines?.[THROW - 1]).toBe('    throw new RangeError("too large");');
  });

  it("is what the map in the module says, which may bring the source along", () => {
    const { code, map } = compile("elsewhere/lamp.ts", true);
    const file = write(
      "lamp.js",
      `${code}//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}\n`,
    );
    const source = new Sources(directory, directory).locate({ path: file, line: lineOf(code, "throw") });
    expect(source).toMatchObject({ file: "elsewhere/lamp.ts", line: THROW });
    expect(source.lines?.[THROW - 1]).toContain("throw new RangeError");
  });

  it("is itself where XS has read the map already, or there is none", () => {
    write("device/lamp.ts", TYPESCRIPT);
    const sources = new Sources(directory, directory);
    const expected = { file: "device/lamp.ts", line: THROW };
    expect(sources.locate({ path: "device/lamp.ts", line: THROW })).toMatchObject(expected);
    expect(sources.locate({ path: "device/lamp", line: THROW })).toMatchObject(expected);
  });

  it("of a program that was built elsewhere is in the file whose path ends most alike", () => {
    write("a/main.ts", "1");
    write("b/main.ts", "2");
    const sources = new Sources(directory, directory);
    expect(sources.locate({ path: "/home/ci/project/b/main.ts", line: 1 }).file).toBe("b/main.ts");
    expect(sources.locate({ path: "/home/ci/main.ts", line: 1 })).toEqual({
      ...{ file: "/home/ci/main.ts", line: 1, lines: undefined },
    });
  });

  it("stays as it is when a map cannot be read", () => {
    write("a.js", "x();\n//# sourceMappingURL=data:application/json,oops\n");
    expect(new Sources(directory, directory).locate({ path: "a.js", line: 1 })).toMatchObject({
      file: "a.js",
      line: 1,
    });
  });

  it("is found below the directory of the sources, and in modules that we have given to the machine", () => {
    write("project/src/lamp.ts", TYPESCRIPT);
    const sources = new Sources("project", directory);
    expect(sources.locate({ path: "src/lamp.ts", line: 1 }).file).toBe("project/src/lamp.ts");
    const { code, map } = compile(join(directory, "project/src/lamp.ts"));
    sources.provide("/t/lamp", map);
    expect(sources.locate({ path: "/t/lamp", line: lineOf(code, "throw") })).toMatchObject({
      ...{ file: "project/src/lamp.ts", line: THROW },
    });
  });
});

describe("a breakpoint of a person", () => {
  it("is set under every name that the program may have for its line", () => {
    const file = write("project/src/lamp.ts", TYPESCRIPT);
    const { code, map } = compile("../src/lamp.ts");
    const built = write("project/out/lamp.js", code);
    write("project/out/lamp.js.map", map);
    const points = new Sources("project", directory).breakpoints("project/src/lamp.ts", ASSIGN, []);
    const line = lineOf(code, "lamp.level = level");
    expect(points).toEqual([
      { path: "project/src/lamp.ts", line: ASSIGN },
      { path: "src/lamp.ts", line: ASSIGN },
      { path: file, line: ASSIGN },
      { path: "project/out/lamp.js", line },
      { path: built, line },
    ]);
  });

  it("is set under the paths that the program has named, if they end alike", () => {
    const known = ["/home/ci/device/lamp.ts", "/home/ci/device/clamp.ts", "/home/ci/lamp.ts"];
    expect(new Sources(directory, directory).breakpoints("device/lamp.ts", 3, known)).toEqual([
      { path: "/home/ci/device/lamp.ts", line: 3 },
      { path: "device/lamp.ts", line: 3 },
    ]);
  });
});
