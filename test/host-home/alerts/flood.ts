import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MqttClient } from "mqtt";
import { Authority } from "../../support/certificates";
import { Mosquitto } from "../../support/mosquitto";
import { events, ROOT, Running } from "../../support/thimble";
import { PushService } from "./push-service";

export interface FloodOptions {
  /** Motion events a second. */
  readonly rate: number;
  /** How long they are published, ms. */
  readonly duration: number;
  /** How often the service is killed with SIGKILL meanwhile, and started again at once. */
  readonly kills: number;
  /** Push over HTTPS; default plain. */
  readonly secure?: boolean;
  /** 0 to below 1: when. */
  readonly random: () => number;
  readonly onProgress?: (text: string) => void;
}

/** What came of it, by camera and sequence number, so by happening and not by alert. */
export interface FloodResult {
  /** Taken by the broker for certain (PUBCOMP). */
  readonly published: number;
  readonly kills: number;
  /** Happenings of which no push message came. */
  readonly missing: readonly string[];
  /** Happenings that became two alerts. */
  readonly doubled: readonly string[];
  /** Notifications on the phone: tags. */
  readonly shown: number;
  /** Push messages with the id of one before: the phone puts them in its place. */
  readonly repeated: number;
  /** Those that did not say that they were tries. */
  readonly repeatedUnmarked: number;
  /** What the push service could not verify or decrypt. */
  readonly errors: readonly string[];
  /** How long publishing took, ms: longer than asked where the machine is slow. */
  readonly took: number;
  /** From the last event to the last push message, ms. */
  readonly tail: number;
}

/** Without a push message for so long, ms, nothing more is expected. */
const PATIENCE = 15_000;
const CAMERAS = ["home/camera", "home/porch/camera"];

/**
 * Publishes motion events to a real mosquitto while the built `thimble alerts` is killed again and again, and holds what a push service
 * got against what was published.
 */
