// `thimble xsbug` itself, with real XS machines that run device code: must-show 5 of issue 4.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildEngine } from "../../host-sim/xs/build";
import { buildThimble, events, type Running, thimble } from "../support/thimble";
import { portOf } from "./support/session";
import { buildDevice, removeDevice, type Scenario, startDevice } from "./support/xs-device";

const SENSOR = "device/home/temperature-sensor.ts";

let directory: string;
const running: Running[] = [];

beforeAll(async () => {
  await buildEngine();
  await Promise.all([buildThimble(), buildDevice()]);
}, 300_000);
afterAll(removeDevice);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "thimble-xsbug-"));
});
afterEach(async () => {
  for (const process of running.splice(0)) await process.kill();
  await rm(directory, { recursive: true });
});

/** At a free port. */
async function xsbug(...options: string[]): Promise<{ readonly debug: Running; readonly port: number }> {
  const debug = thimble("xsbug", "--port", "0", ...options);
  running.push(debug);
  if (options.includes("--json")) return { debug, port: await portOf(debug) };
  await debug.output((stdout) => stdout.includes("Ctrl-C"));
  return { debug, port: Number(/localhost:(\d+)/.exec(debug.stdout)?.[1]) };
}

function device(port: number, scenario: Scenario, name?: string, seconds?: number): Running {
  const process = startDevice(port, scenario, name, seconds);
  running.push(process);
  return process;
}

async function lineOf(file: string, text: string): Promise<number> {
  return (await readFile(file, "utf8")).split("\n").findIndex((line) => line.includes(text)) + 1;
}

