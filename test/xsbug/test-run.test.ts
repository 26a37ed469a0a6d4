import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeMachine } from "./support/fake-machine";
import { type Session, type SessionOptions, startSession } from "./support/session";

let directory: string;
let session: Session;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "thimble-tests-"));
  mkdirSync(join(directory, "support"));
  writeFileSync(join(directory, "support/close.ts"), "// approximately\nexport const NEAR: number = 0.1;\n");
  write(
    "first.ts",
    'import { NEAR } from "./support/close";\n\ninterface A {}\nexport const mark: string = "]]>";\n',
  );
  write("second.js", "/*---\nflags: [async, module]\n---*/\n$DONE();\n");
});
afterEach(async () => {
  await session?.close();
  rmSync(directory, { recursive: true });
});

function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

async function start(options: SessionOptions = {}): Promise<Session> {
  const tests = [join(directory, "first.ts"), join(directory, "second.js")];
  session = await startSession({ break: "never", tests, ...options });
  return session;
}

function verdicts(): string[] {
  return session.output.split("\n").filter((line) => /^(?:pass|FAIL) /.test(line));
}

/** A board that runs testmc, ready for the next file. */
async function ready(): Promise<FakeMachine> {
  const machine = await FakeMachine.connect(session.port, "testmc");
  await machine.next("set-all-breakpoints");
  machine.bubble("test262", ">");
  return machine;
}

it("test files run one after the other, each in a machine that was started anew", async () => {
  await start();
  const first = await ready();
  expect((await first.next("import")).attributes).toEqual({ path: join(directory, "first.ts"), line: "0" });
  first.bubble("test262", "<");
  await first.next("abort");
  const second = await ready();
  expect((await second.next("import")).attributes).toEqual({ path: join(directory, "second.js"), line: "1" });
  second.bubble("test262", "<");
  await session.xsbug.finished;
  expect(verdicts()).toEqual([
    `pass  ${join(directory, "first.ts")}`,
    `pass  ${join(directory, "second.js")}`,
  ]);
  expect(session.xsbug.exitCode).toBe(0);
});

it("a machine gets the modules that it asks for, TypeScript as JavaScript, and go for those that are not there", async () => {
  await start();
  const machine = await ready();
  await machine.next("import");
  machine.say(`<import path="${join(directory, "first.ts")}"/>`);
  const module = await machine.next("module");
  expect(module.attributes).toEqual({ path: join(directory, "first.ts"), line: "0" });
  expect(module.text).toMatch(
    /^import { NEAR } from ".\/support\/close";\nconst mark = "\]\]\\x3e";\nexport \{/,
  );
  machine.say(`<import path="${join(directory, "support/close")}"/>`);
  expect((await machine.next("module")).text).toContain("const NEAR = 0.1;\nexport {");
  machine.say(`<import path="${join(directory, "support/missing")}"/>`);
  await machine.next("go");
});

it("a module that does not compile says so where it is imported", async () => {
  write("first.ts", "export const = 1;");
  await start();
  const machine = await ready();
  await machine.next("import");
  machine.say(`<import path="${join(directory, "first.ts")}"/>`);
  expect((await machine.next("module")).text).toMatch(/^throw new SyntaxError\(".*first\.ts:1:13: ERROR: /);
});

it("positions in a module that was given to the machine are those of its TypeScript", async () => {
  await start();
  const machine = await ready();
  await machine.next("import");
  machine.say(`<import path="${join(directory, "support/close")}"/>`);
  await machine.next("module");
  machine.log("# Exception: Error: far!\n", join(directory, "support/close"), 1);
  await session.shown(`testmc | ${join(directory, "support/close.ts")}:2: Exception: Error: far!`);
});

it("a test that fails is shown with its reason, the next one runs, and the exit code is 1", async () => {
  await start();
  const first = await ready();
  await first.next("import");
  first.bubble("test262", "Test262Error: expected 1, got 2");
  await first.next("abort");
  const second = await ready();
  await second.next("import");
  second.bubble("test262", "<");
  await session.xsbug.finished;
  expect(session.output).toContain("\n      Test262Error: expected 1, got 2\n");
  expect(verdicts()).toEqual([
    `FAIL  ${join(directory, "first.ts")}`,
    `pass  ${join(directory, "second.js")}`,
  ]);
  expect(session.xsbug.exitCode).toBe(1);
});

it("a machine that goes away in the middle of a test has died: exit code 3", async () => {
  await start();
  const first = await ready();
  await first.next("import");
  first.leave();
  await session.shown("the machine has gone: it left");
  const second = await ready();
  await second.next("import");
  second.bubble("test262", "<");
  await session.xsbug.finished;
  expect(session.xsbug.exitCode).toBe(3);
});

it("tests for which no machine comes fail", async () => {
  await start({ testTimeout: 50 });
  await session.xsbug.finished;
  expect(session.xsbug.tests.map(({ message }) => message)).toEqual(
    Array(2).fill("no test machine was ready within 0.05 s"),
  );
  expect(session.xsbug.exitCode).toBe(1);
});

it("a machine that is ready while another tests waits for its turn", async () => {
  await start();
  const first = await ready();
  await first.next("import");
  const second = await ready();
  first.bubble("test262", "<");
  expect((await second.next("import")).attributes.path).toBe(join(directory, "second.js"));
});
