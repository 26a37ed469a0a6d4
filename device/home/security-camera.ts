import type { DisposableBuffer } from "embedded:io/image/in/camera";
import type Camera from "../drivers/camera/camera";
import type { CameraOptions } from "../drivers/camera/camera";
import type PIR from "../drivers/pir/pir";
import type { PIROptions } from "../drivers/pir/pir";
import { MOTION_EVENT, PICTURE, SECURITY_CAMERA } from "./description";
import HomeDevice, { type ClientError, type DeviceSettings } from "./home-device";
import { CAMERA_FAILED, EVENT_NOT_SENT, PICTURE_NOT_SENT } from "./log-code";
import { formatMotionEvent } from "./payload";
import { topicOf } from "./topics";

/** Default topic: `home/camera`; pictures are sent on the same with `/image`. */
export interface SecurityCameraOptions extends DeviceSettings {
  /** The driver's class as `io`, and its options. */
  sensor: { io: typeof PIR } & Omit<PIROptions, "target" | "onMotion">;
  /** The driver's class as `io`, and its options. */
  camera: { io: typeof Camera } & Omit<CameraOptions, "target" | "onFrame" | "onError">;
}

/**
 * Motion becomes an event, exactly once (QoS 2) and kept through an outage, and then a picture, if the device is
 * connected and the last picture is out. The end of motion is not published: Home Assistant's event entity takes
 * only what happened, from a fixed list of event types, and its binary sensor ends by `off_delay`.
 */
export default class SecurityCamera {
  readonly #device: HomeDevice<SecurityCamera>;
  readonly #sensor: PIR;
  readonly #camera: Camera;
  readonly #eventTopic: string;
  readonly #imageTopic: string;
  /** By chance: no clock may be set, and nothing outlives a power cut. */
  readonly #boot: number;
  #sequence = 0;

  constructor(options: SecurityCameraOptions) {
    const { sensor, camera, client } = options;
    this.#boot = Math.floor((client.random ?? Math.random)() * 0x100_0000);
    this.#eventTopic = topicOf(MOTION_EVENT.state, options.topic);
    this.#imageTopic = topicOf(PICTURE.image, options.topic);
    this.#camera = new camera.io({
      ...camera,
      target: this,
      onFrame: SecurityCamera.#pictureTaken,
      onError: SecurityCamera.#cameraFailed,
    });
    this.#sensor = new sensor.io({ ...sensor, target: this, onMotion: SecurityCamera.#moved });
    this.#device = new HomeDevice<SecurityCamera>({
      settings: options,
      description: SECURITY_CAMERA,
      target: this,
      onConnect: SecurityCamera.#connected,
      onDropped: SecurityCamera.#dropped,
    });
  }

  /** Stops watching, publishes `offline`, disconnects, and releases the camera. */
  close(callback?: () => void): void {
    this.#sensor.close();
    this.#device.close(() => {
      // Not before: a picture that is being sent is read from the camera's memory.
      this.#camera.close();
      callback?.();
    });
  }

  #capture(): void {
    if (!this.#device.connected) return; // a picture is never stored, so offline there is nobody to take it for
    try {
      this.#camera.capture(); // does nothing while the last picture is on its way
    } catch (error) {
      this.#reportCamera(error as Error);
    }
  }

  #reportCamera(error: Error): void {
    this.#device.log("error", CAMERA_FAILED, `no picture: ${error.message}`);
  }

  #pictureSent(error: ClientError | undefined): void {
    this.#camera.release();
    if (error) this.#device.log("warning", PICTURE_NOT_SENT, `picture not sent: ${error.message}`);
  }

  static readonly #moved = function (this: PIR, moving: boolean): void {
    if (!moving) return;
    const camera = this.target as SecurityCamera;
    camera.#sequence += 1;
    camera.#device.publish(
      MOTION_EVENT.state,
      camera.#eventTopic,
      formatMotionEvent(camera.#boot, camera.#sequence),
    );
    camera.#capture();
  };

  static readonly #pictureTaken = function (this: Camera, frame: DisposableBuffer): void {
    const camera = this.target as SecurityCamera;
    const accepted = camera.#device.stream(
      PICTURE.image,
      camera.#imageTopic,
      new Uint8Array(frame),
      (error) => camera.#pictureSent(error),
    );
    if (!accepted) this.release();
  };

  static readonly #cameraFailed = function (this: Camera, error: Error): void {
    (this.target as SecurityCamera).#reportCamera(error);
  };

  /** Events that waited are the client's; there is no state to publish. */
  static readonly #connected = (): void => {};

  static readonly #dropped = function (
    this: HomeDevice<SecurityCamera>,
    topic: string,
    reason: ClientError,
  ): void {
    if (topic === this.target.#eventTopic)
      this.log("error", EVENT_NOT_SENT, `motion event not sent: ${reason.message}`);
  };
}
