/** ECMA-419 3rd edition, Image Input; absent from `@moddable/typings` 5.6.0. */
declare module "embedded:io/image/in/camera" {
  /** A frame in the camera's own memory: it must be closed, or the camera runs out of buffers and stalls. */
  export interface DisposableBuffer extends ArrayBuffer {
    close(): void;
  }
  export interface CameraOptions {
    width: number;
    height: number;
    imageType: "jpeg" | number;
    format?: "buffer" | "buffer/disposable";
    onReadable?: (this: Camera, byteLength: number) => void;
    target?: unknown;
  }
  export default class Camera {
    constructor(options: CameraOptions);
    readonly width: number;
    readonly height: number;
    readonly imageType: "jpeg" | number;
    format: string;
    target?: unknown;
    start(): void;
    stop(): void;
    read(): DisposableBuffer | undefined;
    close(): void;
  }
}
