import { expect, it } from "vitest";
import { INVALID_LENGTH } from "../../device/mqtt/mqtt-error";
import { remainingLengthByteLength, writeRemainingLength } from "../../device/mqtt/remaining-length";

/** MQTT 3.1.1 table 2.4. */
const table: readonly [value: number, bytes: number[]][] = [
  [0, [0x00]],
  [1, [0x01]],
  [127, [0x7f]],
  [128, [0x80, 0x01]],
  [321, [0xc1, 0x02]],
  [16_383, [0xff, 0x7f]],
  [16_384, [0x80, 0x80, 0x01]],
  [2_097_151, [0xff, 0xff, 0x7f]],
  [2_097_152, [0x80, 0x80, 0x80, 0x01]],
  [268_435_455, [0xff, 0xff, 0xff, 0x7f]],
];

for (const [value, bytes] of table)
  it(`Remaining Length ${value} takes ${bytes.length} byte(s)`, () => {
    const buffer = new Uint8Array(6).fill(0xa5);
    expect(remainingLengthByteLength(value)).toBe(bytes.length);
    expect(writeRemainingLength(buffer, 1, value)).toBe(1 + bytes.length);
    expect([...buffer]).toEqual([0xa5, ...bytes, ...new Array(5 - bytes.length).fill(0xa5)]);
  });

it.each([-1, 0.5, 268_435_456, Number.POSITIVE_INFINITY, Number.NaN])(
  "Remaining Length %d is refused",
  (value) => {
    expect(() => remainingLengthByteLength(value)).toThrow(
      expect.objectContaining({
        code: INVALID_LENGTH,
        message: `Remaining Length ${value} is not 0 to 268435455`,
      }),
    );
  },
);
