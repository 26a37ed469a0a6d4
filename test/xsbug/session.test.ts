import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { FakeMachine } from "./support/fake-machine";
import { type Session, type SessionOptions, startSession } from "./support/session";

let session: Session;
afterEach(() => session?.close());

async function start(options: SessionOptions = {}): Promise<Session> {
  session = await startSession(options);
  return session;
}

/** Connected and running. */
async function running(name: string = "light", xs: 13 | 17 = 13): Promise<FakeMachine> {
  const machine = await FakeMachine.connect(session.port, name, xs);
  await machine.next("set-all-breakpoints");
  return machine;
}

const FRAMES = [
  {
    ...{ name: "SmartLight", path: "test/xsbug/support/home.ts", line: 4 },
    locals: [
      { name: "(return)", value: "undefined" },
      { name: "(function)", properties: [{ name: "(function)", value: "(XS code)" }] },
      { name: "this", value: "undefined" },
      { name: "level", value: "200" },
      {
        name: "options",
        properties: [
          { name: "id", value: "'kitchen'" },
          { name: "lamp", properties: [] },
        ],
      },
    ],
  },
  { name: "start", path: "main.js", line: 1, locals: [{ name: "count", value: "0" }] },
  { name: "(host)" },
];

describe("a machine that logs in", () => {
  it.each([
    ["never", []],
    ["exceptions", ["exceptions"]],
    ["always", ["start", "exceptions"]],
  ] as const)(
    "gets the breakpoints of --break %s, and nothing that would let it go from its first stop",
    async (mode, paths) => {
      await start({ break: mode });
      const machine = await FakeMachine.connect(session.port, "light");
      const command = await machine.next("set-all-breakpoints");
      expect(command.children.map(({ attributes }) => attributes.path)).toEqual(paths);
      expect(machine.commands).toHaveLength(1);
    },
  );

  it("is told apart from another of its name, until that one has gone", async () => {
    await start();
    const first = await running("light");
    const second = await running("light");
    second.log("I am the second\n");
    await session.shown("light#2 | I am the second");
    first.leave();
    await session.shown("light: it left");
    await running("light");
    expect(session.xsbug.machines.map(({ label }) => label)).toEqual(["light#2", "light"]);
  });

  it("has its lines put together from the pieces that programs trace", async () => {
    await start();
    const machine = await running();
    for (const text of ["tempe", "rature: ", "21.5\nhum", "idity: <40>\n", "no end"]) machine.log(text);
    machine.leave();
    await session.shown("light: it left");
    expect(session.output).toContain(
      "light | temperature: 21.5\nlight | humidity: <40>\nlight | no end\nlight: it left",
    );
  });
});

