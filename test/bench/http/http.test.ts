import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { withMarkedSection } from "../../support/marked-section";
import { httpWork } from "./http-work";
import { carried, difference, parseDarwin, parseLinux } from "./loopback";
import { type HttpResults, type HttpRow, section, textTable } from "./report";

const ROW: HttpRow = { title: "MQTT PUBLISH, QoS 0", hop: "sensor", payload: 18, bytes: 122, packets: 2 };
const PHONE: HttpRow = { title: "HTTP GET", hop: "phone", payload: 1229.4, bytes: 1625, packets: 10 };

describe("what loopback has carried", () => {
  test("on Linux is the line of lo", () => {
    const text = "Inter-|   Receive\n face |bytes packets\n    lo:  10000     10    0    0\n  eth0: 7 1 0\n";
    expect(parseLinux(text)).toEqual({ packets: 10, bytes: 10_000 });
  });

  test("on macOS is the line of lo0's link", () => {
    const text =
      "Name  Mtu   Network       Address  Ipkts Ierrs Ibytes Opkts Oerrs Obytes Coll\n" +
      "lo0   16384 <Link#1>                  10     0  10000    10     0  10000    0\n" +
      "lo0   16384 127           127.0.0.1   10     -  10000    10     -  10000    -\n";
    expect(parseDarwin(text)).toEqual({ packets: 10, bytes: 10_000 });
  });

  test.each([parseLinux, parseDarwin])("is an error where the line is missing (%#)", (parse) => {
    expect(() => parse("eth0: 1 2")).toThrow("no line");
  });

  test("grows with what is sent", async () => {
    const before = carried();
    const work = await httpWork({ title: "", hop: "sensor", keepAlive: true });
    await work.reading("21.57");
    const { packets, bytes } = difference(carried(), before);
    expect(packets).toBeGreaterThanOrEqual(5);
    expect(bytes).toBeGreaterThan(work.payload());
    expect(work.payload()).toBeGreaterThan(150);
    await work.close();
  });
});

test("the table stays within 80 columns", () => {
  const lines = textTable([ROW, PHONE]).split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBe(80);
  expect(lines[2]).toBe("MQTT PUBLISH, QoS 0                             18       122      2.0    1.05 MB");
});

test("README.md shows the committed results, with a picture", () => {
  const path = "test/bench/http/results.json";
  expect(existsSync(path)).toBe(true);
  const results = JSON.parse(readFileSync(path, "utf8")) as HttpResults;
  const readme = readFileSync("README.md", "utf8");
  expect(withMarkedSection(readme, "bench:http", section(results))).toBe(readme);
  expect(readme).toContain("xychart-beta");
});
