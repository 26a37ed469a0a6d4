import { describe, expect, it } from "vitest";
import { createHouseBench, type FirmwareName, type HouseBench } from "./house-bench";

/** Ten seconds of life; something may happen after three of them. */
async function live(happening: (house: HouseBench) => void): Promise<HouseBench> {
  const house = createHouseBench("xs");
  const { clock, camera, light } = house;
  await house.start();
  clock.advance(3_000);
  happening(house);
  for (let visit = 0; visit < 3; visit += 1) {
    camera.act();
    light.act();
    clock.advance(2_000);
  }
  clock.advance(1_000);
  return house;
}

describe.each([
  ["heap", "thermometer", "memory full"],
  ["stack", "light", "stack overflow"],
  ["loop", "camera", "too much computation"],
] as const)("a machine that dies of its %s", (fault, victim: FirmwareName, reason) => {
  it(`is reported by name: ${victim}: ${reason}`, async () => {
    const house = await live((its) => its[victim].device.provoke(fault));
    const { exceptions } = house[victim];
    expect(exceptions.map(({ message }) => message)).toEqual([`${victim}: ${reason}`]);
    expect(exceptions[0]).toMatchObject({ firmware: victim, reason });
    await house.stop();
  });

  it("is never noticed by the other two: byte for byte, and to the millisecond", async () => {
    const quiet = await live(() => {});
    const house = await live((its) => its[victim].device.provoke(fault));
    for (const [index, other] of house.devices.entries()) {
      if (other.name === victim) continue;
      expect(other.exceptions).toEqual([]);
      expect(other.broker.writes).toEqual(quiet.devices[index]!.broker.writes);
      expect(other.device.usage()).toEqual(quiet.devices[index]!.device.usage());
    }
    await house.stop();
    await quiet.stop();
  });

  it("leaves its broker a half-open connection and its pins alone; after a second the board starts again", async () => {
    const house = createHouseBench("xs");
    const { clock } = house;
    const { board, broker, device, network } = house[victim];
    await house.start();
    clock.advance(3_000);
    const peer = broker.peer!;
    const sent = broker.packets.length;
    device.provoke(fault);
    expect(device.state).toBe("failed");
    expect([board.openInstances, network.isOpen]).toEqual([0, false]);
    clock.advance(999);
    expect([peer.open, broker.packets.length]).toEqual([true, sent]);
    clock.advance(1_000);
    expect(device.state).toBe("running");
    expect(device.restarts).toBe(1);
    expect(broker.packets[sent]).toMatchObject({ cmd: "connect" });
    expect(broker.lines().slice(sent)).toContain(broker.lines()[1]);
    await house.stop();
  });
});

it("a hundred deaths of one device cost the engine no more memory than one", async () => {
  const house = createHouseBench("xs");
  await house.start();
  const { camera, clock } = house;
  for (let death = 0; death < 100; death += 1) {
    clock.advance(1_500);
    camera.act();
    clock.advance(500);
    camera.device.provoke(death % 2 ? "heap" : "stack");
    clock.advance(1_000);
  }
  expect(camera.device.restarts).toBe(100);
  expect(camera.device.usage()?.slots).toBeLessThan(768);
  await house.stop();
});
