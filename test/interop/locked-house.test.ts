import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DEVICE_IDS } from "../../host-sim/home/house-device";
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
