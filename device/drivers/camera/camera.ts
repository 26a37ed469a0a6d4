import type ImageIn from "embedded:io/image/in/camera";
import type { DisposableBuffer } from "embedded:io/image/in/camera";
import type Timer from "timer";

const IDLE = 0;
const CAPTURING = 1;
const HOLDING = 2;
const CLOSED = 3;

export interface CameraOptions {
  camera: {
    io: typeof ImageIn;
    /** Pixels; the camera takes the nearest size it has. */
    width: number;
    height: number;
  };
  /** The `timer` module. */
  timer: Pick<typeof Timer, "set" | "clear">;
  /** Milliseconds to wait for a frame; default 5,000. */
  timeout?: number;
  target?: unknown;
  /** One JPEG, in the camera's own memory, until `release()`. */
  onFrame: (this: Camera, frame: DisposableBuffer) => void;
  /** No frame came in time, or the camera failed; the next `capture()` tries again. */
  onError?: (this: Camera, error: Error) => void;
}

/**
 * Single pictures from a camera: ECMA-419 Image Input, JPEG, `buffer/disposable`.
 *
 * A camera owns two or three frame buffers and stalls when they are not given back. So a frame belongs to this class:
 * `onFrame` lends it until `release()`, and whatever happens (an exception in `onFrame`, `close()` in between, a second
 * `release()`) its `close()` is called exactly once.
 */
export default class Camera {
  readonly target: unknown;
  readonly #timer: CameraOptions["timer"];
  readonly #timeout: number;
  readonly #onFrame: CameraOptions["onFrame"];
  readonly #onError: CameraOptions["onError"];
  readonly #io: ImageIn;
  #state = IDLE;
  #frame: DisposableBuffer | undefined;
  #watchdog: Timer | undefined;

  /** @throws what the camera throws: no camera, unsupported size */
  constructor(options: CameraOptions) {
    const { camera, timeout = 5_000 } = options;
    if (!(timeout > 0)) throw new RangeError(`timeout ${timeout} ms is not above 0`);
    this.target = options.target;
    this.#timer = options.timer;
    this.#timeout = timeout;
    this.#onFrame = options.onFrame;
    this.#onError = options.onError;
    this.#io = new camera.io({
      width: camera.width,
      height: camera.height,
      imageType: "jpeg",
      format: "buffer/disposable",
      target: this,
      onReadable: Camera.#onReadable,
    });
  }

  /** Whether a picture is being taken or a frame has not been released. */
  get busy(): boolean {
    return this.#state === CAPTURING || this.#state === HOLDING;
  }

  /**
   * Takes one picture; `onFrame` or `onError` follows, later.
   * @returns `false` while the camera is busy or closed: nothing follows
   */
  capture(): boolean {
    if (this.#state !== IDLE) return false;
    this.#state = CAPTURING;
    this.#watchdog = this.#timer.set(() => {
      this.#watchdog = undefined;
      this.#fail(new Error(`no frame within ${this.#timeout} ms`));
    }, this.#timeout);
    try {
      // What the camera still holds was taken before: not a picture of now, and a buffer it needs.
      for (let stale = this.#io.read(); stale; stale = this.#io.read()) stale.close();
      this.#io.start();
    } catch (error) {
      this.#rest();
      throw error;
    }
    return true;
  }

  /** Gives the frame back to the camera. Without a frame, does nothing. */
  release(): void {
    const frame = this.#frame;
    if (!frame) return;
    this.#frame = undefined;
    try {
      frame.close(); // before stop(), which takes back what is still lent
    } finally {
      this.#rest();
    }
  }

  /** Gives back a frame that is still lent, and the camera; no callback follows. */
  close(): void {
    if (this.#state === CLOSED) return;
    this.release();
    if (this.#state === CAPTURING) this.#rest();
    this.#state = CLOSED;
    this.#io.close();
  }

  static readonly #onReadable = function (this: ImageIn): void {
    (this.target as Camera).#take();
  };

  #take(): void {
    if (this.#state !== CAPTURING) return;
    try {
      const frame = this.#io.read();
      if (!frame) return;
      if (frame.byteLength === 0) {
        frame.close();
        return;
      }
      this.#frame = frame;
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#state = HOLDING;
    this.#timer.clear(this.#watchdog);
    this.#watchdog = undefined;
    try {
      this.#onFrame(this.#frame);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  #fail(error: Error): void {
    this.#rest();
    this.#onError?.(error);
  }

  #rest(): void {
    this.#timer.clear(this.#watchdog);
    this.#watchdog = undefined;
    this.#state = IDLE;
    this.#io.stop();
  }
}
