import { describe, expect, it } from "vitest";
import { commands, ON_EXCEPTIONS, ON_START, readMessages } from "../../host-sim/xsbug/protocol";
import { parseDocument } from "../../host-sim/xsbug/xml";

const messages = (content: string): unknown[] => readMessages(parseDocument(`<xsbug>${content}</xsbug>`));

describe("what a machine says", () => {
  it.each([
    ['<login name="app" value="XS"/>', { kind: "login", name: "app", version: "XS", flags: "" }],
    [
      '<login name="app" value="XS 17.9.1 64-bit LE 32-bit ID" flags="e"/>',
      { kind: "login", name: "app", version: "XS 17.9.1 64-bit LE 32-bit ID", flags: "e" },
    ],
    ["<log>text&#10;</log>", { kind: "log", position: undefined, text: "text\n" }],
    ['<log path="a" line="3">x</log>', { kind: "log", position: { path: "a", line: 3 }, text: "x" }],
    [
      '<break path="main.js" line="4"># Break: throw!\n</break>',
      { kind: "break", position: { path: "main.js", line: 4 }, text: "# Break: throw!\n" },
    ],
    ["<samples>12,16384,480</samples>", { kind: "samples", values: [12, 16_384, 480] }],
    [
      '<instruments><instrument name="Chunk used" value=" / "/></instruments>',
      { kind: "instruments", instruments: [{ name: "Chunk used", unit: " / " }] },
    ],
    [
      '<bubble name="test262" value="2">&#62;</bubble>',
      { kind: "bubble", conversation: "test262", flags: 2, text: ">" },
    ],
    ['<import path="/t/a.js"/>', { kind: "import", path: "/t/a.js" }],
    ['<eval path="#1">1+1</eval>', { kind: "source", path: "#1", text: "1+1" }],
    ['<result line="0"># Error: no</result>', { kind: "result", properties: [], text: "# Error: no" }],
  ])("%s", (content, message) => {
    expect(messages(content)).toEqual([message]);
  });

  it("a stop is frames, locals, globals, modules and the reason in one document", () => {
    const kinds = messages(
      '<frames><frame name="f" value="@1" path="a" line="2"/><frame name="(host)" value="@2"/></frames>' +
        '<local name="f" value="@1" path="a" line="2"><property flags="-cew_" name="o" value="@3"><property flags=" cew_" name="x" value="\'1\'"/></property></local>' +
        '<global/><grammar><node flags="+CeWM" name="a" value="@4"/></grammar><break path="a" line="2"># Break: step!\n</break>',
    );
    expect(kinds).toEqual([
      {
        kind: "frames",
        frames: [
          { name: "f", id: "@1", position: { path: "a", line: 2 } },
          { name: "(host)", id: "@2", position: undefined },
        ],
      },
      {
        kind: "local",
        frame: { name: "f", id: "@1", position: { path: "a", line: 2 } },
        properties: [
          {
            ...{ name: "o", value: "@3", state: "-" },
            properties: [{ name: "x", value: "'1'", state: " ", properties: [] }],
          },
        ],
      },
      { kind: "global", properties: [] },
      { kind: "modules", modules: [{ name: "a", value: "@4", state: "+", properties: [] }] },
      { kind: "break", position: { path: "a", line: 2 }, text: "# Break: step!\n" },
    ]);
  });

  it("profiles, and what machines may add, are left out", () => {
    expect(messages('<pr name="f" value="3"/><ps>1,2</ps><pt name="start" value="@1"/><new/>')).toEqual([]);
  });
});

describe("what a debugger says", () => {
  const point = { path: "device/home/a.ts", line: 12 };

  it.each([
    [commands.go(), "\r\n<go/>\r\n"],
    [commands.step(), "\r\n<step/>\r\n"],
    [commands.stepInside(), "\r\n<step-inside/>\r\n"],
    [commands.stepOutside(), "\r\n<step-outside/>\r\n"],
    [commands.abort(), "\r\n<abort/>\r\n"],
    [commands.logout(), "\r\n<logout/>\r\n"],
    [commands.select("@0027D850"), '\r\n<select id="@0027D850"/>\r\n'],
    [commands.toggle("@0027D850"), '\r\n<toggle id="@0027D850"/>\r\n'],
    [commands.setBreakpoint(point), '\r\n<set-breakpoint path="device/home/a.ts" line="12"/>\r\n'],
    [
      commands.clearBreakpoint(point),
      '\r\n<clear-breakpoint path="device/home/a.ts" line="12" id="@0"/>\r\n',
    ],
    [
      commands.setAllBreakpoints([ON_EXCEPTIONS, ON_START, point]),
      '\r\n<set-all-breakpoints><breakpoint path="exceptions" line="0"/><breakpoint path="start" line="0"/><breakpoint path="device/home/a.ts" line="12"/></set-all-breakpoints>\r\n',
    ],
    [commands.import("/t/a.js", true), '\r\n<import path="/t/a.js" line="1"/>\r\n'],
    [commands.evaluate("@1", "0AFF"), '\r\n<eval id="@1" path="0AFF" line="0"/>\r\n'],
    [
      commands.module("/t/a.js", "a < b;"),
      '\r\n<module path="/t/a.js" line="0"><![CDATA[a < b;\n]]></module>\r\n',
    ],
  ])("%j", (text, bytes) => {
    expect(text).toBe(bytes);
  });

  it("a source is sent so that XS reads all of it: its reader knows no other end than ]]>", () => {
    const text = commands.module("/a.js", 'const end = "]]>"; const list = [[1]]');
    expect(text.indexOf("]]>")).toBe(text.indexOf("\n]]></module>") + 1);
    expect(text).toContain('const end = "]]\\x3e"');
  });

  it("a path that XS could not read is refused", () => {
    expect(() => commands.setBreakpoint({ path: 'a".ts', line: 1 })).toThrow(RangeError);
    expect(() => commands.setBreakpoint({ path: "ü".repeat(128), line: 1 })).toThrow("at most 255 bytes");
  });
});
