import { describe, expect, it } from "vitest";
import type { I2COptions } from "../../host-sim/board/i2c";
import type { I2CPart } from "../../host-sim/board/i2c-bus";
import { createBoard, wrong } from "./support";

/** Keeps what is written and sends it back. */
class Echo implements I2CPart {
  bytes: number[] = [];
  write(bytes: Uint8Array): boolean {
    this.bytes = Array.from(bytes);
    return true;
  }
  read(buffer: Uint8Array): boolean {
    buffer.forEach((_, index) => {
      buffer[index] = this.bytes[index] ?? 0xff;
    });
    return true;
  }
}

const ADDRESS = 0x48;

function createEcho() {
  const { board } = createBoard();
  const part = new Echo();
  board.i2c().connect(ADDRESS, part);
  const { I2C } = board.provider.io;
  const options = { ...board.provider.I2C.default, address: ADDRESS, hz: 400_000 };
  return { board, part, I2C, options };
}

describe("the options of I2C", () => {
  const { board, I2C, options } = createEcho();
  const without = (name: string) =>
    Object.fromEntries(Object.entries(options).filter(([key]) => key !== name));
  const cases: [string, unknown, new (message?: string) => Error, string][] = [
    ["no data pin", without("data"), RangeError, "data required"],
    ["no clock pin", without("clock"), RangeError, "clock required"],
    ["no address", without("address"), RangeError, "address required"],
    ["an undefined address", { ...options, address: undefined }, Error, "invalid"],
    ["a negative pin", { ...options, data: -1 }, RangeError, "negative"],
    ["an address of more than 7 bits", { ...options, address: 128 }, RangeError, "invalid address"],
    ["a pin that cannot be an output", { ...options, data: 35 }, RangeError, "unusable pins"],
    ["no frequency", without("hz"), RangeError, "invalid hz"],
    ["a frequency above 20 MHz", { ...options, hz: 20_000_001 }, RangeError, "invalid hz"],
    ["a timeout below -1", { ...options, timeout: -2 }, RangeError, "invalid timeout"],
    ["a third controller", { ...options, port: 2 }, RangeError, "invalid port"],
    ["an unknown format", { ...options, format: "number" }, RangeError, "invalid format"],
  ];
  for (const [what, bad, Class, message] of cases)
    it(`${what} throws "${message}"`, () => {
      const open = () => new I2C(wrong<I2COptions>(bad));
      expect(open).toThrow(Class);
      expect(open).toThrow(message);
      expect(board.openInstances).toBe(0);
    });

  it("an address can be open once on a bus, and many addresses share its pins", () => {
    const first = new I2C(options);
    expect(() => new I2C(options)).toThrow("duplicate address");
    const other = new I2C({ ...options, address: 0x49 });
    first.close();
    const again = new I2C(options);
    again.close();
    other.close();
  });

  it("pins of a bus are in use until its last instance is closed", () => {
    const { Digital } = board.provider.io;
    const first = new I2C(options);
    const second = new I2C({ ...options, address: 0x49 });
    const take = () => new Digital({ pin: 21, mode: Digital.Input });
    first.close();
    expect(take).toThrow("in use");
    second.close();
    const pin = take();
    expect(() => new I2C(options)).toThrow("inUse");
    pin.close();
  });

  it("the chip has two I2C controllers", () => {
    const open = [new I2C(options), new I2C({ ...options, data: 4, clock: 5 })];
    expect(() => new I2C({ ...options, data: 16, clock: 17 })).toThrow("can't create bus");
    for (const i2c of open) i2c.close();
  });
});

