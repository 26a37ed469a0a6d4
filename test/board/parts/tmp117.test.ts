import { describe, expect, it } from "vitest";
import { TMP117Part, type TMP117PartOptions } from "../../../host-sim/board/parts/tmp117";
import { createRandom } from "../../../host-sim/board/random";
import { createBoard } from "../support";

const ALERT_PIN = 4;

function createSensor(options: Partial<TMP117PartOptions> = {}) {
  const { board, clock } = createBoard();
  const ambient = { temperature: 25 };
  const part = board.attach(new TMP117Part({ temperature: () => ambient.temperature, ...options }));
  const { SMBus } = board.provider.io;
  const bus = new SMBus({ ...board.provider.I2C.default, address: part.address, hz: 400_000 });
  const read = (register: number) => bus.readUint16(register, true);
  const write = (register: number, value: number) => bus.writeUint16(register, value, true);
  return { board, clock, ambient, part, bus, read, write };
}

/** Bits of the configuration register. */
const HIGH_ALERT = 0x8000;
const LOW_ALERT = 0x4000;
const DATA_READY = 0x2000;
const BUSY = 0x1000;

describe("the registers of a TMP117 at power-up (SNOSD82D table 7-4)", () => {
  const table: [string, number, number][] = [
    ["temperature reads -256 degrees", 0x00, 0x8000],
    ["configuration is 0220h", 0x01, 0x0220],
    ["high limit is 192 degrees", 0x02, 0x6000],
    ["low limit is -256 degrees", 0x03, 0x8000],
    ["EEPROM is locked", 0x04, 0x0000],
    ["EEPROM1 has the serial number", 0x05, 0x1111],
    ["EEPROM2 has the serial number", 0x06, 0x2222],
    ["temperature offset is 0", 0x07, 0x0000],
    ["EEPROM3 has the serial number", 0x08, 0x3333],
    ["a register that does not exist reads 0", 0x09, 0x0000],
    ["device id is 0117h", 0x0f, 0x0117],
  ];
  const { clock, read } = createSensor({ serialNumber: [0x1111, 0x2222, 0x3333] });
  clock.advance(2);
  for (const [what, register, value] of table)
    it(`${what}`, () => {
      expect(read(register)).toBe(value);
    });
});

describe("the temperature register (SNOSD82D table 7-1)", () => {
  const table: [celsius: number, register: number][] = [
    [-256, 0x8000],
    [-25, 0xf380],
    [-0.125, 0xfff0],
    [-0.0078125, 0xffff],
    [0, 0x0000],
    [0.0078125, 0x0001],
    [0.125, 0x0010],
    [1, 0x0080],
    [25, 0x0c80],
    [100, 0x3200],
    [255.9921875, 0x7fff],
    [300, 0x7fff],
  ];
  for (const [celsius, register] of table)
    it(`is ${register.toString(16).padStart(4, "0")}h at ${celsius} degrees`, () => {
      const { clock, ambient, read } = createSensor();
      ambient.temperature = celsius;
      clock.advance(1000);
      expect(read(0x00)).toBe(register);
    });

  it("has the offset register added", () => {
    const { clock, read, write } = createSensor();
    write(0x07, 0xff80);
    clock.advance(1000);
    expect(read(0x00)).toBe(24 * 128);
  });

  it("cannot be written, nor can the device id", () => {
    const { read, write } = createSensor();
    write(0x00, 0x1234);
    write(0x0f, 0x1234);
    expect([read(0x00), read(0x0f)]).toEqual([0x8000, 0x0117]);
  });
});

describe("the pointer register", () => {
  it("keeps its value for repeated reads, and registers go over the bus with the high byte first", () => {
    const { board, clock, bus } = createSensor();
    clock.advance(1000);
    bus.write(Uint8Array.of(0x00));
    for (let times = 0; times < 2; times += 1) expect([...new Uint8Array(bus.read(2))]).toEqual([0x0c, 0x80]);
    expect(board.journal.lines({ device: "i2c" })).toEqual([
      "i2c 48 open",
      "i2c 48 write 00",
      "i2c 48 read 0c 80",
      "i2c 48 read 0c 80",
    ]);
  });

  it("changes alone when one data byte is missing, and a read of one byte gives the high byte", () => {
    const { bus, read } = createSensor();
    bus.write(Uint8Array.of(0x02, 0x12));
    expect(bus.receiveByte()).toBe(0x60);
    expect(read(0x02)).toBe(0x6000);
    bus.write(Uint8Array.of(0x0f));
    expect([...new Uint8Array(bus.read(3))]).toEqual([0x01, 0x17, 0xff]);
  });
});

