import { readFileSync, writeFileSync } from "node:fs";
import { release, type } from "node:os";
import { parseArgs } from "node:util";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";
import { withMarkedSection } from "../../support/marked-section";
import { Mosquitto, referees } from "../../support/mosquitto";
import { machine } from "../results";
import { httpWork } from "./http-work";
import { type Cost, type MeasureOptions, measure } from "./measure";
import { publishWork, subscribeWork } from "./mqtt-work";
import { type HttpResults, type HttpRow, section, textTable } from "./report";
import type { Work } from "./work";

const RESULTS_PATH = "test/bench/http/results.json";

const { values: options } = parseArgs({
  options: {
    /** The results as JSON in place of the table. */
    json: { type: "boolean", default: false },
    /** Writes results.json and the table and the picture in README.md. */
    update: { type: "boolean", default: false },
  },
});

const MEASURE: MeasureOptions = { rounds: 5, readings: 20, pause: 60 };
const start = performance.now();

async function rowOf(work: Work, less?: Cost): Promise<HttpRow> {
  process.stderr.write(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${work.title}\n`);
  try {
    const { payload, bytes, packets } = await measure(work, MEASURE);
    const { title, hop } = work;
    return {
      title,
      hop,
      payload,
      bytes: bytes - (less?.bytes ?? 0),
      packets: packets - (less?.packets ?? 0),
    };
  } finally {
    await work.close();
  }
}

async function rowsAt(port: number): Promise<HttpRow[]> {
  const http = async (title: string, hop: "sensor" | "phone", keepAlive: boolean, unchanged = false) =>
    rowOf(await httpWork({ title, hop, keepAlive, unchanged }));
  const publish = [];
  for (const QoS of [0, 1, 2] as const) publish.push(await rowOf(await publishWork(port, QoS)));
  return [
    await http("HTTP POST, a connection each", "sensor", false),
    await http("HTTP POST, connection kept", "sensor", true),
    ...publish,
    await http("HTTP GET, a connection each", "phone", false),
    await http("HTTP GET, connection kept", "phone", true),
    await http("HTTP GET, nothing new", "phone", true, true),
    await rowOf(await subscribeWork(port, 0, await publishWork(port, 0)), publish[0]),
    await rowOf(await subscribeWork(port, 1, await publishWork(port, 1)), publish[1]),
  ];
}

async function withBroker(use: (port: number) => Promise<HttpRow[]>): Promise<HttpRow[]> {
  if (referees) {
    const mosquitto = await Mosquitto.start();
    return use(mosquitto.port).finally(() => mosquitto.stop());
  }
  const aedes = new EmbeddedBroker({ port: 0 });
  await aedes.start();
  return use(aedes.address.port).finally(() => aedes.stop());
}

const rows = await withBroker(rowsAt);
const { date, node, mosquitto } = machine();
const results: HttpResults = {
  date,
  system: `${type()} ${release()}`,
  node: node.slice(1),
  broker: referees ? `mosquitto ${mosquitto}` : "Aedes",
  rows,
};
process.stdout.write(`${options.json ? JSON.stringify(results, undefined, 2) : textTable(rows)}\n`);
if (options.update) {
  writeFileSync(RESULTS_PATH, `${JSON.stringify(results, undefined, 2)}\n`);
  const readme = withMarkedSection(readFileSync("README.md", "utf8"), "bench:http", section(results));
  if (readme === undefined) throw new Error("README.md has no <!-- bench:http --> marks");
  writeFileSync("README.md", readme);
}
process.exit();
