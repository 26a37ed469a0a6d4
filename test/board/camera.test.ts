import { describe, expect, it } from "vitest";
import { xiaoESP32S3Sense } from "../../host-sim/board/board-description";
import type { CameraOptions, DisposableBuffer } from "../../host-sim/board/camera";
import type { ImageRequest } from "../../host-sim/board/part";
import { ImageSensorPart } from "../../host-sim/board/parts/image-sensor";
import { createBoard, wrong } from "./support";

const OPTIONS = { width: 160, height: 120, imageType: "jpeg", format: "buffer/disposable" } as const;

/** Ten frames a second; a frame is its sequence number and two bytes more. */
function createCameraBoard(options: { frameBuffers?: number } = {}) {
  const { board, clock } = createBoard({ description: xiaoESP32S3Sense });
  const requests: ImageRequest[] = [];
  const capture = (request: ImageRequest) => {
    requests.push(request);
    return Uint8Array.of(request.sequence, 0xff, 0xd9);
  };
  const sensor = board.attach(new ImageSensorPart({ capture, ...options }));
  return { board, clock, sensor, requests, Camera: board.Camera };
}

function sequenceOf(frame: DisposableBuffer | undefined): number | undefined {
  return frame && new Uint8Array(frame)[0];
}

describe("the options of Camera", () => {
  const cases: [string, unknown, new (message?: string) => Error, string][] = [
    ["an unknown image type", { ...OPTIONS, imageType: "png" }, RangeError, "unknown imageType"],
    ["a bitmap", { ...OPTIONS, imageType: 7 }, Error, "unsupported pixel format"],
    ["an unknown format", { ...OPTIONS, format: "number" }, RangeError, "invalid format"],
    ["a picture wider than the sensor", { ...OPTIONS, width: 3000 }, Error, "unsupported dimensions"],
    ["onReadable that is no function", { ...OPTIONS, onReadable: 1 }, Error, "not a function"],
  ];
  for (const [what, options, Class, message] of cases)
    it(`${what} throws "${message}"`, () => {
      const { Camera } = createCameraBoard();
      const open = () => new Camera(wrong<CameraOptions>(options));
      expect(open).toThrow(Class);
      expect(open).toThrow(message);
    });

  it("choose the next frame size that the sensor knows", () => {
    const { Camera } = createCameraBoard();
    const open = (width: number, height: number) => {
      const camera = new Camera({ imageType: "jpeg", width, height });
      const result = [camera.width, camera.height];
      camera.close();
      return result;
    };
    const unasked = new Camera({ imageType: "jpeg" });
    expect([unasked.width, unasked.height]).toEqual([240, 176]);
    unasked.close();
    expect(open(160, 120)).toEqual([160, 120]);
    expect(open(100, 100)).toEqual([128, 128]);
    expect(open(240, 200)).toEqual([240, 240]);
    expect(open(320, 300)).toEqual([320, 320]);
  });

  it("throw on a board without an image sensor, and while another instance is open", () => {
    const { board } = createBoard();
    expect(() => new board.Camera(OPTIONS)).toThrow("camera init failed");
    const { Camera } = createCameraBoard();
    const camera = new Camera(OPTIONS);
    expect(() => new Camera(OPTIONS)).toThrow("camera init failed");
    camera.close();
    new Camera(OPTIONS).close();
  });
});

