import { describe, expect, it } from "vitest";
import { ImageSensorPart } from "../../../host-sim/board/parts/image-sensor";

describe("an image sensor", () => {
  const capture = () => new Uint8Array(1);

  it("is an OV2640 with ten frames a second and two frame buffers unless told otherwise", () => {
    const { model, frameRate, frameBuffers } = new ImageSensorPart({ capture });
    expect([model, frameRate, frameBuffers]).toEqual(["OV2640", 10, 2]);
  });

  it("needs a frame rate above 0 and a frame buffer", () => {
    expect(() => new ImageSensorPart({ capture, frameRate: 0 })).toThrow("frame rate 0 is not above 0");
    expect(() => new ImageSensorPart({ capture, frameBuffers: 0 })).toThrow("0 frame buffers");
  });
});
