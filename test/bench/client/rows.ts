import { type ChildProcess, spawn } from "node:child_process";
import { hostRealm } from "../../../host-sim/board/realm";
import { RealClock } from "../../../host-sim/clock/real-clock";
import { createResolver } from "../../../host-sim/network/dns";
import { NetworkInterface } from "../../../host-sim/network/network-interface";
import { NodeResolver } from "../../../host-sim/network/node-resolver";
import { NodeTCP } from "../../../host-sim/network/node-tcp";
import { NodeNetwork } from "../../../host-sim/network/node-wire";
import { createTCP } from "../../../host-sim/network/tcp";
import { Mosquitto, referees } from "../../support/mosquitto";
import type { Row } from "../row";
import { median, pairedRatio, significant } from "../statistics";
import { BareSocket } from "./bare";
import { type BenchClient, PAYLOAD, type QoS } from "./bench-client";
import { MqttJsClient } from "./mqtt-js";
import { ReliableBenchClient } from "./reliable";
import { type Sockets, ThimbleClient } from "./thimble";

const ROUNDS = 15;
/** Rounds that do not count, while V8 compiles. */
const WARM_UP = 4;
const MESSAGES = 2_000;
const ROUND_TRIPS = 200;

const OURS = "MQTTClient";

export interface ClientRowsOptions {
  readonly progress: (what: string) => void;
  /** Our client over the simulated board's TCP instead of NodeTCP. */
  readonly simulated: boolean;
}

/** Compares the client with MQTT.js, on one mosquitto. */
export async function clientRows({ progress, simulated }: ClientRowsOptions): Promise<Row[]> {
  // A subscriber is sent 20 messages before it must acknowledge: mosquitto's default. None may be dropped behind them.
  const broker = await Mosquitto.start({ configuration: "max_queued_messages 0" });
  const { port } = broker;
  const sockets = simulated ? simulatedSockets() : { dns: { io: NodeResolver }, socket: { io: NodeTCP } };
  const clients: readonly BenchClient[] = [
    await ThimbleClient.connect(port, sockets, OURS),
    await MqttJsClient.connect(port),
    await ReliableBenchClient.connect(port, sockets),
    await BareSocket.connect(port),
  ];
  try {
    const rows: Row[] = [];
    for (const QoS of [0, 1, 2] as const) rows.push(await publishRow(clients, QoS, progress));
    rows.push(await receiveRow(clients, port, progress));
    rows.push(await roundTripRow(clients, progress));
    return rows;
  } finally {
    for (const client of clients) client.close();
    await broker.stop();
  }
}

function simulatedSockets(): Sockets {
  const clock = new RealClock();
  const environment = {
    clock,
    network: new NetworkInterface({ clock, network: new NodeNetwork() }),
    realm: hostRealm,
  };
  return {
    dns: { io: createResolver(environment), servers: [], socket: { io: undefined } },
    socket: { io: createTCP(environment) },
  };
}

/** For each client, by name, what `measure` gives in each round; each round begins with another client. */
async function rounds(
  clients: readonly BenchClient[],
  measure: (client: BenchClient) => Promise<number>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const values = new Map<string, number[]>(clients.map(({ name }) => [name, []]));
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (let turn = 0; turn < clients.length; turn++) {
      const client = clients[(turn + round + WARM_UP) % clients.length]!;
      const value = await measure(client);
      if (round >= 0) values.get(client.name)!.push(value);
    }
  }
  return values;
}

/** CPU time of this process for a message while `work` is done, us: user and system, all threads. */
async function cpuTime(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / MESSAGES;
}

async function publishRow(
  clients: readonly BenchClient[],
  QoS: QoS,
  progress: (what: string) => void,
): Promise<Row> {
  const title = `publish QoS ${QoS}, CPU`;
  progress(title);
  const times = await rounds(clients, (client) => cpuTime(() => client.publish(MESSAGES, QoS)));
  return cpuRow(`publish-${QoS}`, title, times, 0.6);
}

/** The messages come from a mosquitto_pub for each client, so that their making costs this process nothing. */
async function receiveRow(
  clients: readonly BenchClient[],
  port: number,
  progress: (what: string) => void,
): Promise<Row> {
  const title = "receive QoS 1, CPU";
  progress(title);
  const feeders = new Map<BenchClient, ChildProcess>();
  const lines = Buffer.from(`${PAYLOAD.toString()}\n`.repeat(MESSAGES));
  try {
    for (const client of clients) {
      const topic = `bench/${client.name}`;
      await client.subscribe(topic);
      const parameters = ["-h", "127.0.0.1", "-p", String(port), "-q", "1", "-t", topic, "-l"];
      feeders.set(
        client,
        spawn(referees!.mosquittoPub, parameters, { stdio: ["pipe", "ignore", "inherit"] }),
      );
    }
    const times = await rounds(clients, (client) =>
      cpuTime(() => {
        const done = client.received(MESSAGES);
        feeders.get(client)?.stdin?.write(lines);
        return done;
      }),
    );
    return cpuRow("receive-1", title, times, 0.7);
  } finally {
    for (const feeder of feeders.values()) feeder.stdin?.end();
  }
}

function cpuRow(
  id: string,
  title: string,
  times: ReadonlyMap<string, readonly number[]>,
  atMost: number,
): Row {
  const peer = times.get("MQTT.js")!;
  const bare = significant(pairedRatio(times.get("bare")!, peer), 2);
  return {
    id,
    group: "client",
    title,
    unit: "us",
    time: significant(median(times.get(OURS)!)),
    others: medians(times),
    ratio: significant(pairedRatio(times.get(OURS)!, peer)),
    target: { atMost },
    reason: `a bare socket with the same bytes takes ${bare}`,
  };
}

/** One message after another: from the call to its acknowledgement. */
async function roundTripRow(clients: readonly BenchClient[], progress: (what: string) => void): Promise<Row> {
  const title = "round trip QoS 1, to bare";
  progress(title);
  const times = await rounds(clients, async (client) => {
    const trips: number[] = [];
    for (let trip = 0; trip < ROUND_TRIPS; trip++) {
      const start = performance.now();
      await client.publish(1, 1);
      trips.push(1000 * (performance.now() - start));
    }
    return median(trips);
  });
  return {
    id: "round-trip-1",
    group: "client",
    title,
    unit: "us",
    time: significant(median(times.get(OURS)!)),
    others: medians(times),
    ratio: significant(pairedRatio(times.get(OURS)!, times.get("bare")!)),
    target: { atMost: 2 },
  };
}

function medians(times: ReadonlyMap<string, readonly number[]>): Record<string, number> {
  const others = [...times].filter(([name]) => name !== OURS);
  return Object.fromEntries(others.map(([name, values]) => [name, significant(median(values))]));
}