export async function flood(options: FloodOptions): Promise<FloodResult> {
  const directory = await mkdtemp(join(tmpdir(), "thimble-flood-"));
  // mosquitto keeps 1,000 messages for a session by itself, and throws away what comes after.
  const broker = await Mosquitto.start({ configuration: "max_queued_messages 0" });
  const authority = await Authority.create("push service");
  const { chain: cert, key } = await authority.issue({ commonName: "push service", hosts: ["127.0.0.1"] });
  const push = await PushService.start(options.secure ? { secure: { cert, key } } : {});
  const service = new Service(broker.url, directory);
  let publisher: MqttClient | undefined;
  try {
    await writeFile(join(directory, "authority.pem"), authority.PEM);
    await writeFile(join(directory, "rules.json"), '{"motion":{"coolDown":"0s"}}');
    await service.start();
    await service.subscribe(push.browser().subscription);
    publisher = await connectPublisher(broker);
    const start = performance.now();
    let took = 0;
    const publishing = publish(publisher, options).finally(() => {
      took = performance.now() - start;
    });
    await killAgainAndAgain(service, options);
    const published = await publishing;
    const end = performance.now();
    options.onProgress?.(`${published.length} published, ${push.pushed.length} pushed`);
    const settled = await settle(push, published.length);
    return { ...judge(published, push), kills: options.kills, took, tail: settled - end };
  } finally {
    await service.end();
    await publisher?.endAsync(true);
    await push.stop();
    await broker.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

class Service {
  readonly #broker: string;
  readonly #directory: string;
  #running: Running | undefined;

  constructor(broker: string, directory: string) {
    this.#broker = broker;
    this.#directory = directory;
  }

  async start(): Promise<void> {
    this.#running = new Running(
      process.execPath,
      [
        ...[
          `${ROOT}dist/thimble.js`,
          "alerts",
          "--broker",
          this.#broker,
          "--state",
          join(this.#directory, "state"),
        ],
        ...["--rules", join(this.#directory, "rules.json"), "--loopback-push", "--port", "0", "--json"],
      ],
      { NODE_EXTRA_CA_CERTS: join(this.#directory, "authority.pem") },
    );
    await this.#running.output((stdout) => stdout.includes('"event":"listening"'));
  }

  async subscribe(subscription: object): Promise<void> {
    const address = events(this.#running!.stdout).find(({ event }) => event === "listening")?.address;
    const response = await fetch(`${address}/api/subscriptions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(subscription),
    });
    if (response.status !== 201) throw new Error(`subscribing: ${response.status} ${await response.text()}`);
  }

  /** SIGKILL, and on: the next start is waited for only where it is needed. */
  async kill(): Promise<void> {
    await this.#running?.kill("SIGKILL");
  }

  async end(): Promise<void> {
    await this.#running?.kill("SIGTERM");
  }
}

/** mosquitto takes 20 messages of QoS 2 at a time from a client, and throws out who sends more. */
const IN_FLIGHT = 16;

/** MQTT.js leaves Nagle's algorithm on: each step of a QoS 2 exchange would wait 40 ms. */
async function connectPublisher(broker: Mosquitto): Promise<MqttClient> {
  const stream = (): Socket => connect({ host: broker.host, port: broker.port, noDelay: true });
  const client = new MqttClient(stream, { clientId: "cameras", clean: false, protocolVersion: 4 });
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  return client;
}

async function publish(publisher: MqttClient, { rate, duration }: FloodOptions): Promise<string[]> {
  const published: string[] = [];
  const pending = new Set<Promise<void>>();
  const start = performance.now();
  const total = (rate * duration) / 1_000;
  for (let count = 0; count < total; ) {
    const due = Math.min(((performance.now() - start) * rate) / 1_000, total);
    for (; count < due; count += 1) {
      while (pending.size >= IN_FLIGHT) await Promise.race(pending);
      const topic = CAMERAS[count % CAMERAS.length]!;
      const sequence = Math.floor(count / CAMERAS.length) + 1;
      const payload = `{"event_type":"motion","sequence":${sequence}}`;
      const one = publisher.publishAsync(topic, payload, { qos: 2 }).then(() => {
        published.push(`${topic} ${sequence}`);
        pending.delete(one);
      });
      pending.add(one);
    }
    await sleep(5);
  }
  await Promise.all(pending);
  return published;
}

/** At random moments, each in its own part of the time; also while the service starts. */
async function killAgainAndAgain(
  service: Service,
  { kills, duration, random, onProgress }: FloodOptions,
): Promise<void> {
  const start = performance.now();
  for (let kill = 0; kill < kills; kill += 1) {
    const at = ((kill + 0.2 + 0.6 * random()) * duration) / kills;
    await sleep(Math.max(0, start + at - performance.now()));
    await service.kill();
    onProgress?.(`${((performance.now() - start) / 1_000).toFixed(1)} s: killed`);
    await service.start();
  }
}

/** @returns when the last one came, as `performance.now()` */
async function settle(push: PushService, expected: number): Promise<number> {
  let before = -1;
  while (
    new Set(push.pushed.map(({ payload }) => payload.id)).size < expected &&
    before !== push.pushed.length
  ) {
    before = push.pushed.length;
    await Promise.race([
      push.until(({ length }) => length >= Math.max(expected, before + 1)),
      sleep(PATIENCE),
    ]);
  }
  const end = performance.now();
  // What should not come would come now.
  await sleep(500);
  return end;
}

function judge(
  published: readonly string[],
  push: PushService,
): Omit<FloodResult, "kills" | "took" | "tail"> {
  const ids = new Map<string, Set<string>>();
  const tags = new Set<string>();
  let repeated = 0;
  let repeatedUnmarked = 0;
  for (const { payload } of push.pushed) {
    const topic = payload.device === "camera" ? "home/camera" : `home/${payload.device}/camera`;
    const happening = `${topic} ${payload.sequence}`;
    ids.set(happening, (ids.get(happening) ?? new Set()).add(payload.id));
    if (tags.has(payload.tag)) {
      repeated += 1;
      if (payload.attempt < 2) repeatedUnmarked += 1;
    }
    tags.add(payload.tag);
  }
  return {
    published: published.length,
    missing: published.filter((happening) => !ids.has(happening)),
    doubled: [...ids].filter(([, { size }]) => size > 1).map(([happening]) => happening),
    shown: tags.size,
    repeated,
    repeatedUnmarked,
    errors: push.errors,
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
