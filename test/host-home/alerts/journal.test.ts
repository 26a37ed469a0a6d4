import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DirectoryLock } from "../../../host-sim/home/alerts/directory-lock";
import { Journal } from "../../../host-sim/home/alerts/journal";

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "thimble-journal-"));
  file = join(directory, "alerts.journal");
});
const journals: Journal<number>[] = [];
afterEach(async () => {
  await Promise.all(journals.splice(0).map((journal) => journal.close()));
  await rm(directory, { recursive: true, force: true });
});

interface Opened {
  readonly journal: Journal<number>;
  /** What stands in memory: each entry is a number, the state is their list. */
  readonly state: number[];
  readonly failures: Error[];
  add(entry: number): void;
}

async function openJournal(compactAt?: number): Promise<Opened> {
  const state: number[] = [];
  const failures: Error[] = [];
  const journal = await Journal.open<number>({
    file,
    restore: (entries) => state.push(...entries),
    snapshot: () => state,
    onFailure: (error) => failures.push(error),
    compactAt,
  });
  journals.push(journal);
  return {
    journal,
    state,
    failures,
    add: (entry) => {
      state.push(entry);
      journal.append(entry);
    },
  };
}

test("what is durable is there when the file is opened again", async () => {
  const first = await openJournal();
  first.add(1);
  first.add(2);
  expect(first.journal.isDurable).toBe(false);
  await first.journal.durable();
  expect(first.journal.isDurable).toBe(true);
  first.add(3);
  await first.journal.close();
  expect((await openJournal()).state).toEqual([1, 2, 3]);
});

test("after the end nothing is taken, and nothing fails", async () => {
  const { journal, add, failures } = await openJournal();
  add(1);
  await journal.close();
  add(2);
  await expect(journal.durable()).rejects.toThrow("the journal is closed");
  expect(failures).toEqual([]);
  expect((await openJournal()).state).toEqual([1]);
});

test("only the owner can read it", async () => {
  const { journal, add } = await openJournal(0);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  add(1);
  await journal.close();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("entries appended while a commit runs share the next, and everybody is told of the right one", async () => {
  const { journal, add } = await openJournal();
  const told: string[] = [];
  add(1);
  const first = journal.durable().then(() => told.push("first"));
  await new Promise((resolve) => setImmediate(resolve));
  add(2);
  const second = journal.durable().then(() => told.push("second"));
  add(3);
  const third = journal.durable().then(() => told.push("third"));
  await Promise.all([first, second, third]);
  expect(told).toEqual(["first", "second", "third"]);
  expect((await readFile(file, "utf8")).trimEnd().split("\n")).toHaveLength(3); // header, [1], [2,3]
});

test("cut off at any byte, it opens with a beginning of what was appended, and goes on from there", async () => {
  const { journal, add } = await openJournal();
  for (const entry of [10, 20, 30]) {
    add(entry);
    await journal.durable();
  }
  await journal.close();
  const whole = await readFile(file);
  const header = whole.indexOf("\n") + 1;
  for (let length = header; length <= whole.length; length += 1) {
    await writeFile(file, whole.subarray(0, length));
    const again = await openJournal();
    expect([10, 20, 30].slice(0, again.state.length)).toEqual(again.state);
    again.add(40);
    await again.journal.close();
    const last = await openJournal();
    expect(last.state).toEqual([...again.state]);
    expect(last.state.at(-1)).toBe(40);
    await last.journal.close();
  }
});

test("garbage after the last commit is cut off", async () => {
  const { journal, add } = await openJournal();
  add(1);
  await journal.close();
  await appendFile(file, "00000000 [2]\n\0\0\0\n");
  const again = await openJournal();
  expect(again.state).toEqual([1]);
  expect(again.journal.tornBytes).toBe(17);
});

test("damage before the end is an error that names the line", async () => {
  const { journal, add } = await openJournal();
  add(1);
  await journal.durable();
  add(2);
  await journal.close();
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace("[1]", "[7]"));
  await expect(openJournal()).rejects.toThrow(`${file}:2: is damaged`);
  await writeFile(file, "something else\n");
  await expect(openJournal()).rejects.toThrow(`${file}:1: is not a journal`);
});

test("a file that has grown is written anew, with nothing lost and nothing twice", async () => {
  const { journal, state } = await openJournal(200);
  for (let entry = 0; entry < 500; entry += 1) {
    state.push(entry);
    journal.append(entry);
    while (state.length > 5) state.shift();
    if (entry % 7 === 0) await journal.durable();
  }
  await journal.close();
  expect((await stat(file)).size).toBeLessThan(2_000);
  const again = await openJournal();
  expect(again.state.slice(-5)).toEqual([495, 496, 497, 498, 499]);
});

test("when nothing can be written any more, everybody who waits is told, and so is the owner, once", async () => {
  const { journal, add, failures } = await openJournal(0);
  await rm(directory, { recursive: true });
  add(1);
  const waiting = journal.durable();
  await expect(waiting).rejects.toThrow("ENOENT");
  add(2);
  await expect(journal.durable()).rejects.toThrow("ENOENT");
  expect(journal.isDurable).toBe(false);
  expect(failures).toHaveLength(1);
});

describe("a directory's lock", () => {
  test("of a process that runs keeps others out, with its number", async () => {
    const module = fileURLToPath(new URL("../../../host-sim/home/alerts/directory-lock.ts", import.meta.url));
    const program = `import { DirectoryLock } from ${JSON.stringify(module)};
      DirectoryLock.acquire(${JSON.stringify(directory)}); console.log("locked"); setInterval(() => {}, 1000);`;
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: "/" },
      bundle: true,
      platform: "node",
      write: false,
    });
    const child = spawn(process.execPath, ["-e", outputFiles[0]!.text]);
    await once(child.stdout, "data");
    expect(() => DirectoryLock.acquire(directory)).toThrow(
      `${directory} is in use by process ${child.pid}: end it, or use another directory`,
    );
    child.kill("SIGKILL");
    await once(child, "exit");
    DirectoryLock.acquire(directory).release();
  });

  test("of a process whose number another one has got since is taken over", async () => {
    await writeFile(join(directory, "lock"), `${process.ppid} 1 another-boot`);
    DirectoryLock.acquire(directory).release();
  });

  test("left by a process that was killed is taken over", async () => {
    await writeFile(join(directory, "lock"), "999999999 1 x");
    DirectoryLock.acquire(directory).release();
    await expect(stat(join(directory, "lock"))).rejects.toThrow("ENOENT");
  });

  test("makes the directory for its owner only", async () => {
    const inner = join(directory, "a", "b");
    DirectoryLock.acquire(inner);
    expect((await stat(inner)).mode & 0o777).toBe(0o700);
  });
});
