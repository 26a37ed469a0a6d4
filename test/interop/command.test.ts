import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { pahoScript } from "../../host-sim/home/house/greeting";
import type { Report } from "../../host-sim/home/house/report";
import { brokers, type TestBroker } from "../support/brokers";
import { Mosquitto, referees } from "../support/mosquitto";
import { buildThimble, Running, thimble } from "../support/thimble";

// The first two things that issue 2 must show, as a person types them.

const started: Running[] = [];
let directory: string;
beforeAll(buildThimble);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "thimble-interop-"));
});
afterEach(async () => {
  for (const running of started.splice(0)) await running.kill();
  await rm(directory, { recursive: true, force: true });
});

function track(running: Running): Running {
  started.push(running);
  return running;
}

/** Ten seconds of the house, as the issue asks for them. */
async function tenSeconds(...where: string[]): Promise<Report> {
  const file = join(directory, "out.json");
  const options = ["--for", "10s", "--interval", "500ms", "--report", file, ...where];
  const running = track(new Running("npm", ["start", "--", ...options]));
  const exit = await running.exit();
  expect({ exit, stderr: running.stderr }).toMatchObject({ exit: 0 });
  return JSON.parse(await readFile(file, "utf8")) as Report;
}

function expectLivelyHouse({ devices, received, lost, durationMs }: Report): void {
  expect(received["home/temp"]).toBeGreaterThanOrEqual(15);
  expect(received["home/light"]).toBeGreaterThanOrEqual(2);
  expect(received["home/camera"]).toBeGreaterThanOrEqual(2);
  expect(lost).toBe(0);
  expect(durationMs).toBeGreaterThanOrEqual(10_000);
  expect(devices.map(({ errors }) => errors)).toEqual([[], [], []]);
}

test("npm start: ten seconds of a lively house with its own broker, nothing lost", {
  timeout: 60_000,
}, async () => {
  const report = await tenSeconds("--port", "0");
  expectLivelyHouse(report);
  expect(Object.keys(report)).toEqual(["broker", "durationMs", "devices", "received", "lost"]);
  expect(report.broker).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/);
  for (const device of report.devices)
    expect(Object.keys(device)).toEqual(["id", "published", "acknowledged", "reconnects", "errors"]);
});

test.skipIf(!referees)("npm start: the same with a mosquitto", { timeout: 60_000 }, async () => {
  const broker = await Mosquitto.start();
  try {
    const report = await tenSeconds("--broker", broker.url);
    expectLivelyHouse(report);
    expect(report.broker).toBe(broker.url);
  } finally {
    await broker.stop();
  }
});

describe.each(brokers)("with the broker $name of somebody else", ({ installed, start }) => {
  let broker: TestBroker;
  beforeEach(async ({ skip }) => {
    if (!installed) skip();
    broker = await start();
  });
  afterEach(async () => {
    if (installed) await broker.stop();
  });

  describe.skipIf(!referees)("and the subscribers of others", () => {
    test("mosquitto_sub prints the readings", async () => {
      const { host, port } = broker.address;
      const program = referees?.mosquittoSub as string;
      const subscriber = track(new Running(program, ["-h", host, "-p", String(port), "-v", "-t", "home/#"]));
      track(thimble("house", "--broker", broker.url, "--interval", "200ms"));
      await subscriber.output((text) => (text.match(/^home\/temp \d\d\.\d$/gm) ?? []).length >= 3);
      expect(subscriber.stdout).toMatch(/^home\/temperature-sensor\/status online$/m);
    });

    test("the Python script that the house prints receives temperatures and its own message", async () => {
      const script = pahoScript(broker.address).join("\n");
      const python = track(new Running(referees?.python as string, ["-c", script]));
      await python.output((text) => text.includes("home/temp 20.0\n"));
      track(thimble("house", "--broker", broker.url, "--interval", "200ms"));
      const readings = (text: string): string[] => text.match(/^home\/temp (?!20\.0$)\d\d\.\d$/gm) ?? [];
      await python.output((text) => readings(text).length >= 3);
    });
  });
});
