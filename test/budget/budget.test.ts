import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Engine } from "../../host-sim/xs/engine";
import { committed, withSection } from "./budget";
import { type Figures, MQTT_CLIENT, messageFigures } from "./client-figures";
import { differences, differenceText } from "./comparison";
import { measure } from "./figures";
import { link, sources } from "./firmware";
import { misses } from "./rows";
import { smallest } from "./smallest";
import { section, textTable } from "./table";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
/** The engine may have to be compiled first. */
const TIMEOUT = 300_000;
const budget = committed(`${ROOT}/test/budget/budget.json`);

test(
  "the figures are those that are committed; if they are meant to change: npm run budget -- --update",
  async () => {
    const changes = differences(budget, await measure({ directory: ROOT }));
    expect(changes.length === 0 ? "" : differenceText(changes)).toBe("");
  },
  TIMEOUT,
);

describe("one line that allocates in the publish path", () => {
  const NAME = "device/client/connection/transmit";
  const LINE = "  connection.keepAlive?.sent();\n";

  /** Differences to the committed figures when `transmit.ts` has `line` more. */
  async function changesWith(line: string): Promise<string[]> {
    const text = readFileSync(`${ROOT}/${NAME}.ts`, "utf8");
    const patched = text.replace(LINE, `${LINE}${line}\n`);
    expect(patched).not.toBe(text);
    const engine = await Engine.load();
    const root = link(engine, sources(ROOT, { [NAME]: patched }), MQTT_CLIENT.scene);
    const figures = Object.entries(messageFigures(root, MQTT_CLIENT));
    const after: Figures = Object.fromEntries(figures.map(([name, value]) => [`mqttClient.${name}`, value]));
    const before: Figures = Object.fromEntries(Object.keys(after).map((name) => [name, budget[name]!]));
    return differences(before, after).map((change) => differenceText([change]).replace(/ +/g, " "));
  }

  test(
    "is seen",
    async () => {
      const changes = await changesWith("  new Uint8Array(bytes.buffer);");
      expect(changes).toContainEqual(
        expect.stringMatching(/^mqttClient\.publish0\.garbage 0 -> [1-9]\d* \+[1-9]/),
      );
      expect(changes).toContainEqual(
        expect.stringMatching(/^mqttClient\.prepared0\.garbage 0 -> [1-9]\d* \+[1-9]/),
      );
    },
    TIMEOUT,
  );

  test(
    "is what is seen: an empty line changes nothing",
    async () => {
      expect(await changesWith(" ")).toEqual([]);
    },
    TIMEOUT,
  );
});

test("figures that differ, are new or are gone are told with both values", () => {
  const changes = differences({ same: 1, more: 1, gone: 3 }, { same: 1, more: 65, new: 0 });
  expect(differenceText(changes).split("\n")).toEqual([
    "more         1 ->       65  +64",
    "gone         3 ->     none",
    "new       none ->        0",
  ]);
});

test("the table fits a terminal of 80 columns and has every goal that is missed, with its reason", () => {
  const lines = textTable(budget).split("\n");
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  for (const { title, reason } of misses(budget)) {
    expect(reason, title).toBeTruthy();
    expect(lines.some((line) => line.startsWith(`missed: ${title}`.slice(0, 60)))).toBe(true);
  }
});

test("publishing allocates nothing, and every packet is one write", () => {
  for (const client of ["mqttClient", "reliableClient"]) {
    expect(budget[`${client}.prepared0.garbage`]).toBe(0);
    expect(budget[`${client}.publish0.garbage`]).toBeLessThanOrEqual(64);
    for (const [QoS, writes] of [1, 1, 2].entries())
      expect([budget[`${client}.publish${QoS}.writes`], budget[`${client}.prepared${QoS}.writes`]]).toEqual([
        writes,
        writes,
      ]);
    expect(budget[`${client}.growth`]).toBe(0);
  }
});

test("README.md gets the section between its marks, and nothing else changes", () => {
  const readme = "# Thimble\n\n<!-- budget -->\nold\n<!-- /budget -->\n\nmore\n";
  expect(withSection(readme, budget)).toBe(
    `# Thimble\n\n<!-- budget -->${section(budget)}<!-- /budget -->\n\nmore\n`,
  );
  expect(withSection("# Thimble\n", budget)).toBeUndefined();
});

test("bisection finds the smallest size that does", () => {
  const asked: number[] = [];
  const does = (size: number): boolean => asked.push(size) > 0 && size >= 333;
  expect(smallest(16, 1_024, 16, does)).toBe(336);
  expect(asked.length).toBeLessThan(9);
  expect(() => smallest(16, 64, 16, does)).toThrow("64 does not do either");
});
