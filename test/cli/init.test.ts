import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Household } from "../../host-sim/home/household/household";
import { freePort } from "../support/mosquitto";
import { buildThimble, events, ROOT, Running, thimble } from "../support/thimble";

let directory: string;
let household: string;
beforeAll(async () => {
  await buildThimble();
  directory = await mkdtemp(join(tmpdir(), "thimble-init-"));
  household = join(directory, ".thimble", "household");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** In the directory whose household it is. */
function here(...args: string[]): Running {
  return new Running(process.execPath, [`${ROOT}dist/thimble.js`, ...args], {}, directory);
}

test("thimble init makes a household, thimble house locks its doors with it, and neither prints a secret", async () => {
  const init = here("init", "--person", "anna", "--port", String(await freePort()), "--password-port", "1");
  expect(await init.exit()).toBe(0);
  const passwordFile = join(".thimble", "household", "passwords", "anna");
  expect(init.stdout).toContain(passwordFile);

  const house = here("house", "--port", "0", "--for", "2s", "--report", "report.json");
  expect(await house.exit()).toBe(0);
  expect(house.stdout).toContain("The doors are locked: it lets in the members of .thimble/household only.");
  expect(house.stdout).toContain("lost 0");
  const report = await readFile(join(directory, "report.json"), "utf8");
  expect(JSON.parse(report)).toMatchObject({ lost: 0, broker: expect.stringMatching(/^mqtts:/) });

  const members = Household.open(household) as Household;
  const machines = [...members.devices, "analytics", "alerts", "mobile-app", "home-assistant", "watcher"];
  const secrets = [
    ...machines.map((name) => members.passwordOf(name)),
    (await readFile(join(directory, passwordFile), "utf8")).trim(),
    "PRIVATE KEY",
  ];
  const output = [init.stdout, init.stderr, house.stdout, house.stderr, report].join("\n");
  expect(secrets.filter((secret) => output.includes(secret))).toEqual([]);
});

test("--no-household leaves the doors open, and says so", async () => {
  const house = here("house", "--no-household", "--port", "0");
  await house.output((stdout) => stdout.includes("The doors are not locked"));
  await house.kill("SIGINT");
  expect(house.stdout).toContain("Broker: mqtt://127.0.0.1:");
});

test.each([
  [
    ["house", "--household", "/nowhere"],
    "thimble: there is no household in /nowhere: make one with thimble init",
  ],
  [
    ["house", "--broker", "mqtts://localhost:1"],
    "thimble: mqtts://localhost:1 asks for certificates, and there is no",
  ],
  [["house", "--broker", "wss://localhost:1"], "thimble: the devices of a house do not speak wss"],
  [["house", "--broker", "mqtt://h:1", "--household", "x"], "thimble: mqtt://h:1 asks for no certificate"],
  [["init", "--person", "a b"], 'thimble: person "a b": a name is'],
  [["init", "--device", "attic=x"], "thimble: option '--device <id...>' argument 'attic=x' is invalid."],
])("%j ends with 2 and one line", async (args, message) => {
  const running =
    args[0] === "house" ? thimble(...args) : here(...args, "--household", join(directory, "other"));
  expect(await running.exit()).toBe(2);
  expect(running.stderr).toMatch(/^[^\n]*\n$/);
  expect(running.stderr.startsWith(message)).toBe(true);
});

test.each(["authority", "services", "devices"])(
  "kill -9 as soon as there are %s leaves what another run completes",
  async (part) => {
    const directory = join(household, "..", `killed-${part}`);
    const first = here("init", "--household", directory, "--person", "anna");
    while (!existsSync(join(directory, part)) && first.process.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 2));
    await first.kill("SIGKILL");
    const before = existsSync(join(directory, "authority", "key.pem"))
      ? await readFile(join(directory, "authority", "key.pem"), "utf8")
      : undefined;
    const second = here("init", "--household", directory, "--person", "anna");
    expect(await second.exit()).toBe(0);
    const whole = Household.open(directory) as Household;
    expect([whole.people, whole.devices.length]).toEqual([["anna"], 3]);
    const { authority, certificate } = whole.credentialsOf("smart-light");
    expect(new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey)).toBe(true);
    if (before !== undefined)
      expect(await readFile(join(directory, "authority", "key.pem"), "utf8")).toBe(before);
  },
);

test("a house on a household's port that is taken names it, and another way", async () => {
  const first = here("house", "--json");
  await first.output((stdout) => events(stdout).some(({ event }) => event === "started"));
  const second = here("house", "--json");
  expect(await second.exit()).toBe(2);
  expect(second.stderr).toMatch(/^thimble: port \d+ is in use: .*--port N/);
  await first.kill("SIGINT");
});
