import { afterEach, describe, expect, it } from "vitest";
import { type FakeFrame, FakeMachine } from "./support/fake-machine";
import { type Session, startSession } from "./support/session";

const HOME = "test/xsbug/support/home.ts";
const LIST = {
  ...{
    name: "list",
    properties: [
      { name: "(..)", properties: [] },
      { name: "(array)", value: "3 items" },
    ],
  },
};
const FRAMES: readonly FakeFrame[] = [
  {
    ...{ name: "measure", path: HOME, line: 30 },
    locals: [
      {
        name: "this",
        properties: [
          {
            name: "(..)",
            properties: [
              { name: "get busy", properties: [{ name: "(function)", value: "(XS code)" }] },
              { name: "kind", value: "'sensor'" },
            ],
          },
          { name: "name", value: "'kitchen'" },
          {
            name: "(Sensor)",
            properties: [
              { name: "#reads", value: "3" },
              { name: "#parts", properties: [LIST] },
            ],
          },
        ],
      },
      { name: "level", value: "200" },
      { name: "text", value: "'it's \"warm\"'" },
      { name: "nothing", value: "undefined" },
      { name: "big", value: "-0x1FFn" },
      { name: "set", properties: [{ name: "(function)", value: "(XS code)" }] },
      {
        name: "values",
        properties: [
          ...LIST.properties,
          ...[1, 2].map((value, index) => ({ name: `[${index}]`, value: String(value) })),
          { name: "[2]", properties: [{ name: "three", value: "true" }] },
        ],
      },
    ],
  },
  { name: "start", path: "main.js", line: 7, locals: [{ name: "count", value: "1" }] },
  { name: "(host)" },
];

let session: Session;
afterEach(() => session?.close());

/** What commands answer at a stop. */
async function answers(...script: string[]): Promise<string> {
  session = await startSession({ script: [...script, "go"].join("\n") });
  const machine = await FakeMachine.connect(session.port, "light");
  await machine.next("set-all-breakpoints");
  machine.break("breakpoint", FRAMES);
  await machine.next("go");
  const [, ...rest] = session.output.split(/^xsbug> /m);
  expect(rest.pop()).toBe("go\n");
  return rest.map((answer) => answer.slice(answer.indexOf("\n") + 1).trimEnd()).join("\n");
}

describe("eval", () => {
  it.each([
    ["level", "200"],
    ["level * 2 + 1", "401"],
    ["level > 100 && !nothing", "true"],
    ["text", '"it\'s \\"warm\\""'],
    ["text.length", "11"],
    ["text.toUpperCase()", '"IT\'S \\"WARM\\""'],
    ["big", "-0x1FFn"],
    ["big + 1n", "-510"],
    ["nothing ?? 'none'", '"none"'],
    ["this.name", '"kitchen"'],
    ["this['name'] + level", '"kitchen200"'],
    ["this.#reads - 1", "2"],
    ["this", 'Sensor { name: "kitchen", #reads: 3, #parts: {…} }'],
    ["values", "[1, 2, {…}]"],
    ["values[1] === 2", "true"],
    ["values[2].three", "true"],
    ["values.length", "3"],
    ["values?.length", "3"],
    ["this.missing", "undefined"],
    ["this.kind", '"sensor"'],
    ["Math.max(level, 300)", "300"],
    ["typeof level", '"number"'],
    ["set", "function"],
  ])("%s is %s, read from the machine", async (expression, value) => {
    expect(await answers(`eval ${expression}`)).toBe(`  ${value}`);
  });

  it.each([
    ["missing", "there is no missing in measure"],
    ["nothing.more", "nothing is undefined"],
    ["this.busy * 2", "busy is a getter: reading values does not run it"],
    ["set(1)", "reading values does not run set()"],
    ["values.map(1)", "reading values does not run methods of values"],
    ["level +", "Unexpected end of input"],
  ])("%s says why not: %s", async (expression, message) => {
    expect(await answers(`eval ${expression}`)).toContain(message);
  });

  it("leaves everything closed that it has opened", async () => {
    session = await startSession({ script: "eval this.#parts\ngo" });
    const machine = await FakeMachine.connect(session.port, "light");
    machine.break("breakpoint", FRAMES);
    await machine.next("go");
    const toggled = machine.commands
      .filter(({ name }) => name === "toggle")
      .map(({ attributes }) => attributes.id);
    expect(toggled.length).toBe(2 * new Set(toggled).size);
  });
});

