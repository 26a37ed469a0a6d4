import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Report } from "../../host-sim/home/house/report";
import { Mosquitto, referees } from "../support/mosquitto";
import { buildThimble, events, type Running, thimble } from "../support/thimble";

const DEVICES = ["temperature-sensor", "smart-light", "security-camera"];

let directory: string;
let running: Running | undefined;
beforeAll(buildThimble);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "thimble-cli-"));
});
afterEach(async () => {
  await running?.kill();
  await rm(directory, { recursive: true, force: true });
});

/** Whether the subscriber was told that all devices are `payload`. */
function allDevices(payload: string): (stdout: string) => boolean {
  return (stdout) =>
    DEVICES.every((id) =>
      events(stdout).some(
        (event) =>
          event.event === "received" && event.topic === `home/${id}/status` && event.payload === payload,
      ),
    );
}

test("Ctrl-C ends the house cleanly: every device publishes offline, exit 0", async () => {
  running = thimble("house", "--port", "0", "--json");
  await running.output(allDevices("online"));
  running.process.kill("SIGINT");
  // What `npm start` adds to the terminal's signal.
  running.process.kill("SIGINT");
  expect(await running.exit()).toBe(0);
  expect(allDevices("offline")(running.stdout)).toBe(true);
  expect(events(running.stdout).at(-1)).toMatchObject({ event: "stopped", lost: 0 });
  expect(running.stderr).toBe("");
});

test("SIGTERM does the same", async () => {
  running = thimble("house", "--port", "0", "--json");
  await running.output(allDevices("online"));
  running.process.kill("SIGTERM");
  expect(await running.exit()).toBe(0);
  expect(allDevices("offline")(running.stdout)).toBe(true);
});

describe.skipIf(!referees)("with a broker that does not answer", () => {
  test("a second Ctrl-C ends the house at once", async () => {
    const broker = await Mosquitto.start();
    try {
      running = thimble("house", "--broker", broker.url, "--json");
      await running.output(allDevices("online"));
      broker.pause();
      running.process.kill("SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 500));
      running.process.kill("SIGINT");
      expect(await running.exit()).toBe(130);
    } finally {
      await broker.stop();
    }
  });
});

test("without a terminal the house prints how to subscribe, then its events as lines", async () => {
  running = thimble("house", "--port", "0", "--for", "3s");
  expect(await running.exit()).toBe(0);
  const [, port] =
    /Broker: mqtt:\/\/127\.0\.0\.1:(\d+) and ws:\/\/127\.0\.0\.1:\d+/.exec(running.stdout) ?? [];
  expect(running.stdout).toContain(`mosquitto_sub -h 127.0.0.1 -p ${port} -v -t 'home/#'`);
  expect(running.stdout).toContain(`client.connect("127.0.0.1", ${port})`);
  expect(running.stdout).toMatch(/^ +\d\.\d{3} s {2}temperature-sensor {2}home\/temp {2}\d\d\.\d$/m);
  expect(running.stdout).toMatch(/^ +\d\.\d{3} s {2}visitor {2}comes in$/m);
  expect(running.stdout).toMatch(/^The house ran for \d+\.\d s, lost 0$/m);
  expect(running.stdout).not.toContain("\u001b");
});

test("a scenario sets the temperature, moves, presses the button, cuts and restores a network", async () => {
  const scenario = join(directory, "evening.txt");
  const report = join(directory, "report.json");
  await writeFile(
    scenario,
    [
      "200ms temperature 31.5",
      "500ms motion",
      "1s button",
      "1500ms cut smart-light",
      "1800ms button # nobody hears of it yet",
      "2500ms restore smart-light",
    ].join("\n"),
  );
  running = thimble(
    ...["house", "--port", "0", "--json", "--for", "5s", "--interval", "200ms"],
    ...["--scenario", scenario, "--report", report],
  );
  expect(await running.exit()).toBe(0);
  const all = events(running.stdout);
  const steps = all.filter(({ event }) => event === "step").map(({ text }) => text);
  expect(steps).toEqual([
    "temperature 31.5",
    "motion",
    "button",
    "cut smart-light",
    "button",
    "restore smart-light",
  ]);
  expect(all.some(({ event }) => event === "visitor")).toBe(false);
  const received = (topic: string): unknown[] =>
    all.filter((event) => event.event === "received" && event.topic === topic).map(({ payload }) => payload);
  expect(received("home/temp")).toContain("31.5");
  expect(received("home/camera")).toHaveLength(1);
  const states = received("home/light").map((payload) => JSON.parse(payload as string).state);
  expect(states).toContain("ON");
  expect(states.at(-1)).toBe("OFF");
  const { lost, durationMs } = JSON.parse(await readFile(report, "utf8")) as Report;
  expect(lost).toBe(0);
  expect(durationMs).toBeGreaterThanOrEqual(5_000);
});
