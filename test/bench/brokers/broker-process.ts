import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";
import { Mosquitto } from "../../support/mosquitto";

/** A broker in a process of its own. */
export interface BrokerProcess {
  readonly name: string;
  readonly port: number;
  readonly processId: number;
  stop(): Promise<void>;
}

/** Clock ticks of /proc in a second, on every Linux that Node runs on. */
const TICKS = 100;

/** The embedded broker, in a second process that runs this same bundle. */
export async function startAedes(): Promise<BrokerProcess> {
  const child = fork(fileURLToPath(import.meta.url), ["serve"], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [port] = (await once(child, "message")) as [number];
  return { name: "Aedes 2", port, processId: child.pid!, stop: () => end(child) };
}

/** What the second process does, until it is ended. */
export async function serve(): Promise<void> {
  const broker = new EmbeddedBroker({ port: 0 });
  await broker.start();
  process.send!(broker.address.port);
  process.once("disconnect", () => process.exit());
}

export async function startMosquitto(): Promise<BrokerProcess> {
  const mosquitto = await Mosquitto.start({
    configuration: "max_queued_messages 0\nmax_inflight_messages 0",
  });
  return {
    name: "mosquitto",
    port: mosquitto.port,
    processId: mosquitto.processId,
    stop: () => mosquitto.stop(),
  };
}

/** Memory in use, bytes. */
export function residentBytes(processId: number): number {
  return 1024 * Number(execFileSync("ps", ["-o", "rss=", "-p", String(processId)], { encoding: "utf8" }));
}

/** CPU time used so far, ms, to 10 ms; `undefined` where there is no /proc. */
export function processorTime(processId: number): number | undefined {
  const path = `/proc/${processId}/stat`;
  if (!existsSync(path)) return undefined;
  // The name of the program, in parentheses, may have spaces.
  const fields = readFileSync(path, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.disconnect();
  await exited;
}
