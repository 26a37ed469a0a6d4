import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SMART_LIGHT } from "../../device/home/description";
import { formatDiscovery } from "../../device/home/discovery";
import { BrokerVisit } from "../../host-sim/home/broker/broker-visit";
import type { Household } from "../../host-sim/home/household/household";
import { brokers, type TestBroker } from "../support/brokers";
import { lockedBrokers, makeHousehold, removeHousehold } from "../support/household";
import { buildThimble, thimble } from "../support/thimble";

const ID = "smart-light";
const CONFIG = `homeassistant/device/${ID}/config`;
const QUIET = "50ms";
const NOTHING = { topic: undefined, name: undefined, interval: undefined };
const LIGHT = formatDiscovery({ id: ID, description: SMART_LIGHT, ...NOTHING });

beforeAll(buildThimble);

async function run(...args: string[]): Promise<{ exit: unknown; stdout: string; stderr: string }> {
  const running = thimble(...args, "--quiet", QUIET);
  const exit = await running.exit();
  return { exit, stdout: running.stdout, stderr: running.stderr };
}

describe("with a broker for everybody", () => {
  let broker: TestBroker;
  let visit: BrokerVisit;

  beforeEach(async () => {
    broker = await brokers[0]!.start();
    visit = await BrokerVisit.begin(broker.address);
  });

  afterEach(async () => {
    await visit.end();
    await broker.stop();
  });

  async function keep(messages: Record<string, string>): Promise<void> {
    for (const [topic, payload] of Object.entries(messages))
      await visit.publish(topic, payload, { retain: true });
  }

  test("thimble clean refuses what is online, and tells what it clears", async () => {
    await keep({ [CONFIG]: LIGHT, [`home/${ID}/status`]: "online", "home/light": "{}" });
    const refused = await run("clean", ID, "--broker", broker.url);
    expect(refused).toMatchObject({ exit: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^thimble: smart-light is online.*--force\n$/);
    await keep({ [`home/${ID}/status`]: "offline" });
    expect(await run("clean", ID, "--broker", broker.url, "--dry-run")).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining("would clear home/light (2 bytes)\n"),
    });
    const { stdout } = await run("clean", ID, "--broker", broker.url, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      device: ID,
      cleared: [{ topic: CONFIG }, { topic: `home/${ID}/status` }, { topic: "home/light" }],
    });
  });

  test("thimble discovery check fails for errors, and with --strict for warnings", async () => {
    await keep({ [CONFIG]: LIGHT, [`home/${ID}/status`]: "offline" });
    const check = (...options: string[]): ReturnType<typeof run> =>
      run("discovery", "check", "--broker", broker.url, ...options);
    expect(await check()).toEqual({
      exit: 0,
      stdout: `${CONFIG} (Smart Light, ${LIGHT.length} bytes): good\nmessages: 1, errors: 0, warnings: 0\n`,
      stderr: "",
    });
    await keep({ [`home/${ID}/status`]: "" });
    expect(await check("--strict")).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining("warnings: 1\n"),
    });
    await keep({ "homeassistant/device/b/config": "{}" });
    const { exit, stdout } = await check("--json");
    expect(exit).toBe(1);
    const [bad] = stdout.split("\n").map((line) => (line === "" ? undefined : JSON.parse(line)));
    expect(bad.findings).toContainEqual({ level: "error", path: "origin", message: "is missing" });
  });
});

describe.skipIf(!lockedBrokers[1]!.installed)("with a household's broker", () => {
  let household: Household;
  let broker: Awaited<ReturnType<(typeof lockedBrokers)[number]["start"]>>;

  beforeAll(async () => {
    household = await makeHousehold();
    broker = await lockedBrokers[1]!.start(household);
  });

  afterAll(async () => {
    await broker.stop();
    await removeHousehold(household);
  });

  test("both commands find the broker and take the rights that they need from the household", async () => {
    const device = await BrokerVisit.begin(broker.address, household.credentialsOf(ID), ID);
    for (const [topic, payload] of [
      [CONFIG, LIGHT],
      [`home/${ID}/status`, "offline"],
      ["home/light", "{}"],
    ] as const)
      await device.publish(topic, payload, { retain: true });
    await device.end();
    expect(await run("discovery", "check", "--household", household.directory)).toMatchObject({ exit: 0 });
    const { exit, stdout } = await run("clean", ID, "--household", household.directory);
    expect({ exit, lines: stdout.split("\n").length }).toEqual({ exit: 0, lines: 4 });
  });
});
