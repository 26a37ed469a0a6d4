import { EmbeddedBroker } from "../../host-sim/home/broker/broker";
import { type BrokerAddress, formatBrokerAddress } from "../../host-sim/home/broker/broker-address";
import { freePort, Mosquitto, referees } from "./mosquitto";

/** A broker that a test can take away and bring back on the same port; neither remembers anything. */
export interface TestBroker {
  readonly address: BrokerAddress;
  readonly url: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function startAedes(): Promise<TestBroker> {
  const broker = new EmbeddedBroker({ port: await freePort() });
  await broker.start();
  const { address } = broker;
  return {
    address,
    url: formatBrokerAddress(address),
    kill: () => broker.stop(),
    restart: () => broker.start(),
    stop: () => broker.stop(),
  };
}

async function startMosquitto(): Promise<TestBroker> {
  const broker = await Mosquitto.start();
  const { host, port, url } = broker;
  return {
    address: { host, port },
    url,
    kill: () => broker.kill(),
    restart: () => broker.restart(),
    stop: () => broker.stop(),
  };
}

/** Both brokers, for `describe.skipIf(!installed)`: what holds on one must hold on the other. */
export const brokers: readonly {
  readonly name: string;
  readonly installed: boolean;
  readonly start: () => Promise<TestBroker>;
}[] = [
  { name: "Aedes", installed: true, start: startAedes },
  { name: "mosquitto", installed: referees !== undefined, start: startMosquitto },
];
