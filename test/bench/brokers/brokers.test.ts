import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";
import { withMarkedSection } from "../../support/marked-section";
import { processorTime, residentBytes } from "./broker-process";
import { measureBroker } from "./measure";
import { type BrokerResults, section, textTable } from "./report";

test("README.md shows the committed results", () => {
  const results = JSON.parse(readFileSync("test/bench/brokers/results.json", "utf8")) as BrokerResults;
  const readme = readFileSync("README.md", "utf8");
  expect(withMarkedSection(readme, "bench:brokers", section(results))).toBe(readme);
});

test("the table stays within 80 columns", () => {
  const row = { name: "mosquitto", base: 8.5e6, client: 2_500, rate: 37_609.2, work: 10.4 };
  expect(textTable([row]).split("\n")).toEqual([
    "broker                          memory   each client    messages/s      CPU each",
    "-".repeat(80),
    "mosquitto                       8.5 MB        2.5 kB        37,609         10 us",
  ]);
});

test("every message of the flood arrives", async () => {
  const broker = new EmbeddedBroker({ port: 0 });
  await broker.start();
  const { port } = broker.address;
  const here = { name: "here", port, processId: process.pid, stop: () => broker.stop() };
  const { rate, base } = await measureBroker(here, { idle: 3, busy: 3, messages: 5 });
  await broker.stop();
  expect(rate).toBeGreaterThan(0);
  expect(base).toBeGreaterThan(10e6);
});

test("memory and time of a process are those that Node itself knows", () => {
  expect(residentBytes(process.pid) / process.memoryUsage.rss()).toBeCloseTo(1, 0);
  const time = processorTime(process.pid);
  if (time === undefined) return;
  const { user, system } = process.cpuUsage();
  expect(Math.abs(time - (user + system) / 1000)).toBeLessThan(500);
});
