import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { EmbeddedBroker } from "../../host-sim/home/broker/broker";
import type { BrokerAddress } from "../../host-sim/home/broker/broker-address";
import { type BrokerCredentials, connectionOptions } from "../../host-sim/home/broker/broker-connection";
import { Household } from "../../host-sim/home/household/household";
import { type InitializeOptions, initializeHousehold } from "../../host-sim/home/household/initialize";
import { freePort, Mosquitto, referees } from "./mosquitto";

/** A household in a temporary folder, on free ports. */
export async function makeHousehold(options: Partial<InitializeOptions> = {}): Promise<Household> {
  const directory =
    options.directory ?? join(await mkdtemp(join(tmpdir(), "thimble-household-")), "household");
  await initializeHousehold({
    directory,
    manifests: "/nowhere",
    port: await freePort(),
    passwordPort: await freePort(),
    ...options,
  });
  return Household.open(directory) as Household;
}

/** Removes what `makeHousehold` has made. */
export async function removeHousehold(household: Household): Promise<void> {
  await rm(join(household.directory, ".."), { recursive: true, force: true });
}

/** A household's broker, on the ports in its settings. */
export interface LockedBroker {
  readonly address: BrokerAddress;
  readonly passwordAddress: BrokerAddress;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

function addresses({ settings }: Household): Pick<LockedBroker, "address" | "passwordAddress"> {
  return {
    address: { protocol: "mqtts", host: "localhost", port: settings.port },
    passwordAddress: { protocol: "mqtts", host: "localhost", port: settings.passwordPort },
  };
}

async function startEmbedded(household: Household): Promise<LockedBroker> {
  const broker = new EmbeddedBroker({ household });
  await broker.start();
  const stop = (): Promise<void> => broker.stop();
  return { ...addresses(household), kill: stop, restart: () => broker.start(), stop };
}

async function startMosquitto(household: Household): Promise<LockedBroker> {
  const { port, passwordPort } = household.settings;
  const broker = await Mosquitto.startIn(join(household.directory, "mosquitto"), [port, passwordPort]);
  return {
    ...addresses(household),
    kill: () => broker.kill(),
    restart: () => broker.restart(),
    stop: () => broker.stop(),
  };
}

/** Both brokers, as a household locks them. */
export const lockedBrokers: readonly {
  readonly name: string;
  readonly installed: boolean;
  readonly start: (household: Household) => Promise<LockedBroker>;
}[] = [
  { name: "the embedded broker", installed: true, start: startEmbedded },
  { name: "mosquitto", installed: referees !== undefined, start: startMosquitto },
];

/** A message as it has come. */
export interface Heard {
  readonly topic: string;
  readonly payload: string;
}

/** A client of MQTT.js that may be refused. */
export class Visitor {
  readonly client: MqttClient;
  readonly heard: Heard[] = [];
  /** Resolves with `undefined` when the broker has let it in, else with what TLS or CONNACK say. */
  readonly answer: Promise<string | undefined>;

  constructor(
    broker: BrokerAddress,
    credentials: BrokerCredentials | undefined,
    options: IClientOptions = {},
  ) {
    this.client = connect({ ...connectionOptions(broker, credentials), reconnectPeriod: 0, ...options });
    this.answer = new Promise((resolve) => {
      this.client.once("connect", () => resolve(undefined));
      this.client.once("error", (error) => resolve(error.message));
      this.client.once("close", () => resolve("closed"));
    });
    this.client.on("error", () => {});
    this.client.on("message", (topic, payload) => this.heard.push({ topic, payload: payload.toString() }));
  }

  /** Lets it in. @throws {Error} if it is not */
  static async enter(
    broker: BrokerAddress,
    credentials: BrokerCredentials | undefined,
    options: IClientOptions = {},
  ): Promise<Visitor> {
    const visitor = new Visitor(broker, credentials, options);
    const refusal = await visitor.answer;
    if (refusal !== undefined) throw new Error(`the broker refuses ${options.clientId}: ${refusal}`);
    return visitor;
  }

  /** A member of the household, with its certificate. */
  static member(
    broker: BrokerAddress,
    household: Household,
    name: string,
    options: IClientOptions = {},
  ): Promise<Visitor> {
    return Visitor.enter(broker, household.credentialsOf(name), { clientId: name, ...options });
  }

  async leave(): Promise<void> {
    await this.client.endAsync(true);
  }
}