describe("a camera", () => {
  it("tells what it is and keeps its settings", () => {
    const { Camera } = createCameraBoard();
    const camera = new Camera({ ...OPTIONS, target: "the owner" });
    expect(camera.identification).toEqual({ model: "OV2640" });
    expect([camera.imageType, camera.format, camera.target]).toEqual([
      "jpeg",
      "buffer/disposable",
      "the owner",
    ]);
    camera.configure({ brightness: 2 });
    expect(camera.configuration).toMatchObject({ brightness: 2, contrast: 0 });
    camera.format = "buffer";
    expect(camera.format).toBe("buffer");
    expect(() => {
      camera.format = "number";
    }).toThrow(RangeError);
  });

  it("takes one frame when it is opened and no more before it is started", () => {
    const { Camera, clock, requests } = createCameraBoard();
    const camera = new Camera(OPTIONS);
    clock.advance(1000);
    expect(requests).toEqual([{ width: 160, height: 120, sequence: 1, time: 0 }]);
    expect(sequenceOf(camera.read())).toBe(1);
    expect(camera.read()).toBeUndefined();
  });

  it("calls onReadable at the frame rate once started, with 0 as the ESP32 does", () => {
    const { Camera, clock } = createCameraBoard();
    const calls: unknown[] = [];
    const camera = new Camera({
      ...OPTIONS,
      onReadable(byteLength) {
        calls.push(this === camera, byteLength);
        this.read()?.close();
      },
    });
    camera.start();
    clock.advance(300);
    expect(calls).toEqual([true, 0, true, 0, true, 0]);
  });

  it("gives the oldest frame first", () => {
    const { Camera, clock } = createCameraBoard();
    const camera = new Camera(OPTIONS);
    camera.start();
    clock.advance(100);
    expect([sequenceOf(camera.read()), sequenceOf(camera.read()), camera.read()]).toEqual([1, 2, undefined]);
  });

  it("stalls and drops frames when the firmware does not close them, and goes on when it does", () => {
    const { Camera, clock, sensor, board } = createCameraBoard();
    let calls = 0;
    const camera = new Camera({
      ...OPTIONS,
      onReadable() {
        calls += 1;
      },
    });
    camera.start();
    clock.advance(100);
    const held = [camera.read(), camera.read()];
    clock.advance(500);
    expect(calls).toBe(1);
    expect(sensor.statistics).toEqual({ captured: 2, dropped: 5, delivered: 2, unclosed: 2, misused: 0 });
    expect(board.journal.entries({ operation: "drop" })).toHaveLength(5);
    held[0]?.close();
    clock.advance(100);
    expect(calls).toBe(2);
    expect(sensor.statistics.unclosed).toBe(1);
  });

  it("has as many frame buffers as the board gives it", () => {
    const { Camera, clock, sensor } = createCameraBoard({ frameBuffers: 3 });
    new Camera(OPTIONS).start();
    clock.advance(1000);
    expect(sensor.statistics).toMatchObject({ captured: 3, dropped: 8 });
  });

  it("lends frames that are empty once closed, and notices a second close", () => {
    const { Camera, sensor } = createCameraBoard();
    const frame = new Camera(OPTIONS).read() as DisposableBuffer;
    const view = new Uint8Array(frame);
    const copy = frame.slice(1);
    expect([...view]).toEqual([1, 0xff, 0xd9]);
    frame.close();
    expect([...view].includes(0xff)).toBe(false);
    expect([...new Uint8Array(copy)]).toEqual([0xff, 0xd9]);
    expect("close" in copy).toBe(false);
    expect(sensor.statistics.misused).toBe(0);
    frame.close();
    expect(sensor.statistics.misused).toBe(1);
  });

  it("takes frames back when stopped, and counts those that the firmware still held", () => {
    const { Camera, clock, sensor } = createCameraBoard();
    const camera = new Camera(OPTIONS);
    camera.start();
    clock.advance(100);
    const frame = camera.read() as DisposableBuffer;
    camera.stop();
    expect(sensor.statistics).toMatchObject({ unclosed: 0, misused: 1 });
    expect(camera.read()).toBeUndefined();
    frame.close();
    clock.advance(1000);
    expect(camera.read()).toBeUndefined();
    camera.start();
    clock.advance(100);
    expect(sequenceOf(camera.read())).toBe(3);
  });

  it("copies with the format buffer, into a new buffer or the caller's", () => {
    const { Camera, clock, sensor } = createCameraBoard();
    const camera = new Camera({ ...OPTIONS, format: "buffer" });
    camera.start();
    clock.advance(100);
    expect(() => camera.read(new ArrayBuffer(2))).toThrow("buffer too small");
    expect(sequenceOf(camera.read())).toBe(1);
    const bytes = new Uint8Array(4);
    expect(camera.read(bytes)).toBe(3);
    expect([...bytes]).toEqual([2, 0xff, 0xd9, 0]);
    expect(sensor.statistics).toMatchObject({ delivered: 2, unclosed: 0 });
  });

  it("calls nothing after close, leaves nothing pending, and closes twice without complaint", () => {
    const { Camera, clock } = createCameraBoard();
    let calls = 0;
    const camera = new Camera({
      ...OPTIONS,
      onReadable() {
        calls += 1;
        this.close();
        this.close();
      },
    });
    camera.start();
    camera.start();
    clock.advance(1000);
    expect(calls).toBe(1);
    expect(clock.pending).toBe(0);
    expect(() => camera.start()).toThrow(SyntaxError);
    expect(() => camera.width).toThrow(SyntaxError);
  });

  it("tells the journal when it is opened, started, stopped and read", () => {
    const { Camera, board } = createCameraBoard();
    const camera = new Camera(OPTIONS);
    camera.start();
    camera.read()?.close();
    camera.stop();
    camera.close();
    expect(board.journal.lines()).toEqual([
      "camera open",
      "camera frame 3",
      "camera start",
      "camera read 3",
      "camera stop",
      "camera close",
    ]);
  });
});
