import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { createPictureRenderer, type Scene } from "../../../host-sim/home/room/picture";

const NIGHT: Scene = { daylight: 0, lamp: 0, visitor: undefined, date: Date.UTC(2026, 0, 1, 3, 4, 5) };

function render(scene: Scene, width = 160, height = 120, sequence = 1): Uint8Array {
  return createPictureRenderer({ scene: () => scene })({ width, height, sequence, time: 0 });
}

/** Mean of all colours of all pixels, 0 to 255. */
function brightness(file: Uint8Array): number {
  const { data } = jpeg.decode(file, { useTArray: true, formatAsRGBA: false });
  return data.reduce((sum, value) => sum + value, 0) / data.length;
}

describe("a picture of the room", () => {
  for (const [name, width, height] of [
    ["QQVGA", 160, 120],
    ["HQVGA", 240, 176],
    ["QVGA", 320, 240],
  ] as const)
    it(`is a complete JPEG file at ${name}`, () => {
      const file = render(NIGHT, width, height);
      expect([...file.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
      expect([...file.subarray(-2)]).toEqual([0xff, 0xd9]);
      expect(jpeg.decode(file, { useTArray: true })).toMatchObject({ width, height });
      expect(file.byteLength).toBeLessThan(width * height);
    });

  it("is brighter with the lamp and brighter by day", () => {
    const night = brightness(render(NIGHT));
    const dimmed = brightness(render({ ...NIGHT, lamp: 0.2 }));
    const lit = brightness(render({ ...NIGHT, lamp: 1 }));
    const day = brightness(render({ ...NIGHT, daylight: 1 }));
    expect(night).toBeLessThan(dimmed);
    expect(dimmed).toBeLessThan(lit);
    expect(day).toBeGreaterThan(night + 50);
  });

  it("shows the visitor, the time and the number of the frame: each changes it", () => {
    const files = [
      render(NIGHT),
      render({ ...NIGHT, visitor: 0 }),
      render({ ...NIGHT, visitor: 0.5 }),
      render({ ...NIGHT, date: NIGHT.date + 1000 }),
      render(NIGHT, 160, 120, 2),
    ].map((file) => Array.from(file).join());
    expect(new Set(files).size).toBe(files.length);
  });

  it("is the same for the same scene and frame", () => {
    expect(render(NIGHT)).toEqual(render(NIGHT));
  });
});
