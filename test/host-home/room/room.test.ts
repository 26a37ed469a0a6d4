import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../host-sim/clock/virtual-clock";
import { Room, type RoomOptions } from "../../../host-sim/home/room/room";

const HOUR = 3_600_000;

/** The clock starts at midnight UTC. */
function createRoom(options: Partial<Omit<RoomOptions, "clock">> = {}): { clock: VirtualClock; room: Room } {
  const clock = new VirtualClock();
  return { clock, room: new Room({ clock, ...options }) };
}

describe("the temperature of the room", () => {
  it("follows the day: warmest at its warmest hour, coldest twelve hours away", () => {
    const { clock, room } = createRoom({ meanTemperature: 20, amplitude: 2, warmestHour: 15 });
    clock.advance(3 * HOUR);
    expect(room.temperature).toBeCloseTo(18);
    clock.advance(6 * HOUR);
    expect(room.temperature).toBeCloseTo(20);
    clock.advance(6 * HOUR);
    expect(room.temperature).toBeCloseTo(22);
    clock.advance(12 * HOUR);
    expect(room.temperature).toBeCloseTo(18);
  });

  it("follows the house's day, not that of Greenwich", () => {
    const { clock, room } = createRoom({ meanTemperature: 20, amplitude: 2, warmestHour: 15, utcOffset: 9 });
    clock.advance(6 * HOUR);
    expect(room.temperature).toBeCloseTo(22);
  });

  it("rises with the lamp by first order: 63 % of the way in one time constant", () => {
    const { clock, room } = createRoom({ amplitude: 0, thermalResistance: 0.1, timeConstant: 900_000 });
    room.setLamp(1, 10);
    expect(room.temperature).toBeCloseTo(21);
    clock.advance(900_000);
    expect(room.temperature).toBeCloseTo(21 + (1 - 1 / Math.E));
    clock.advance(100 * HOUR);
    expect(room.temperature).toBeCloseTo(22);
    room.setLamp(0, 0);
    expect(room.temperature).toBeCloseTo(22);
    clock.advance(900_000);
    expect(room.temperature).toBeCloseTo(21 + 1 / Math.E);
  });

  it("can be set, and then goes back to its natural course", () => {
    const { clock, room } = createRoom({ amplitude: 0 });
    room.setTemperature(31, { decay: 60_000 });
    expect(room.temperature).toBeCloseTo(31);
    clock.advance(60_000);
    expect(room.temperature).toBeCloseTo(21 + 10 / Math.E);
    clock.advance(HOUR);
    expect(room.temperature).toBeCloseTo(21);
  });

  it("can be held until it is released", () => {
    const { clock, room } = createRoom({ amplitude: 0 });
    room.setTemperature(5, { hold: true, decay: 60_000 });
    clock.advance(10 * HOUR);
    expect(room.temperature).toBe(5);
    room.releaseTemperature();
    expect(room.temperature).toBeCloseTo(5);
    clock.advance(60_000);
    expect(room.temperature).toBeCloseTo(21 - 16 / Math.E);
    room.releaseTemperature();
    expect(room.temperature).toBeCloseTo(21 - 16 / Math.E);
  });

  it("must be a number, and its decay above 0", () => {
    const { room } = createRoom();
    expect(() => room.setTemperature(Number.NaN)).toThrow("temperature NaN is not a number");
    expect(() => room.setTemperature(20, { decay: 0 })).toThrow("decay 0 ms is not above 0");
  });
});

describe("the light in the room", () => {
  it("comes through the window by day", () => {
    const { clock, room } = createRoom();
    expect(room.daylight).toBe(0);
    clock.advance(12 * HOUR);
    expect(room.daylight).toBeCloseTo(1);
    clock.advance(10 * HOUR);
    expect(room.daylight).toBe(0);
  });

  it("and from the lamp", () => {
    const { room } = createRoom();
    room.setLamp(0.5, 4);
    expect(room.lampOutput).toBe(0.5);
  });
});
