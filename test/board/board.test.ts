import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { Board } from "../../host-sim/board/board";
import { esp32Thing, xiaoESP32S3Sense } from "../../host-sim/board/board-description";
import type { Part, PartConnections } from "../../host-sim/board/part";
import { ImageSensorPart } from "../../host-sim/board/parts/image-sensor";
import { PIRPart } from "../../host-sim/board/parts/pir";
import { TMP117Part } from "../../host-sim/board/parts/tmp117";
import { createRandom, gaussian } from "../../host-sim/board/random";
import type { Realm } from "../../host-sim/board/realm";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { createBoard } from "./support";

describe("the Host Provider", () => {
  it("of an ESP32 Thing has its bus and its pins", () => {
    const { provider } = createBoard().board;
    expect(provider.I2C.default).toEqual({ io: provider.io.I2C, data: 21, clock: 22 });
    expect(provider.pin).toMatchObject({ button: 0, led: 2 });
  });

  it("of a XIAO ESP32S3 Sense has its bus and its pins", () => {
    const { provider } = createBoard({ description: xiaoESP32S3Sense }).board;
    expect(provider.I2C.default).toEqual({ io: provider.io.I2C, data: 5, clock: 6, port: 1 });
    expect(provider.pin).toEqual({ button: 0, led: 21 });
  });

  it("is what the types of the firmware say it is", () => {
    const { io } = createBoard().board.provider;
    const digital: typeof import("embedded:io/digital").default = io.Digital;
    const i2c: typeof import("embedded:io/i2c").default = io.I2C;
    const smbus: typeof import("embedded:io/smbus").default = io.SMBus;
    const pwm: typeof import("embedded:io/pwm").default = io.PWM;
    expect([digital, i2c, smbus, pwm].every((Class) => typeof Class === "function")).toBe(true);
  });

  it("is frozen with its classes, as preloaded modules are", () => {
    const { provider } = createBoard().board;
    for (const Class of Object.values(provider.io)) {
      expect(Object.isFrozen(Class)).toBe(true);
      expect(Object.isFrozen(Class.prototype)).toBe(true);
    }
    expect(Object.isFrozen(provider.io) && Object.isFrozen(provider.I2C.default)).toBe(true);
  });
});

describe("three boards in one process", () => {
  it("share no class and no pin", () => {
    const boards = [createBoard().board, createBoard().board, createBoard().board];
    const classes = new Set(
      boards.flatMap(({ provider, Camera }) => [...Object.values(provider.io), Camera]),
    );
    expect(classes.size).toBe(18);
    for (const { provider } of boards) {
      const { Digital } = provider.io;
      new Digital({ pin: 2, mode: Digital.Output }).write(1);
    }
    expect(boards.map((board) => board.openInstances)).toEqual([1, 1, 1]);
    boards[0]?.reset();
    expect(boards.map((board) => board.pin(2).level)).toEqual([undefined, 1, 1]);
    expect(boards.map((board) => board.journal.length)).toEqual([4, 2, 2]);
  });
});

describe("a power cycle", () => {
  it("closes every instance, lets go of every pin and starts the parts again", () => {
    const { board, clock } = createBoard({ description: xiaoESP32S3Sense });
    board.attach(new TMP117Part({ temperature: () => 20 }));
    const pir = board.attach(new PIRPart({ pin: 2 }));
    const sensor = board.attach(new ImageSensorPart({ capture: () => new Uint8Array(1) }));
    const { Digital, I2C, PWM } = board.provider.io;
    let calls = 0;
    new Digital({
      pin: 2,
      mode: Digital.InputPullDown,
      edge: Digital.Rising,
      onReadable() {
        calls += 1;
      },
    });
    const pwm = new PWM({ pin: 3 });
    pwm.write(100);
    new I2C({ ...board.provider.I2C.default, address: 0x48, hz: 100_000 }).write(Uint8Array.of(0x0f));
    const camera = new board.Camera({ imageType: "jpeg" });
    camera.start();
    pir.motion();

    board.reset();
    expect(board.openInstances).toBe(0);
    expect(board.pin(3).level).toBeUndefined();
    expect(pir.isHigh).toBe(false);
    expect(sensor.statistics.captured).toBe(0);
    expect(() => pwm.write(1)).toThrow(SyntaxError);
    clock.advance(100);
    expect(calls).toBe(0);
    expect(clock.pending).toBe(1); // the conversion of the TMP117
    // Its pointer register is back at the temperature.
    const again = new I2C({ ...board.provider.I2C.default, address: 0x48, hz: 100_000 });
    expect([...new Uint8Array(again.read(2))]).toEqual([0x80, 0x00]);
    expect(board.journal.lines({ device: "board" })).toEqual(["board reset"]);
  });
});

describe("what a callback throws", () => {
  function throwFromCallback(board: Board): void {
    const { Digital } = board.provider.io;
    new Digital({
      pin: 2,
      mode: Digital.InputPullDown,
      edge: Digital.Rising,
      onReadable() {
        throw new Error("in the firmware");
      },
    });
    board.pin(2).drive({}, 1);
  }

  it("goes to onException", () => {
    const errors: unknown[] = [];
    const { board, clock } = createBoard({ onException: (error) => errors.push(error) });
    throwFromCallback(board);
    clock.advance(0);
    expect(errors).toMatchObject([{ message: "in the firmware" }]);
  });

  it("goes up through the clock without onException", () => {
    const { board, clock } = createBoard();
    throwFromCallback(board);
    expect(() => clock.advance(0)).toThrow("in the firmware");
  });
});

