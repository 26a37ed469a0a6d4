import { describe, expect, it } from "vitest";
import { DebuggedMachine, type MachineEvents } from "../../host-sim/xsbug/debugger";
import { drawHeap } from "../../host-sim/xsbug/heap-picture";
import { Instrumentation } from "../../host-sim/xsbug/instrumentation";
import { renderInstruments } from "../../host-sim/xsbug/live-table";
import { parseDocument } from "../../host-sim/xsbug/xml";

/** What XS describes itself, in its order. */
const INSTRUMENTS = [
  ["Chunk used", " / "],
  ["Chunk available", " bytes"],
  ["Slot used", " / "],
  ["Slot available", " bytes"],
  ["Garbage collections", " times"],
].map(([name, unit]) => ({ name: name!, unit: unit! }));

function instrumentation(samples: readonly (readonly number[])[]): Instrumentation {
  const result = new Instrumentation();
  result.describe(INSTRUMENTS);
  for (const values of samples) result.add(values);
  return result;
}

const GROWING = Array.from({ length: 61 }, (_, second) => [
  second * 200,
  16_384,
  6_000 + second * 50,
  12_288,
  0,
]);

describe("instrumentation", () => {
  it("is rows for people: used of available, and the most that was seen", () => {
    const rows = instrumentation([
      [500, 16_384, 480, 12_288, 1],
      [200, 16_384, 640, 12_288, 2],
    ]).rows();
    expect(rows).toEqual([
      { name: "Chunk used", now: "200 / 16384 bytes", peak: "500" },
      { name: "Slot used", now: "640 / 12288 bytes", peak: "640" },
      { name: "Garbage collections", now: "2 times", peak: "2" },
    ]);
  });

  it("of days is thinned out, and keeps its beginning, its end and their seconds", () => {
    const long = instrumentation(Array.from({ length: 100_000 }, (_, second) => [second]));
    expect(long.samples.length).toBeLessThanOrEqual(4_096);
    expect(long.samples[0]?.second).toBe(0);
    expect(long.last).toEqual({ second: 99_999, values: [99_999] });
    expect(long.series("Chunk used").every(({ second, value }) => second === value)).toBe(true);
  });

  it("begins anew when a machine describes its instruments again", () => {
    const one = instrumentation(GROWING);
    one.describe(INSTRUMENTS.slice(0, 2));
    expect(one.samples).toEqual([]);
  });
});

describe("the picture of heaps", () => {
  const picture = drawHeap([{ label: "light & <co>", instrumentation: instrumentation(GROWING) }], {
    ...{ slots: 12_288, chunks: 16_384 },
  });

  it("is a well-formed SVG document", () => {
    const style = /<style>[\s\S]*<\/style>/;
    const svg = parseDocument(picture.replace(style, "").trim());
    expect(svg.name).toBe("svg");
    expect(svg.attributes).toMatchObject({ xmlns: "http://www.w3.org/2000/svg", viewBox: "0 0 860 302" });
    expect(picture).not.toContain("NaN");
    expect(picture).not.toContain("undefined");
  });

  it("has the machine, figures, axes in bytes and seconds, and the creation of the manifest", () => {
    for (const text of [
      "light &#38; &#60;co&#62;",
      "61 samples",
      "0 B",
      "4 KiB",
      "0 s",
      "1:00",
      "creation 12 KiB",
    ])
      expect(picture).toContain(`>${text}</text>`);
    expect(picture).toContain(">peak 11.7 KiB, last 11.7 KiB, available 16 KiB</text>");
  });

  it("draws each value until the next, between the axes", () => {
    const curve = /<path class="line" d="([^"]+)"/.exec(picture)?.[1] ?? "";
    const numbers = [...curve.matchAll(/[MHV ]([\d.]+)/g)].map((match) => Number(match[1]));
    expect(numbers).toHaveLength(2 * GROWING.length);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(420);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(34);
  });

  it("marks exceptions", () => {
    const one = instrumentation(GROWING.slice(0, 10));
    one.markException();
    one.add([1, 2, 3, 4, 5]);
    expect(drawHeap([{ label: "light", instrumentation: one }])).toContain('<line class="exception"');
    expect(picture).not.toContain('<line class="exception"');
  });

  it.each([
    ["nobody", [], "no machine came"],
    ["a machine without samples", [{ label: "light", instrumentation: instrumentation([]) }], "no samples"],
    [
      "a machine of one sample",
      [{ label: "light", instrumentation: instrumentation([[1, 2, 3, 4, 5]]) }],
      "1 sample",
    ],
  ])("of %s is a picture too", (_, machines, text) => {
    const one = drawHeap(machines);
    expect(one).toContain(`>${text}</text>`);
    expect(one).not.toMatch(/NaN|Infinity/);
  });
});

describe("the live table", () => {
  function machine(label: string, samples: readonly (readonly number[])[]): DebuggedMachine {
    const one = new DebuggedMachine(
      () => undefined,
      { sample: () => undefined } as unknown as MachineEvents,
      () => [],
    );
    one.label = label;
    one.receive([{ kind: "instruments", instruments: INSTRUMENTS }]);
    for (const values of samples) one.receive([{ kind: "samples", values }]);
    return one;
  }

  it("has a row an instrument, within 80 columns", () => {
    const table = renderInstruments(
      [machine("kitchen", [[200, 16_384, 640, 12_288, 2]]), machine("hall", [])],
      80,
    );
    expect(table).toBe(`kitchen  runs
  Instrument                                               Now            Peak
  Chunk used                                 200 / 16384 bytes             200
  Slot used                                  640 / 12288 bytes             640
  Garbage collections                                  2 times               2

hall  runs
  no samples yet`);
  });
});
