import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DEVICE_IDS } from "../../host-sim/home/house/house-device";
import type { Household } from "../../host-sim/home/household/household";
import {
  type LockedBroker,
  lockedBrokers,
  makeHousehold,
  removeHousehold,
  Visitor,
} from "../support/household";
import { TestHouse } from "../support/test-house";

let household: Household;
beforeAll(async () => {
  household = await makeHousehold({ people: ["anna"] });
});
afterAll(() => removeHousehold(household));

describe("a house with a household", () => {
  const endings: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  async function start(members: Household, engine: "node" | "xs"): Promise<TestHouse> {
    const broker = await lockedBrokers[0]!.start(members);
    endings.push(() => broker.stop());
    const house = new TestHouse({ broker: broker.address, household: members, engine });
    endings.push(() => house.house.stop());
    await house.house.start();
    return house;
  }

  test("in XS machines: certificates out of flash, the date from a time server", async () => {
    const house = await start(household, "xs");
    await house.until({ event: "received", topic: "home/temp" }, 2);
    await house.until({ event: "received", topic: "home/light" });
    house.perform({ action: "motion" });
    await house.until({ event: "received", topic: "home/camera" });
    const report = await house.stop();
    expect(report.lost).toBe(0);
    expect(report.devices.map(({ errors }) => errors)).toEqual([[], [], []]);
  });

  test("keeps out a device of another household, which says so", async () => {
    const other = await makeHousehold();
    endings.push(() => removeHousehold(other));
    const files = household.boardFiles("smart-light");
    for (const name of ["board-certificate.der", "board-key.der"])
      writeFileSync(join(other.directory, "devices", "smart-light", name), files[name]!);
    const house = await start(other, "node");
    await house.until({ event: "connected", device: "temperature-sensor" });
    // Its date, then why it is not connected, again and again.
    await house.until({ event: "trace", device: "smart-light" }, 3);
    const said = house.matching({ event: "trace", device: "smart-light" }).map(({ text }) => text);
    expect(said[2]).toMatch(/^not connected: /);
    expect(house.matching({ event: "connected", device: "smart-light" })).toEqual([]);
  });
});

describe.each(lockedBrokers)("a house with a household, on $name", ({ installed, start }) => {
  let broker: LockedBroker;
  let house: TestHouse;

  beforeEach(async ({ skip }) => {
    if (!installed) skip();
    broker = await start(household);
    house = new TestHouse({ broker: broker.address, household });
    await house.house.start();
    for (const id of DEVICE_IDS)
      await house.until({ event: "received", topic: `home/${id}/status`, payload: "online" });
  });

  afterEach(() => broker?.stop());

  test("every device comes in with its own certificate, and nothing is lost", async () => {
    house.perform({ action: "motion" });
    house.perform({ action: "button" });
    await house.until({ event: "received", topic: "home/temp" }, 5);
    await house.until({ event: "received", topic: "home/camera" });
    await house.until({ event: "received", topic: "home/camera/image" });
    await house.until({ event: "received", topic: "home/light" }, 2);
    const report = await house.stop();
    expect(report).toMatchObject({ broker: `mqtts://localhost:${household.settings.port}`, lost: 0 });
    expect(report.devices.map(({ errors }) => errors)).toEqual([[], [], []]);
    expect(
      house.matching({ event: "trace" }).filter(({ text }) => /^date: /.test(text as string)),
    ).toHaveLength(3);
  });

  test("a person switches the lamp", async () => {
    await house.until({ event: "received", topic: "home/light" });
    const anna = await Visitor.member(broker.address, household, "anna", { clientId: "phone" });
    const state = '{"state":"ON","brightness":128}';
    await anna.client.publishAsync("home/light/set", state, { qos: 1 });
    await house.until({ event: "received", topic: "home/light", payload: state });
    await anna.leave();
    expect((await house.stop()).lost).toBe(0);
  });

  test("the broker dies and comes back: so do the devices, and nothing accepted is lost", async () => {
    await house.until({ event: "received", topic: "home/temp" }, 3);
    await broker.kill();
    for (const device of DEVICE_IDS) await house.until({ event: "disconnected", device });
    house.perform({ action: "motion" });
    await broker.restart();
    for (const device of DEVICE_IDS) await house.until({ event: "connected", device, reconnects: 1 });
    await house.until({ event: "received", topic: "home/camera" });
    const report = await house.stop();
    expect(report.lost).toBe(0);
  });
});