describe("a firmware in a realm of its own", () => {
  function createRealm(): { realm: Realm; run: (code: string, names: Record<string, unknown>) => unknown } {
    const context = createContext({});
    const names = "{ ArrayBuffer, Uint8Array, Error, RangeError, TypeError, SyntaxError }";
    return {
      realm: runInContext(`(${names})`, context),
      run: (code, values) => {
        Object.assign(context, values);
        return runInContext(code, context);
      },
    };
  }

  it("gets buffers and errors of that realm, and may pass its own buffers", () => {
    const { realm, run } = createRealm();
    const { board } = createBoard({ description: xiaoESP32S3Sense });
    board.realm = realm;
    board.attach(new TMP117Part({ temperature: () => 20 }));
    board.attach(new ImageSensorPart({ capture: () => Uint8Array.of(1, 2) }));
    const code = `
      const i2c = new I2C({ ...options, address: 0x48, hz: 400000 });
      i2c.write(Uint8Array.of(0x0f));
      i2c.write(Uint8Array.of(0x0f).buffer);
      const frame = new Camera({ imageType: "jpeg", format: "buffer/disposable" }).read();
      const result = {
        read: i2c.read(2) instanceof ArrayBuffer,
        frame: frame instanceof ArrayBuffer,
        bytes: [...new Uint8Array(frame)].join(" "),
      };
      frame.close();
      try { new I2C({}); } catch (error) { result.error = error instanceof RangeError; }
      result;`;
    const { I2C } = board.provider.io;
    expect(run(code, { I2C, Camera: board.Camera, options: board.provider.I2C.default })).toEqual({
      read: true,
      frame: true,
      bytes: "1 2",
      error: true,
    });
  });

  it("has closed frames detached by the host where the engine cannot do it", () => {
    const detached: ArrayBuffer[] = [];
    const realm: Realm = { ArrayBuffer, Uint8Array, detach: (buffer) => detached.push(buffer) };
    const { board } = createBoard({ realm });
    board.attach(new ImageSensorPart({ capture: () => Uint8Array.of(1) }));
    const frame = new board.Camera({ imageType: "jpeg", format: "buffer/disposable" }).read();
    frame?.close();
    expect(detached).toEqual([frame]);
  });
});

describe("the parts of a board", () => {
  it("are attached once and answer no longer when detached", () => {
    const { board, clock } = createBoard();
    const part = board.attach(new TMP117Part({ temperature: () => 20 }));
    expect(() => board.attach(part)).toThrow("attached already");
    const { I2C } = board.provider.io;
    const i2c = new I2C({ ...board.provider.I2C.default, address: 0x48, hz: 400_000 });
    i2c.read(2);
    board.detach(part);
    board.detach(part);
    expect(() => i2c.read(2)).toThrow("read failed");
    expect(clock.pending).toBe(0);
    board.attach(part);
    i2c.read(2);
  });

  it("find the board's clock, random numbers and pins", () => {
    const clock = new VirtualClock();
    const random = () => 0.25;
    const board = new Board({ clock, random, description: esp32Thing });
    let found: PartConnections | undefined;
    const part: Part = {
      connect(connections) {
        found = connections;
      },
      disconnect() {},
    };
    board.attach(part);
    expect([found?.clock, found?.random, found?.pin(4)]).toEqual([clock, random, board.pin(4)]);
    expect(() => found?.pin(24)).toThrow("board esp32_thing has no pin 24");
    expect(found?.i2c()).toBe(board.i2c({ data: 21, clock: 22 }));
  });

  it("share a line like open outputs: low wins, and a line nobody drives floats", () => {
    const { board } = createBoard();
    const [one, other] = [{}, {}];
    const pin = board.pin(4);
    pin.drive(one, 1);
    pin.drive(other, 0);
    expect(pin.level).toBe(0);
    pin.drive(other, undefined);
    expect(pin.level).toBe(1);
    pin.drive(one, undefined);
    expect(pin.level).toBeUndefined();
  });

  it("find one camera connector", () => {
    const { board } = createBoard();
    const capture = () => new Uint8Array(1);
    const sensor = board.attach(new ImageSensorPart({ capture }));
    expect(() => board.attach(new ImageSensorPart({ capture }))).toThrow("camera connector is taken");
    board.detach(sensor);
    board.attach(new ImageSensorPart({ capture }));
  });
});

describe("random numbers", () => {
  it("repeat with their seed and differ without", () => {
    const take = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 100 }, random);
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
    expect(take(7).every((value) => value >= 0 && value < 1)).toBe(true);
  });

  it("that are normally distributed have mean 0 and deviation 1", () => {
    const random = createRandom(3);
    const values = Array.from({ length: 10_000 }, () => gaussian(random));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(1, 1);
  });
});
