/** Camera for `-p lin`: one that never sees anything. The SDK's own needs a webcam and libraries that no firmware has. */

interface CameraOptions {
  width: number;
  height: number;
  imageType: "jpeg" | number;
  format?: string;
  target?: unknown;
}

export default class Camera {
  readonly width: number;
  readonly height: number;
  readonly imageType: "jpeg" | number;
  readonly target: unknown;
  format: string;

  constructor(options: CameraOptions) {
    this.width = options.width;
    this.height = options.height;
    this.imageType = options.imageType;
    this.target = options.target;
    this.format = options.format ?? "buffer";
  }
  start(): void {}
  stop(): void {}
  read(): undefined {
    return undefined;
  }
  close(): void {}
}
