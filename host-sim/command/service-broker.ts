import { Option } from "commander";
import { type BrokerAddress, MQTT_PORT, parseBrokerAddress } from "../home/broker/broker-address";
import type { BrokerCredentials } from "../home/broker/broker-connection";
import type { Household } from "../home/household/household";
import type { Service } from "../home/household/members";
import { asArgument } from "./arguments";

export interface ServiceBrokerOptions {
  readonly broker?: BrokerAddress;
  readonly household?: string;
}

/** What a service connects to, and as whom. */
export interface ServiceBroker {
  readonly broker: BrokerAddress;
  readonly credentials?: BrokerCredentials;
  readonly household?: Household;
}

/** For the commands of services. */
export function serviceBrokerOption(): Option {
  return new Option(
    "--broker <url>",
    "mqtt, mqtts, ws or wss (default: the household's, or mqtt://127.0.0.1:1883)",
  ).argParser(asArgument(parseBrokerAddress));
}

/**
 * A broker that is named and asks for no certificate; else that of the household that is named, or is there; else this machine's.
 * @param service - its name in the household
 * @throws {UsageError} when the household that is named is not there
 */
export async function serviceBroker(
  service: Service,
  { broker, household: directory }: ServiceBrokerOptions,
): Promise<ServiceBroker> {
  const isPlain =
    broker && (broker.protocol === undefined || broker.protocol === "ws" || broker.user !== undefined);
  if (isPlain && directory === undefined) return { broker };
  const { openHousehold } = await import("../home/household/open-household");
  const household = openHousehold(directory);
  if (!household) return { broker: broker ?? { host: "127.0.0.1", port: MQTT_PORT } };
  return {
    broker: broker ?? { protocol: "mqtts", host: "127.0.0.1", port: household.settings.port },
    credentials: household.credentialsOf(service),
    household,
  };
}
