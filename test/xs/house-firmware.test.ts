import { describe, expect, it } from "vitest";
import type { EngineName } from "../../host-sim/device-process";
import { createHouseBench, type HouseBench } from "./house-bench";

/** Twenty seconds in a house: readings, visitors, commands good and bad, and a network that goes away. */
async function live(engine: EngineName): Promise<HouseBench> {
  const house = createHouseBench(engine);
  const { clock, camera, light } = house;
  await house.start();
  clock.advance(3_000);
  for (let visit = 0; visit < 3; visit += 1) {
    camera.act();
    light.act();
    clock.advance(2_000);
  }
  light.broker.publish("home/light/set", '{"state":"ON","brightness":128}');
  light.broker.publish("home/light/set", '{"state":"ON","brightness":');
  clock.advance(1_000);
  light.network.dropConnections();
  clock.advance(10_000);
  return house;
}

describe("the three firmwares, as they would be flashed, in XS machines", () => {
  it("write the same bytes at the same times as in Node's engine", async () => {
    const [node, xs] = [await live("node"), await live("xs")];
    for (const [index, device] of xs.devices.entries()) {
      expect(device.exceptions).toEqual([]);
      expect(device.broker.writes).toEqual(node.devices[index]!.broker.writes);
      expect(device.broker.writes.length).toBeGreaterThan(5);
      expect(device.board.journal.entries()).toEqual(node.devices[index]!.board.journal.entries());
    }
    await node.stop();
    await xs.stop();
    for (const { broker } of xs.devices) expect(broker.lines().at(-1)).toBe("disconnect");
    // A sensor that has power goes on measuring.
    expect(xs.clock.pending).toBe(node.clock.pending);
  });

  it("fit into what their manifests give them: no heap grows, and a picture lies outside of it", async () => {
    const house = await live("xs");
    for (const { device } of house.devices) {
      const usage = device.usage({ live: true })!;
      expect(usage).toMatchObject({ heap: 768, chunk: 16_384, stack: 640 });
      expect(usage.peakSlots).toBeLessThan(usage.heap);
      expect(usage.slots).toBeLessThan(500);
      // Garbage may fill them; a heap that grows has more than that.
      expect(usage.peakChunkBytes).toBeLessThanOrEqual(usage.chunk);
      expect(usage.chunkBytes).toBeLessThan(7_000);
      expect(usage.peakStack).toBeLessThan(usage.stack * 0.9);
    }
    await house.stop();
  });

  it("need the same memory and work in every run", async () => {
    const usages = [];
    for (let run = 0; run < 2; run += 1) {
      const house = await live("xs");
      usages.push(house.devices.map(({ device }) => device.usage()));
      await house.stop();
    }
    expect(usages[0]).toEqual(usages[1]);
  });

  it("keep what they need constant: a thousand readings later no slot and no byte more", async () => {
    const house = createHouseBench("xs");
    const { clock, thermometer } = house;
    await house.start();
    clock.advance(100_000);
    const before = thermometer.device.usage({ live: true })!;
    clock.advance(1_000_000);
    const after = thermometer.device.usage({ live: true })!;
    expect(thermometer.broker.payloads("home/temp").length).toBeGreaterThan(1_000);
    expect(after.slots - before.slots).toBe(0);
    expect(Math.abs(after.chunkBytes - before.chunkBytes)).toBeLessThanOrEqual(8);
    await house.stop();
  });
});