describe("an I2C instance", () => {
  it("writes and reads bytes, which the journal keeps", () => {
    const { board, part, I2C, options } = createEcho();
    const i2c = new I2C(options);
    i2c.write(Uint8Array.of(1, 2, 0x20), false);
    expect(part.bytes).toEqual([1, 2, 0x20]);
    expect(new Uint8Array(i2c.read(2))).toEqual(Uint8Array.of(1, 2));
    i2c.close();
    expect(board.journal.lines()).toEqual([
      "i2c 48 open",
      "i2c 48 write 01 02 20",
      "i2c 48 read 01 02",
      "i2c 48 close",
    ]);
  });

  it("fills the caller's buffer and returns its byte length", () => {
    const { I2C, options } = createEcho();
    const i2c = new I2C(options);
    i2c.write(Uint8Array.of(7, 8, 9).buffer);
    const bytes = new Uint8Array(4);
    expect(i2c.read(bytes.subarray(1, 3))).toBe(2);
    expect(bytes).toEqual(Uint8Array.of(0, 7, 8, 0));
  });

  it("writes what was in the buffer at the time of the call, also from the middle of it", () => {
    const { part, I2C, options } = createEcho();
    const bytes = Uint8Array.of(1, 2, 3, 4);
    new I2C(options).write(bytes.subarray(1, 3));
    bytes.fill(0);
    expect(part.bytes).toEqual([2, 3]);
  });

  it("writes and then reads in one transaction, into the same buffer if wished", () => {
    const { I2C, options } = createEcho();
    const bytes = Uint8Array.of(5, 6);
    const i2c = new I2C(options);
    expect(i2c.writeRead(bytes, bytes)).toBe(2);
    expect(bytes).toEqual(Uint8Array.of(5, 6));
    expect(new Uint8Array(i2c.writeRead(bytes, 1))).toEqual(Uint8Array.of(5));
  });

  it("throws where no part acknowledges its address", () => {
    const { board, I2C, options } = createEcho();
    const i2c = new I2C({ ...options, address: 0x10 });
    expect(() => i2c.write(Uint8Array.of(0))).toThrow("write failed");
    expect(() => i2c.read(1)).toThrow("read failed");
    expect(() => i2c.writeRead(Uint8Array.of(0), 1)).toThrow("writeRead failed");
    expect(board.journal.lines({ address: 0x10 })).toEqual([
      "i2c 10 open",
      "i2c 10 write 00 NACK",
      "i2c 10 read NACK",
      "i2c 10 write 00 NACK",
    ]);
  });

  it("asks with an empty write whether a part answers", () => {
    const { I2C, options } = createEcho();
    expect(new I2C(options).write(new ArrayBuffer(0))).toBeUndefined();
    expect(new I2C({ ...options, address: 0x10 }).write(new ArrayBuffer(0))).toBe(1);
  });

  it("refuses to read nothing and to write what is no buffer", () => {
    const { I2C, options } = createEcho();
    const i2c = new I2C(options);
    expect(() => i2c.read(0)).toThrow("read failed");
    expect(() => i2c.write(wrong<ArrayBuffer>([1, 2]))).toThrow(TypeError);
  });

  it("closes twice without complaint and throws on any use after it", () => {
    const { I2C, options } = createEcho();
    const i2c = new I2C({ ...options, target: 1 });
    expect(i2c.target).toBe(1);
    i2c.close();
    i2c.close();
    expect(() => i2c.write(Uint8Array.of(1))).toThrow(SyntaxError);
    expect(() => i2c.read(1)).toThrow(SyntaxError);
  });

  it('has the format "buffer" and no other', () => {
    const { I2C, options } = createEcho();
    const i2c = new I2C(options);
    expect(i2c.format).toBe("buffer");
    expect(() => {
      i2c.format = wrong<"buffer">("number");
    }).toThrow(RangeError);
  });
});

describe("two parts", () => {
  it("cannot have the same address on one bus", () => {
    const { board } = createEcho();
    expect(() => board.i2c().connect(ADDRESS, new Echo())).toThrow("two parts at I2C address 0x48");
    board.i2c({ data: 4, clock: 5 }).connect(ADDRESS, new Echo());
  });
});

describe("SMBus", () => {
  function createSMBus() {
    const echo = createEcho();
    const { SMBus } = echo.board.provider.io;
    return { ...echo, smbus: new SMBus(echo.options) };
  }

  it("writes registers of 8 and 16 bits, little-endian unless asked otherwise", () => {
    const { board, smbus } = createSMBus();
    smbus.writeUint8(1, 0xab);
    smbus.writeUint16(2, 0x1234);
    smbus.writeUint16(3, 0x1234, true);
    smbus.writeBuffer(4, Uint8Array.of(9, 8));
    smbus.sendByte(5);
    expect(board.journal.lines({ operation: "write" })).toEqual([
      "i2c 48 write 01 ab",
      "i2c 48 write 02 34 12",
      "i2c 48 write 03 12 34",
      "i2c 48 write 04 09 08",
      "i2c 48 write 05",
    ]);
  });

  it("reads a register by writing its number first", () => {
    const { board, smbus } = createSMBus();
    expect(smbus.readUint8(7)).toBe(7);
    expect(smbus.readUint16(7)).toBe(0xff07);
    expect(smbus.readUint16(7, true)).toBe(0x07ff);
    expect(new Uint8Array(smbus.readBuffer(7, 3))).toEqual(Uint8Array.of(7, 0xff, 0xff));
    expect(smbus.receiveByte()).toBe(7);
    expect(board.journal.lines({ device: "i2c" }).slice(1, 3)).toEqual(["i2c 48 write 07", "i2c 48 read 07"]);
  });

  it("refuses a buffer of 16-bit elements", () => {
    expect(() => createSMBus().smbus.writeBuffer(1, new Uint16Array(1))).toThrow(TypeError);
  });

  it("passes plain reads and writes on to I2C", () => {
    const { board, smbus } = createSMBus();
    smbus.write(Uint8Array.of(6));
    expect(new Uint8Array(smbus.read(1))).toEqual(Uint8Array.of(6));
    expect(smbus.writeRead(Uint8Array.of(7), new Uint8Array(2))).toBe(2);
    smbus.writeQuick();
    expect(board.journal.lines({ device: "i2c" }).slice(1)).toEqual([
      "i2c 48 write 06",
      "i2c 48 read 06",
      "i2c 48 write 07",
      "i2c 48 read 07 ff",
      "i2c 48 write",
    ]);
  });

  it("cannot read quick: the ESP32 refuses a read of no bytes", () => {
    expect(() => createSMBus().smbus.readQuick()).toThrow("read failed");
  });

  it('has the format "buffer" and no other', () => {
    const { smbus } = createSMBus();
    expect(smbus.format).toBe("buffer");
    expect(() => {
      smbus.format = wrong<"buffer">("number");
    }).toThrow(RangeError);
  });

  it("gives its address back when closed", () => {
    const { board, smbus } = createSMBus();
    smbus.close();
    smbus.close();
    expect(board.openInstances).toBe(0);
    expect(() => smbus.readUint8(1)).toThrow(TypeError);
  });
});
