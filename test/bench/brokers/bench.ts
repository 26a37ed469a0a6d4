import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { withMarkedSection } from "../../support/marked-section";
import { referees } from "../../support/mosquitto";
import { machine } from "../results";
import { type BrokerProcess, serve, startAedes, startMosquitto } from "./broker-process";
import { type BrokerRow, measureBroker, type Scale } from "./measure";
import { type BrokerResults, section, textTable } from "./report";

const RESULTS_PATH = "test/bench/brokers/results.json";
const SCALE: Scale = { idle: 2_000, busy: 100, messages: 200 };

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      /** The results as JSON in place of the table. */
      json: { type: "boolean", default: false },
      /** Writes results.json and the table in README.md. */
      update: { type: "boolean", default: false },
    },
  });
  const rows: BrokerRow[] = [];
  for (const start of [startAedes, ...(referees ? [startMosquitto] : [])]) {
    const broker: BrokerProcess = await start();
    process.stderr.write(
      `${broker.name}: ${SCALE.idle} idle clients, then ${SCALE.busy * SCALE.messages} messages\n`,
    );
    rows.push(await measureBroker(broker, SCALE).finally(() => broker.stop()));
  }
  const { date, processor, cores, node, mosquitto } = machine();
  const { idle } = SCALE;
  const results: BrokerResults = { date, processor, cores, node: node.slice(1), mosquitto, idle, rows };
  process.stdout.write(`${options.json ? JSON.stringify(results, undefined, 2) : textTable(rows)}\n`);
  if (!options.update) return;
  const readme = withMarkedSection(readFileSync("README.md", "utf8"), "bench:brokers", section(results));
  if (readme === undefined) throw new Error("README.md has no <!-- bench:brokers --> marks");
  writeFileSync("README.md", readme);
  writeFileSync(RESULTS_PATH, `${JSON.stringify(results, undefined, 2)}\n`);
}

await (process.argv[2] === "serve" ? serve() : main());