describe("the conversion cycle (SNOSD82D section 7.6.3)", () => {
  const cycles: readonly (readonly number[])[] = [
    [15.5, 125, 500, 1000],
    [125, 125, 500, 1000],
    [250, 250, 500, 1000],
    [500, 500, 500, 1000],
    [1000, 1000, 1000, 1000],
    [4000, 4000, 4000, 4000],
    [8000, 8000, 8000, 8000],
    [16_000, 16_000, 16_000, 16_000],
  ];
  const averaged = [1, 8, 32, 64];
  for (const [conversion, row] of cycles.entries())
    for (const [averaging, cycle] of row.entries())
      it(`CONV ${conversion} and AVG ${averaging}: every ${cycle} ms, the first after ${15.5 * (averaged[averaging] ?? 0)} ms`, () => {
        const { clock, part, write } = createSensor();
        const first = 15.5 * (averaged[averaging] ?? 0);
        clock.advance(2);
        write(0x01, (conversion << 7) | (averaging << 5));
        const start = part.conversions;
        clock.advance(first - 0.1);
        // CONV 100 and AVG 01 are the default: writing them starts nothing anew.
        const isDefault = conversion === 4 && averaging === 1;
        if (!isDefault) expect(part.conversions - start).toBe(0);
        clock.advance(0.2);
        expect(part.conversions - start).toBe(1);
        clock.advance(cycle * 3);
        expect(part.conversions - start).toBe(4);
      });

  it("sets data ready, which a read of the temperature or of the configuration clears", () => {
    const { clock, read } = createSensor();
    clock.advance(126);
    expect(read(0x01) & DATA_READY).toBe(DATA_READY);
    expect(read(0x01) & DATA_READY).toBe(0);
    clock.advance(1000);
    read(0x00);
    expect(read(0x01) & DATA_READY).toBe(0);
    clock.advance(1000);
    expect(read(0x01) & DATA_READY).toBe(DATA_READY);
  });

  it("takes the temperature at the end of the conversion", () => {
    const { clock, ambient, read } = createSensor();
    clock.advance(1000);
    ambient.temperature = 30;
    expect(read(0x00)).toBe(25 * 128);
    clock.advance(1000);
    expect(read(0x00)).toBe(30 * 128);
  });
});

describe("the modes", () => {
  it("shutdown aborts the conversion and starts none", () => {
    const { clock, part, read, write } = createSensor();
    clock.advance(10);
    write(0x01, 0x0420);
    clock.advance(100_000);
    expect(part.conversions).toBe(0);
    expect(clock.pending).toBe(0);
    expect(read(0x01)).toBe(0x0420);
  });

  it("one-shot makes one conversion and then reads as shutdown, as often as it is written", () => {
    const { clock, part, read, write } = createSensor();
    for (const conversions of [1, 2]) {
      write(0x01, 0x0c00);
      expect(read(0x01) & 0x0c00).toBe(0x0c00);
      clock.advance(15.5);
      expect(read(0x01)).toBe(0x0400 | DATA_READY);
      clock.advance(10_000);
      expect(part.conversions).toBe(conversions);
    }
  });

  it("10 is continuous mode as well and reads back as 00", () => {
    const { clock, part, read, write } = createSensor();
    clock.advance(5);
    write(0x01, 0x0820);
    expect(read(0x01)).toBe(0x0020);
    clock.advance(1000);
    expect(part.conversions).toBe(8);
  });
});

