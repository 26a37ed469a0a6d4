import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/mosquitto";
import { buildThimble, thimble } from "../support/thimble";

let directory: string;
beforeAll(async () => {
  await buildThimble();
  directory = await mkdtemp(join(tmpdir(), "thimble-cli-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ exit: unknown; stdout: string; stderr: string }> {
  const running = thimble(...args);
  const exit = await running.exit();
  return { exit, stdout: running.stdout, stderr: running.stderr };
}

describe("a wrong option ends with 2 and one line that names value and limit:", () => {
  test.each<[string, string[], string]>([
    [
      "a port too large",
      ["--port", "70000"],
      "thimble: option '--port <number>' argument '70000' is invalid. a port is a whole number from 0 to 65535",
    ],
    [
      "a port that is none",
      ["--port", "http"],
      "thimble: option '--port <number>' argument 'http' is invalid. a port is a whole number from 0 to 65535",
    ],
    [
      "a negative seed",
      ["--seed=-1"],
      "thimble: option '--seed <number>' argument '-1' is invalid. a seed is a whole number from 0 to 4294967295",
    ],
    [
      "an interval shorter than the sensor can",
      ["--interval", "50ms"],
      "thimble: option '--interval <time>' argument '50ms' is invalid. an interval is from 100ms to 24h",
    ],
    [
      "no time",
      ["--for", "soon"],
      "thimble: option '--for <time>' argument 'soon' is invalid. \"soon\" is not a time: write 500ms, 10s, 2m or 24h",
    ],
    [
      "no time at all",
      ["--for", "0s"],
      "thimble: option '--for <time>' argument '0s' is invalid. the run is from 1ms to 168h",
    ],
    [
      "a broker of another protocol",
      ["--broker", "http://localhost"],
      "thimble: option '--broker <url>' argument 'http://localhost' is invalid. broker address with \"http://\": write mqtt://host:port, or mqtts, ws, wss",
    ],
    [
      "two brokers",
      ["--broker", "mqtt://localhost", "--port", "1884"],
      "thimble: option '--broker <url>' cannot be used with option '--port <number>'",
    ],
    [
      "an unknown engine",
      ["--engine", "v8"],
      "thimble: option '--engine <name>' argument 'v8' is invalid. Allowed choices are node, xs.",
    ],
    ["an unknown option", ["--ports", "1"], "thimble: unknown option '--ports' (Did you mean --port?)"],
    [
      "a scenario that is not there",
      ["--scenario", "/nowhere/evening.txt"],
      "thimble: cannot read the scenario /nowhere/evening.txt: no such file or directory",
    ],
    [
      "a report that cannot be written",
      ["--report", "/nowhere/report.json"],
      "thimble: cannot write the report /nowhere/report.json: no such file or directory",
    ],
    [
      "a report that is a directory",
      ["--report", "/tmp"],
      "thimble: cannot write the report /tmp: it is a directory",
    ],
  ])("%s", async (_what, args, message) => {
    expect(await run("house", ...args)).toEqual({ exit: 2, stdout: "", stderr: `${message}\n` });
  });

  test("an unknown command", async () => {
    const { exit, stderr } = await run("hose");
    expect([exit, stderr]).toEqual([2, "thimble: unknown command 'hose' (Did you mean house?)\n"]);
  });
});

test("a bad scenario line ends with 2 and names file, line and what is wrong", async () => {
  const file = join(directory, "evening.txt");
  await writeFile(file, "# evening\n2s motion\n3s cut fridge\n");
  expect(await run("house", "--scenario", file)).toEqual({
    exit: 2,
    stdout: "",
    stderr: `thimble: ${file}:3: "cut" takes one of temperature-sensor, smart-light, security-camera, not "fridge"\n`,
  });
});

test("a scenario that crashes a machine needs machines that can: --engine xs", async () => {
  const file = join(directory, "crash.txt");
  await writeFile(file, "2s crash smart-light heap\n");
  expect(await run("house", "--scenario", file)).toEqual({
    exit: 2,
    stdout: "",
    stderr: `thimble: ${file}:1: "crash" needs --engine xs\n`,
  });
});

test("a busy port ends with 2 and one line that names it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { exit, stdout, stderr } = await run("house", "--port", String(port));
  other.close();
  expect([exit, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(new RegExp(`^thimble: port ${port} on 127.0.0.1 is in use: [^\\n]*\\n$`));
});

test("an unreachable broker ends with 2 and one line that names it", async () => {
  const port = await freePort();
  const { exit, stdout, stderr } = await run("house", "--broker", `mqtt://127.0.0.1:${port}`);
  expect([exit, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(
    new RegExp(`^thimble: cannot use the broker at mqtt://127.0.0.1:${port}: [^\\n]*ECONNREFUSED[^\\n]*\\n$`),
  );
});

test("--help tells every option and ends with 0", async () => {
  const { exit, stdout } = await run("house", "--help");
  expect(exit).toBe(0);
  for (const option of "broker port websocket-port for interval scenario seed engine json report".split(" "))
    expect(stdout).toContain(`--${option}`);
});

test("manifest check finds manifests and imports in agreement", async () => {
  expect(await run("manifest", "check")).toEqual({
    exit: 0,
    stdout:
      "manifests and imports agree: camera, camera-tls, light, light-tls, thermometer, thermometer-tls\n",
    stderr: "",
  });
});
