import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { streamSubjects } from "./codec/decode";
import { encodeSubjects, kept } from "./codec/encode";
import { publishPackets, streamOf } from "./codec/stream";
import { README_PATH, RESULTS_PATH, type Results, withSection } from "./results";
import { misses, type Row } from "./row";
import { median, pairedRatio, quantile, significant } from "./statistics";
import { markdownTable, textTable } from "./table";

const encode: Row = {
  id: "encode",
  group: "codec",
  title: "encode QoS 0",
  unit: "ns",
  time: 1234,
  others: { "mqtt-packet": 6000, mqtts: 12_000 },
  ratio: 4.86,
  target: { atLeast: 6 },
  bytes: 301,
  bytesTarget: 300,
};

const publish: Row = {
  id: "publish",
  group: "client",
  title: "publish QoS 1, CPU",
  unit: "us",
  time: 2.9,
  others: { "MQTT.js": 7, bare: 2.5 },
  ratio: 0.61,
  target: { atMost: 0.6 },
  reason: "a bare socket with the same bytes takes 0.58",
};

describe("the codecs compared", () => {
  it.each([0, 1, 2] as const)("write the same bytes at QoS %i", (QoS) => {
    const { thimble, inPlace, mqttPacket, mqtts } = encodeSubjects(QoS);
    const [expected, ...others] = [mqttPacket, mqtts, thimble, inPlace].map((subject) => {
      subject.run(3);
      return Buffer.from(kept.value as Uint8Array).toString("hex");
    });
    // Our own buffer is longer than the packet.
    for (const other of others) expect(other.slice(0, expected!.length)).toBe(expected);
    expect(expected).toHaveLength(2 * (QoS > 0 ? 35 : 33));
  });

  it.each([
    [20, 8],
    [300, 1500],
  ])("find every packet and every byte of a stream: %i bytes in chunks up to %i", (byteLength, maximum) => {
    const stream = streamOf(publishPackets(50, byteLength, 1, ["a", "b/c"]), byteLength, maximum);
    expect(Math.max(...stream.chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(maximum);
    const { thimble, mqttPacket, mqtts } = streamSubjects(stream);
    // They throw when the count is not right.
    for (const subject of [thimble, mqttPacket, mqtts]) expect(() => subject.run(2)).not.toThrow();
    const lost = streamSubjects({ ...stream, packets: 51 });
    for (const subject of [lost.thimble, lost.mqttPacket, lost.mqtts])
      expect(() => subject.run(1)).toThrow("decoded 50 packets of 51");
  });
});

describe("statistics", () => {
  it("the median is the middle value, or the mean of the middle two, in any order", () => {
    expect(median([5])).toBe(5);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 9, 1, 5])).toBe(7);
    expect(() => median([])).toThrow(RangeError);
  });

  it("sorts numbers, not their digits", () => {
    expect(median([10, 9, 100])).toBe(10);
  });

  it("quantiles lie between their neighbours by proportion", () => {
    const values = [0, 10, 20, 30, 40];
    expect([0, 0.25, 0.5, 0.625, 1].map((share) => quantile(values, share))).toEqual([0, 10, 20, 25, 40]);
  });

  it("the ratio is that of the rounds: one that disturbs both values leaves it alone", () => {
    expect(pairedRatio([10, 20, 3000], [5, 10, 1500])).toBe(2);
    expect(pairedRatio([2, 2, 2], [1, 1, 1000])).toBe(2);
    expect(() => pairedRatio([1], [1, 2])).toThrow(RangeError);
  });

  it("rounds to three digits", () => {
    expect([1234.5, 0.012_345, 6.05].map((value) => significant(value))).toEqual([1230, 0.0123, 6.05]);
    expect(significant(0.4567, 2)).toBe(0.46);
  });
});

describe("what misses a target", () => {
  it("is told with figure, target and reason", () => {
    expect(misses(encode)).toEqual([
      "encode QoS 0: ratio 4.86, target at least 6",
      "encode QoS 0: 301 bytes allocated, target at most 300",
    ]);
    expect(misses(publish)).toEqual([
      "publish QoS 1, CPU: ratio 0.61, target at most 0.6: a bare socket with the same bytes takes 0.58",
    ]);
  });

  it("is nothing at the target itself, and without one", () => {
    expect(misses({ ...encode, ratio: 6, bytes: 300 })).toEqual([]);
    expect(misses({ ...publish, ratio: 0.6 })).toEqual([]);
    const { target: _target, bytesTarget: _bytesTarget, ...free } = encode;
    expect(misses(free)).toEqual([]);
  });
});

describe("the table", () => {
  it("has a part for the codec and one for the client, and the misses below", () => {
    expect(textTable([encode, publish]).split("\n")).toEqual([
      "PUBLISH, times mqtt-packet              time  ratio  target  mqtts  bytes  limit",
      "-".repeat(80),
      "encode QoS 0                         1.23 us   4.86    >= 6   0.50    301    300",
      "",
      "client, parts of MQTT.js         time  ratio  target  MQTT.js  Reliable     bare",
      "-".repeat(80),
      "publish QoS 1, CPU            2.90 us   0.61  <= 0.6  7.00 us            2.50 us",
      "",
      "missed: encode QoS 0: ratio 4.86, target at least 6",
      "missed: encode QoS 0: 301 bytes allocated, target at most 300",
      "missed: publish QoS 1, CPU: ratio 0.61, target at most 0.6: a bare socket with the same bytes takes 0.58",
    ]);
  });

  it("is Markdown for the README", () => {
    expect(markdownTable([encode])).toBe(
      [
        "| PUBLISH, times mqtt-packet | time | ratio | target | mqtts | bytes | limit |",
        "|---|--:|--:|--:|--:|--:|--:|",
        "| encode QoS 0 | 1.23 us | 4.86 | >= 6 | 0.50 | 301 | 300 |",
      ].join("\n"),
    );
  });
});

describe("the results kept", () => {
  const results = JSON.parse(readFileSync(RESULTS_PATH, "utf8")) as Results;
  const readme = readFileSync(README_PATH, "utf8");

  it("fit a terminal of 80 columns", () => {
    const lines = textTable(results.rows).split("\n");
    for (const line of lines) if (!line.startsWith("missed")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("are the ones that README.md shows", () => {
    expect(withSection(readme, results) ?? readme).toBe(readme);
  });

  it("replace what stands between the marks, and nothing else", () => {
    const marked = "before <!-- bench -->\nold\n<!-- /bench --> after";
    const updated = withSection(marked, results)!;
    expect(updated).toMatch(/^before <!-- bench -->\n/);
    expect(updated).toMatch(/\n<!-- \/bench --> after$/);
    expect(updated).not.toContain("old");
    expect(withSection(updated, results)).toBe(updated);
    expect(withSection("no marks", results)).toBeUndefined();
  });
});