describe("an exception", () => {
  it("is shown at 80 columns with its place, the source, the stack and the locals; then the machine goes on", async () => {
    await start();
    const machine = await running();
    machine.log("# Exception: RangeError: level 200 is too large!\n");
    machine.break("throw", FRAMES);
    await machine.next("go");
    const [, , ...lines] = session.output.split("\n");
    expect(lines.slice(0, 8).join("\n")).toBe(`light: exception: RangeError: level 200 is too large
  test/xsbug/support/home.ts:4 in SmartLight
    2  import TemperatureSensor, { type TemperatureSensorOptions } from "../../…
    3
  > 4  class Client {
    5    publish(): number {
    6      return 1;
  SmartLight  test/xsbug/support/home.ts:4`);
    expect(lines.slice(8).join("\n")).toBe(`      level = 200
      options = { id: "kitchen", lamp: {…} }
  start       main.js:1
      count = 0
  (host)
`);
    for (const line of session.output.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(session.xsbug.exitCode).toBe(1);
  });

  it("of a newer XS says itself what it is", async () => {
    await start();
    const machine = await running("light", 17);
    machine.break("TypeError: cannot coerce undefined to object", FRAMES);
    await machine.next("go");
    expect(session.output).toContain("light: exception: TypeError: cannot coerce undefined to object\n");
  });

  it("leaves the objects that were opened for it closed", async () => {
    await start();
    const machine = await running();
    machine.break("throw", FRAMES);
    await machine.next("go");
    const toggled = machine.commands
      .filter(({ name }) => name === "toggle")
      .map(({ attributes }) => attributes.id);
    const counts = new Map(toggled.map((id) => [id, toggled.filter((other) => other === id).length]));
    expect(new Set(counts.values())).toEqual(new Set([2]));
  });

  it("that XS only reports is a line with its place", async () => {
    await start({ break: "never" });
    const machine = await running();
    machine.log("# Exception: RangeError: caught!\n", "main.js", 7);
    machine.leave();
    await session.shown("it left");
    expect(session.output).toContain("light | main.js:7: Exception: RangeError: caught!\n");
    expect(session.xsbug.exitCode).toBe(0);
  });

  it("that is announced but does not stop the machine is a line", async () => {
    await start();
    const machine = await running();
    machine.log("# Exception: RangeError: odd!\n");
    machine.log("next\n");
    await session.shown("light | next");
    expect(session.output).toContain("light | Exception: RangeError: odd!\nlight | next\n");
  });

  it("of two machines at once is shown one after the other", async () => {
    await start();
    const [kitchen, hall] = [await running("kitchen"), await running("hall")];
    kitchen.break("throw", FRAMES);
    hall.break("throw", FRAMES);
    await Promise.all([kitchen.next("go"), hall.next("go")]);
    const order = [...session.output.matchAll(/^(\w+): exception|^ {2}\(host\)$/gm)].map(
      (match) => match[1] ?? "end",
    );
    expect([order[1], order[3]]).toEqual(["end", "end"]);
    expect([order[0], order[2]].sort()).toEqual(["hall", "kitchen"]);
  });
});

describe("the end of a machine", () => {
  it.each([
    ["leaves", (machine: FakeMachine) => machine.leave(), "light: it left", 0],
    [
      "is switched off",
      (machine: FakeMachine) => machine.vanish(),
      "light: died: the connection was lost",
      3,
    ],
    [
      "vanishes in the middle of a document",
      (machine: FakeMachine) => {
        machine.raw("\r\n<xsbug><log>half");
        machine.leave();
      },
      "light: died: it vanished in the middle of a document",
      3,
    ],
    [
      "runs out of memory",
      (machine: FakeMachine) => {
        machine.log("XS abort: memory full\n");
        machine.leave();
      },
      "light: died: memory full",
      3,
    ],
    [
      "does not catch an exception",
      (machine: FakeMachine) => {
        machine.log("XS abort: unhandled exception invalid pin\n");
        machine.leave();
      },
      "light: ended by an exception that nobody caught (unhandled exception invalid pin)",
      1,
    ],
    [
      "sends malformed XML",
      (machine: FakeMachine) => machine.raw("\r\n<xsbug><log>a</lag></xsbug>\r\n"),
      'light: died: malformed XML: </lag> closes <log> at character 19: "</xsbug>"',
      3,
    ],
  ])("that %s is reported, with an exit code", async (_, end, text, exitCode) => {
    await start({ break: "never", once: true });
    const machine = await running();
    end(machine);
    await Promise.all([session.xsbug.finished, machine.closed]);
    expect(session.output).toContain(`${text}\n`);
    expect(session.xsbug.exitCode).toBe(exitCode);
  });

  it("while it is stopped is a death", async () => {
    await start({ once: true });
    const machine = await running();
    machine.answersQuestions = false;
    machine.break("breakpoint", FRAMES);
    await machine.next("toggle");
    machine.leave();
    await session.xsbug.finished;
    expect(session.output).toContain("light: died: it vanished while it was stopped\n");
  });

  it("does not end the others", async () => {
    await start();
    const [kitchen, hall] = [await running("kitchen"), await running("hall")];
    kitchen.vanish();
    await session.shown("kitchen: died");
    hall.log("still here\n");
    await session.shown("hall | still here");
  });

  it("when xsbug ends is a logout: the machine goes on", async () => {
    await start();
    const machine = await running();
    await session.close();
    await machine.closed;
    expect(machine.commands.at(-1)?.name).toBe("logout");
    expect(session.xsbug.exitCode).toBe(0);
  });
});

describe("a connection that is no machine", () => {
  it("is refused with what it said, and does not count", async () => {
    await start({ break: "never" });
    const stranger = connect({ port: session.port, host: "localhost" });
    const gone = new Promise((resolve) => stranger.on("close", resolve));
    stranger.on("error", () => undefined).write("GET / HTTP/1.1\r\n\r\n");
    await gone;
    await session.shown('malformed XML: this is no XS machine: it begins with "GET / HTTP/1.1');
    const machine = await running();
    machine.leave();
    await session.shown("light: it left");
    expect(session.xsbug.exitCode).toBe(0);
  });

  it("that says nothing does not keep xsbug from ending", async () => {
    await start();
    const silent = await FakeMachine.silent(session.port);
    await session.close();
    await silent.closed;
    expect(session.xsbug.exitCode).toBe(3);
  });
});

describe("JSON lines", () => {
  it("tell everything that happens", async () => {
    await start({ json: true });
    const machine = await running();
    machine.instruments({ "Chunk used": " / ", "Chunk available": " bytes" });
    machine.samples(120, 16_384);
    machine.log("hello\n");
    machine.break("throw", FRAMES);
    await machine.next("go");
    machine.bubble("chat", "{}");
    machine.leave();
    await session.shown('"ended"');
    const [listening, ...events] = session.output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(listening).toEqual({ event: "listening", host: "localhost", port: session.port });
    expect(events).toEqual([
      { event: "connected", machine: "light", version: "XS" },
      {
        event: "sample",
        machine: "light",
        second: 0,
        values: { "Chunk used": 120, "Chunk available": 16_384 },
      },
      { event: "log", machine: "light", text: "hello" },
      {
        ...{ event: "exception", machine: "light", reason: "exception", text: "throw" },
        ...{ file: "test/xsbug/support/home.ts", line: 4 },
        source: "class Client {",
        stack: [
          {
            ...{ name: "SmartLight", file: "test/xsbug/support/home.ts", line: 4 },
            locals: { level: "200", options: '{ id: "kitchen", lamp: {…} }' },
          },
          { name: "start", file: "main.js", line: 1, locals: { count: "0" } },
          { name: "(host)" },
        ],
      },
      { event: "bubble", machine: "light", conversation: "chat", flags: 2, text: "{}" },
      { event: "ended", machine: "light", how: "left", reason: "it left" },
    ]);
  });
});
