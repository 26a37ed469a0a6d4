import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DEVICE_IDS } from "../../host-sim/home/house/house-device";
import { brokers, type TestBroker } from "../support/brokers";
import { TestHouse } from "../support/test-house";

describe.each(brokers)("the house in XS machines, over real sockets, on $name", ({ installed, start }) => {
  let broker: TestBroker;
  let house: TestHouse;
  let stopped: boolean;

  beforeEach(async ({ skip }) => {
    if (!installed) skip();
    broker = await start();
    stopped = false;
    house = new TestHouse({ broker: broker.address, engine: "xs" });
    await house.house.start();
    for (const id of DEVICE_IDS)
      await house.until({ event: "received", topic: `home/${id}/status`, payload: "online" });
  });

  afterEach(async () => {
    if (!installed) return;
    if (!stopped) await house.stop();
    await broker.stop();
  });

  async function stop(): ReturnType<TestHouse["stop"]> {
    stopped = true;
    return await house.stop();
  }

  test("nothing is lost, and every heap stays within its manifest's sizes", async () => {
    house.perform({ action: "motion" });
    house.perform({ action: "button" });
    await house.until({ event: "received", topic: "home/temp" }, 5);
    await house.until({ event: "received", topic: "home/camera" });
    await house.until({ event: "received", topic: "home/camera/image" });
    await house.until({ event: "received", topic: "home/light" }, 2);
    const report = await stop();
    expect(report).toMatchObject({ broker: broker.url, lost: 0 });
    for (const { errors, machine } of report.devices) {
      expect(errors).toEqual([]);
      expect(machine).toMatchObject({ heap: 768, chunk: 16_384, stack: 640, restarts: 0 });
      expect(machine!.slots).toBeLessThan(machine!.heap);
      expect(machine!.peakSlots).toBeLessThan(machine!.heap);
      expect(machine!.peakChunkBytes).toBeLessThanOrEqual(machine!.chunk);
      expect(machine!.peakStack).toBeLessThan(machine!.stack);
      expect(machine!.workPerMessage).toBeGreaterThan(0);
    }
    for (const id of DEVICE_IDS) {
      const status = house.matching({ event: "received", topic: `home/${id}/status` });
      expect(status.map(({ payload }) => payload)).toEqual(["online", "offline"]);
    }
  });

  test.each([
    ["heap", "smart-light", "light: memory full"],
    ["stack", "security-camera", "camera: stack overflow"],
    ["loop", "temperature-sensor", "thermometer: too much computation"],
  ] as const)(
    "a %s that overflows ends %s by name, and it comes back; the others stay",
    async (fault, device, error) => {
      house.perform({ action: "crash", device, fault });
      await house.until({ event: "connected", device, reconnects: 1 });
      await house.until({ event: "received", topic: "home/temp" }, 3);
      const report = await stop();
      expect(report.lost).toBe(0);
      expect(house.matching({ event: "error" }).map(({ text }) => text)).toEqual([
        `${error}; the board restarts`,
      ]);
      for (const { id, errors, reconnects, machine } of report.devices) {
        const isDead = id === device;
        expect([errors, reconnects, machine?.restarts]).toEqual(isDead ? [[error], 1, 1] : [[], 0, 0]);
      }
    },
  );
});
