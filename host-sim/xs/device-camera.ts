import type { CameraConstructor, DisposableBuffer } from "../board/camera";
import { type BridgedClass, type BridgedObject, bridge, construct, objectOf } from "./device-bridge";
import type { EngineExports, EngineInstance } from "./engine-instance";
import type { HostFunctions } from "./machine";
import { Reference } from "./reference";

/** c/host-buffer.c */
interface BufferExports extends EngineExports {
  createHostBuffer(prototype: number, bytes: number, length: number): number;
  hostBufferAddress(reference: number): number;
  detachHostBuffer(reference: number): void;
}

interface Frame {
  readonly camera: BridgedObject;
  readonly buffer: DisposableBuffer;
  /** A root of the collector, as long as the frame is lent. */
  readonly reference: Reference;
}

/** The camera of one machine: frames lie in memory outside of its heap until they are closed. */
export function cameraFunctions(Camera: CameraConstructor, instance: EngineInstance): HostFunctions {
  const bridged: BridgedClass = { name: "Camera", Host: Camera };
  const functions = bridge(bridged);
  const exports = instance.exports as BufferExports;
  const frames = new Map<number, Frame>();
  let prototype: Reference | undefined;

  function lend(camera: BridgedObject, buffer: DisposableBuffer): Reference | undefined {
    const { machine } = camera;
    const status = instance.lend(new Uint8Array(buffer), (bytes) =>
      exports.createHostBuffer(prototype!.addressIn(machine), bytes, buffer.byteLength),
    );
    // A machine whose heap is full ends when this call of its returns.
    if (status !== 0) return undefined;
    const result = instance.result();
    const address = new DataView(result.buffer, result.byteOffset).getUint32(0, true);
    const reference = new Reference(machine, address, false);
    frames.set(exports.hostBufferAddress(address), { camera, buffer, reference });
    return reference;
  }

  function detach(address: number, frame: Frame): void {
    frames.delete(address);
    exports.detachHostBuffer(frame.reference.addressIn(frame.camera.machine));
    frame.reference.release();
  }

  function takeBack(camera: BridgedObject): void {
    for (const [address, frame] of frames) if (frame.camera === camera) detach(address, frame);
  }

  return {
    ...functions,
    "Camera.constructor": (call) => {
      const [options, given] = call.parameters;
      if (given instanceof Reference) {
        prototype?.release();
        prototype = given;
      }
      return construct(bridged, { ...call, parameters: [options] });
    },
    "Camera.read": (call) => {
      const result = functions["Camera.read"]!(call);
      return isDisposable(result) ? lend(objectOf(bridged, call), result) : result;
    },
    "Camera.stop": (call) => {
      functions["Camera.stop"]!(call);
      takeBack(objectOf(bridged, call));
    },
    "Camera.close": (call) => {
      const camera = objectOf(bridged, call);
      functions["Camera.close"]!(call);
      takeBack(camera);
    },
    "Frame.close": (call) => {
      const self = call.retainThis();
      const address = exports.hostBufferAddress(self.addressIn(call.machine));
      self.release();
      const frame = frames.get(address);
      if (!frame) return;
      detach(address, frame);
      frame.buffer.close();
    },
  };
}

function isDisposable(value: unknown): value is DisposableBuffer {
  return typeof (value as DisposableBuffer | undefined)?.close === "function";
}