describe("the alerts (SNOSD82D section 7.4.4)", () => {
  it("are flags that stay until the configuration is read", () => {
    const { clock, ambient, read, write } = createSensor();
    write(0x02, 30 * 128);
    write(0x03, 20 * 128);
    ambient.temperature = 31;
    clock.advance(1000);
    ambient.temperature = 19;
    clock.advance(1000);
    const alerts = HIGH_ALERT | LOW_ALERT;
    expect(read(0x01) & alerts).toBe(alerts);
    expect(read(0x01) & alerts).toBe(0);
    ambient.temperature = 25;
    clock.advance(1000);
    expect(read(0x01) & alerts).toBe(0);
  });

  it("in therm mode follow the temperature with hysteresis", () => {
    const { clock, ambient, read, write } = createSensor();
    write(0x02, 30 * 128);
    write(0x03, 20 * 128);
    write(0x01, 0x0230);
    const flags = [31, 25, 19, 25].map((celsius) => {
      ambient.temperature = celsius;
      clock.advance(1000);
      return read(0x01) & (HIGH_ALERT | LOW_ALERT);
    });
    expect(flags).toEqual([HIGH_ALERT, HIGH_ALERT, 0, 0]);
  });

  it("pull the ALERT pin low, or with POL let it go", () => {
    const { board, clock, ambient, read, write } = createSensor({ alertPin: ALERT_PIN });
    const { Digital } = board.provider.io;
    const alert = new Digital({ pin: ALERT_PIN, mode: Digital.InputPullUp });
    write(0x02, 30 * 128);
    ambient.temperature = 31;
    expect(alert.read()).toBe(1);
    clock.advance(1000);
    expect(alert.read()).toBe(0);
    read(0x01);
    expect(alert.read()).toBe(1);
    write(0x01, 0x0228);
    expect(alert.read()).toBe(0);
    clock.advance(1000);
    expect(alert.read()).toBe(1);
  });

  it("leave the ALERT pin to data ready with the DR/Alert bit", () => {
    const { board, clock, read, write } = createSensor({ alertPin: ALERT_PIN });
    const { Digital } = board.provider.io;
    const alert = new Digital({ pin: ALERT_PIN, mode: Digital.InputPullUp });
    write(0x01, 0x0224);
    clock.advance(1000);
    expect(alert.read()).toBe(0);
    read(0x00);
    expect(alert.read()).toBe(1);
  });
});

describe("resets and EEPROM", () => {
  it("a soft reset brings every register back and takes 2 ms", () => {
    const { clock, read, write } = createSensor();
    clock.advance(1000);
    write(0x02, 0x1000);
    write(0x01, 0x0622);
    expect(read(0x01) & BUSY).toBe(BUSY);
    clock.advance(2);
    expect([read(0x00), read(0x01), read(0x02)]).toEqual([0x8000, 0x0220, 0x6000]);
    clock.advance(124);
    expect(read(0x00)).toBe(25 * 128);
  });

  it("a general call reset does the same for every TMP117 on the bus", () => {
    const { board, read, write } = createSensor();
    board.attach(new TMP117Part({ temperature: () => 25, address: 0x49 }));
    const { I2C } = board.provider.io;
    const generalCall = new I2C({ ...board.provider.I2C.default, address: 0, hz: 400_000 });
    write(0x02, 0x1000);
    expect(() => generalCall.write(Uint8Array.of(0x04))).toThrow("write failed");
    generalCall.write(Uint8Array.of(0x06));
    expect(read(0x02)).toBe(0x6000);
  });

  it("limits written while unlocked survive a power cycle, others do not", () => {
    const { board, clock, bus, write } = createSensor();
    write(0x03, 0x0400);
    write(0x04, 0x8000);
    write(0x02, 0x1000);
    write(0x01, 0x0420);
    expect(bus.readUint16(0x04, true)).toBe(0xc000);
    clock.advance(7);
    expect(bus.readUint16(0x04, true)).toBe(0x8000);
    board.reset();
    const { SMBus } = board.provider.io;
    const again = new SMBus({ ...board.provider.I2C.default, address: 0x48, hz: 400_000 });
    clock.advance(2);
    const registers = [1, 2, 3, 4].map((register) => again.readUint16(register, true));
    expect(registers).toEqual([0x0420, 0x1000, 0x8000, 0x0000]);
  });
});

describe("noise", () => {
  const deviation = (averaging: number) => {
    const { clock, read, write } = createSensor({ noise: 0.5, random: createRandom(5) });
    write(0x01, averaging << 5);
    const values = Array.from({ length: 300 }, () => {
      clock.advance(1000);
      return ((read(0x00) << 16) >> 16) / 128 - 25;
    });
    return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  };

  it("has the deviation asked for, which averaging divides by its square root", () => {
    expect(deviation(0)).toBeGreaterThan(0.4);
    expect(deviation(0)).toBeLessThan(0.6);
    expect(deviation(3) * 8).toBeGreaterThan(0.4);
    expect(deviation(3) * 8).toBeLessThan(0.6);
  });
});

describe("a TMP117 part", () => {
  it("has one of the four addresses of its ADD0 pin", () => {
    expect(() => new TMP117Part({ temperature: () => 0, address: 0x4c })).toThrow("0x4c is not 0x48 to 0x4b");
    expect(createSensor({ address: 0x4b }).read(0x0f)).toBe(0x0117);
  });
});
