import { type BrokerAddress, formatBrokerAddress } from "../broker/broker-address";
import { UsageError } from "../usage-error";
import { Household } from "./household";
import { DEFAULT_HOUSEHOLD } from "./layout";

/**
 * The household that is named; else the default one, where it is there.
 * @param directory - the option `--household`; `false` for none
 * @throws {UsageError} when the one that is named is not there, or is damaged or open to others
 */
export function openHousehold(directory: string | false | undefined): Household | undefined {
  if (directory === false) return undefined;
  const household = Household.open(directory ?? DEFAULT_HOUSEHOLD);
  if (!household && directory !== undefined)
    throw new UsageError(
      `there is no household in ${directory}: make one with thimble init --household ${directory}`,
    );
  return household;
}

/**
 * The household that the devices of a house prove their membership of to a broker.
 * @param broker - default: the embedded one
 * @throws {UsageError} for a broker that devices cannot reach, or only without the locks that were asked for
 */
export function householdFor(
  broker: BrokerAddress | undefined,
  directory: string | false | undefined,
): Household | undefined {
  if (!broker) return openHousehold(directory);
  const { protocol = "mqtt" } = broker;
  const url = formatBrokerAddress(broker);
  if (protocol !== "mqtt" && protocol !== "mqtts")
    throw new UsageError(
      `the devices of a house do not speak ${protocol}, as in ${url}: mqtt:// or mqtts://`,
    );
  if (protocol === "mqtt") {
    if (typeof directory === "string")
      throw new UsageError(
        `${url} asks for no certificate, so there is nothing to do for a household: use mqtts://`,
      );
    return undefined;
  }
  const household = openHousehold(directory);
  if (!household)
    throw new UsageError(
      `${url} asks for certificates, and there is no household: make one with thimble init`,
    );
  return household;
}