describe("the prompt", () => {
  it("shows the stack, a frame, its locals, and where it is", async () => {
    expect(
      await answers("frames", "frame 2", "locals", "eval count", "frame 1", "eval level", "frame 9"),
    ).toBe(
      `  measure  ${HOME}:30
  start    main.js:7
  (host)
  main.js:7 in start
    (the source is not here; give its directory with --sources)
  count = 1
  1
  ${HOME}:30 in measure
    28  /** Nothing goes wrong. */
    29  export function measure(): void {
  > 30    create(1_000);
    31    trace("measuring\\n");
    32  }
  200
frame 1 to 3`,
    );
  });

  it("shows the locals without functions, with what is in objects", async () => {
    expect(await answers("locals")).toBe(`  this = Sensor { name: "kitchen", #reads: 3, #parts: {…} }
  level = 200
  text = "it's \\"warm\\""
  nothing = undefined
  big = -0x1FFn
  values = [1, 2, {…}]`);
  });

  it.each([
    ["step", "step"],
    ["in", "step-inside"],
    ["out", "step-outside"],
    ["abort", "abort"],
  ])("%s is said to the machine as %s", async (command, name) => {
    session = await startSession({ script: command });
    const machine = await FakeMachine.connect(session.port, "light");
    machine.break("breakpoint", FRAMES);
    expect((await machine.next(name)).attributes).toEqual({});
  });

  it("sets and clears breakpoints in running machines, and in those that come", async () => {
    session = await startSession({ script: `break ${HOME}:30\nbreak\nstep\nclear ${HOME}:30\nbreak\ngo` });
    const machine = await FakeMachine.connect(session.port, "light");
    const all = await machine.next("set-all-breakpoints");
    expect(all.children.map(({ attributes }) => attributes)).toContainEqual({ path: HOME, line: "30" });
    machine.break("breakpoint", FRAMES);
    await machine.next("step");
    expect((await machine.next("clear-breakpoint")).attributes).toMatchObject({ path: HOME, line: "30" });
    machine.break("step", FRAMES);
    await machine.next("go");
    expect(session.output).toContain(`xsbug> break\n  ${HOME}:30\n`);
    expect(session.output).toContain("xsbug> break\n  none\n");
  });

  it("sets a breakpoint again under the path that a program of another place turns out to have", async () => {
    session = await startSession({ breakpoints: [{ file: HOME, line: 40 }] });
    const machine = await FakeMachine.connect(session.port, "light");
    machine.break("debugger", [{ name: "f", path: `/home/ci/${HOME}`, line: 2 }]);
    expect((await machine.next("set-breakpoint")).attributes).toEqual({
      path: `/home/ci/${HOME}`,
      line: "40",
    });
  });

  it("works on the machine that has stopped, and on another when asked to", async () => {
    session = await startSession({
      script: "eval level\nmachines\nuse hall\nmachines\nuse attic\nuse kitchen\ngo",
    });
    const hall = await FakeMachine.connect(session.port, "hall");
    await hall.next("set-all-breakpoints");
    const kitchen = await FakeMachine.connect(session.port, "kitchen");
    kitchen.break("breakpoint", FRAMES);
    await kitchen.next("go");
    expect(session.output).toContain(
      "  hall                     runs\n> kitchen                  stopped: breakpoint\n",
    );
    expect(session.output).toContain(
      "> hall                     runs\n  kitchen                  stopped: breakpoint\n",
    );
    expect(session.output).toContain("there is no machine attic\n");
  });

  it("pauses a running machine at its next line", async () => {
    session = await startSession({ script: "help\neval level\ngo" });
    const machine = await FakeMachine.connect(session.port, "light");
    await machine.next("set-all-breakpoints");
    expect(await session.xsbug.command("pause")).toBe("");
    await machine.next("step");
    machine.break("step", FRAMES);
    await machine.next("go");
    expect(session.output).toContain("light: step\n");
  });

  it("says what it does not know, and what needs a stop", async () => {
    session = await startSession();
    for (const command of ["locals", "frames", "eval 1", "go", "source", "frame 1"])
      expect(await session.xsbug.command(command)).toBe("no machine is stopped");
    expect(await session.xsbug.command("dance")).toBe("there is no command dance; try help");
    expect(await session.xsbug.command("break here")).toBe("break FILE:LINE");
    expect(await session.xsbug.command("clear a.ts:1")).toBe("there is no breakpoint a.ts:1");
    expect(await session.xsbug.command("pause")).toBe("no machine is there");
    expect(await session.xsbug.command("help")).toMatch(/^break FILE:LINE/);
    expect(await session.xsbug.command("")).toBe("");
  });

  it("leaves at quit, and the machine goes on", async () => {
    session = await startSession({ script: "locals\nquit" });
    const machine = await FakeMachine.connect(session.port, "light");
    machine.break("breakpoint", FRAMES);
    await session.xsbug.finished;
    await session.close();
    await machine.closed;
    expect(machine.commands.at(-1)?.name).toBe("logout");
  });
});