describe("an exception in device/home, on the XS engine", () => {
  it("is shown at its TypeScript line, stepped over, in the picture, and makes the exit code 1", async () => {
    const line = await lineOf(SENSOR, "throw new RangeError(");
    const caught = await lineOf("test/xsbug/support/home.ts", "outcome = (error as Error).message");
    const script = join(directory, "commands");
    const picture = join(directory, "heap.svg");
    await writeFile(script, "frames\neval interval * 2\nstep\nstep\neval outcome.length > 0\ngo\n");
    const limits = ["--picture", picture, "--manifest", "manifests/thermometer/manifest.json"];
    const { debug, port } = await xsbug("--once", "--commands", script, ...limits);
    const sensor = device(port, "caught", "kitchen", 30);
    expect(await debug.exit()).toBe(1);
    expect(await sensor.exit()).toBe(0);

    const { stdout } = debug;
    expect(stdout).toContain(
      "kitchen: exception: RangeError: interval -5 ms is not a finite number above 0\n",
    );
    expect(stdout).toContain(`  ${SENSOR}:${line} in TemperatureSensor\n`);
    expect(stdout).toMatch(/^ {2}> \d+ {8}throw new RangeError\(`interval/m);
    expect(stdout).toContain('      options = { id: "kitchen", interval: -5, client: {…}, sensor: {…} }\n');
    expect(stdout).toContain("xsbug> eval interval * 2\n  -10\n");
    expect(stdout).toMatch(new RegExp(`kitchen: step\n {2}test/xsbug/support/home.ts:${caught} in caught\n`));
    expect(stdout).toContain("xsbug> eval outcome.length > 0\n  true\n");
    expect(stdout).toContain(
      "kitchen | interval -5 ms is not a finite number above 0\nkitchen | measuring\n",
    );
    expect(stdout).toContain("kitchen: it left\n");
    for (const text of stdout.split("\n")) expect(text.length).toBeLessThanOrEqual(80);

    const svg = await readFile(picture, "utf8");
    expect(svg).toContain(">kitchen</text>");
    expect(svg).toContain(">31 samples</text>");
    expect(svg).toContain(">creation 12 KiB</text>");
    expect(svg).toContain('<line class="exception"');
  });

  it("that nobody catches ends the machine: exit code 1, with or without a stop", async () => {
    for (const mode of ["exceptions", "never"]) {
      const { debug, port } = await xsbug("--once", "--json", "--break", mode);
      device(port, "uncaught");
      expect(await debug.exit()).toBe(1);
      const all = events(debug.stdout);
      expect(all).toContainEqual({
        ...{ event: "ended", machine: "kitchen", how: "exception", reason: "unhandled exception" },
      });
      expect(all.some(({ event, file }) => event === "exception" && file === SENSOR)).toBe(
        mode === "exceptions",
      );
    }
  });
});

describe("machines of the XS engine", () => {
  it("that do their work make the exit code 0; their heaps come as JSON lines", async () => {
    const { debug, port } = await xsbug("--once", "--json");
    device(port, "measure", "kitchen", 3);
    expect(await debug.exit()).toBe(0);
    const samples = events(debug.stdout).filter(({ event }) => event === "sample");
    expect(samples.map(({ second }) => second)).toEqual([0, 1, 2, 3]);
    expect(samples[0]?.values).toMatchObject({ "Slot available": 12_272, "Chunk available": 16_384 });
    expect(events(debug.stdout).at(-1)).toEqual({
      ...{ event: "summary", machines: 1, exceptions: 0, died: 0, failed: 0, files: [], exitCode: 0 },
    });
  });

  it("that die are named with their reason: exit code 3; the others go on", async () => {
    const { debug, port } = await xsbug();
    const hall = device(port, "measure", "hall", 3);
    device(port, "fill", "kitchen");
    await debug.output((stdout) => stdout.includes("hall: it left") && stdout.includes("kitchen: died"));
    debug.process.kill("SIGINT");
    expect(await debug.exit()).toBe(3);
    expect(await hall.exit()).toBe(0);
    expect(debug.stdout).toContain("kitchen: died: memory full\n");
    expect(debug.stdout).toContain("hall: it left\n");
  });

  it("stop at a breakpoint in TypeScript, and read their private fields", async () => {
    const line = await lineOf(SENSOR, "this.#sensor.sample()");
    const script = join(directory, "commands");
    await writeFile(script, `eval this.#interval\neval this.#sensor.#reads\nclear ${SENSOR}:${line}\ngo\n`);
    const { debug, port } = await xsbug("--once", "--breakpoint", `${SENSOR}:${line}`, "--commands", script);
    device(port, "measure");
    expect(await debug.exit()).toBe(0);
    expect(debug.stdout).toContain(`kitchen: breakpoint\n  ${SENSOR}:${line} in `);
    expect(debug.stdout).toContain(
      "xsbug> eval this.#interval\n  1000\nxsbug> eval this.#sensor.#reads\n  0\n",
    );
    expect(debug.stdout.match(/kitchen: breakpoint/g)).toHaveLength(1);
  });

  it("go on where no xsbug is", async () => {
    const server = createServer().listen(0, "localhost");
    await new Promise((resolve) => server.on("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    expect(await device(port, "measure").exit()).toBe(0);
  });

  it("go on without xsbug when it quits", async () => {
    const script = join(directory, "commands");
    await writeFile(script, "locals\nquit\n");
    const { debug, port } = await xsbug("--commands", script);
    const sensor = device(port, "caught");
    expect(await debug.exit()).toBe(1);
    expect(debug.stdout).toContain("kitchen: detached\n");
    expect(await sensor.exit()).toBe(0);
  });
});

describe("a house on the XS engine", () => {
  it("connects its three machines to an xsbug, which stops one of them at a breakpoint of device/home", async () => {
    const line = await lineOf("device/home/smart-light.ts", "this.#lamp = new lamp.io(");
    const script = join(directory, "commands");
    await writeFile(script, "go\n");
    const breakpoint = ["--breakpoint", `device/home/smart-light.ts:${line}`];
    const { debug, port } = await xsbug("--once", "--commands", script, ...breakpoint);
    const house = thimble("house", "--engine", "xs", "--port", "0", "--for", "1s", "--xsbug", String(port));
    running.push(house);
    expect(await house.exit()).toBe(0);
    expect(await debug.exit()).toBe(0);
    for (const name of ["thermometer", "light", "camera"])
      expect(debug.stdout).toContain(`${name}: 0 exceptions, it left`);
    expect(debug.stdout).toContain(`light: breakpoint\n  device/home/smart-light.ts:${line} in SmartLight`);
  });

  it("needs one that listens, and the engine that it debugs", async () => {
    const deaf = thimble("house", "--engine", "xs", "--port", "0", "--xsbug", "1");
    expect(await deaf.exit()).toBe(2);
    expect(deaf.stderr).toBe("thimble: no xsbug listens at localhost:1: start one with npx thimble xsbug\n");
    const other = thimble("house", "--port", "0", "--xsbug", "1");
    expect(await other.exit()).toBe(2);
    expect(other.stderr).toBe("thimble: --xsbug needs --engine xs\n");
  });
});

describe("the command", () => {
  it("says who has the port: exit code 2", async () => {
    const server = createServer().listen(0, "localhost");
    await new Promise((resolve) => server.on("listening", resolve));
    const { port } = server.address() as { port: number };
    const debug = thimble("xsbug", "--port", String(port));
    expect(await debug.exit()).toBe(2);
    expect(debug.stderr).toBe(
      `thimble: port ${port} is taken, perhaps by another xsbug; --port takes another\n`,
    );
    server.close();
  });

  it.each([
    [["--break", "sometimes"], "Allowed choices are never, exceptions, always"],
    [["--breakpoint", "main.ts"], "a breakpoint is FILE:LINE, a line from 1 to 32767"],
    [["--sources", "nowhere"], "thimble: nowhere is no directory"],
    [["--test", "nowhere.ts"], "thimble: there is no test file nowhere.ts"],
    [["--commands", "nowhere"], "thimble: cannot read nowhere: ENOENT"],
    [["--manifest", "nowhere.json"], "nowhere.json"],
  ])("%j is wrong use: exit code 2", async (options, message) => {
    const debug = thimble("xsbug", "--port", "0", ...options);
    expect(await debug.exit()).toBe(2);
    expect(debug.stderr).toContain(message);
    expect(debug.stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("ends when its time is over", async () => {
    const { debug } = await xsbug("--for", "100ms", "--json");
    expect(await debug.exit()).toBe(3);
  });

  it("ends at Ctrl-C; without any machine that is no success", async () => {
    const { debug } = await xsbug("--json");
    debug.process.kill("SIGINT");
    expect(await debug.exit()).toBe(3);
    expect(events(debug.stdout).at(-1)).toMatchObject({ event: "summary", machines: 0, exitCode: 3 });
  });
});
