import { once } from "node:events";
import { type BrokerAddress, formatBrokerAddress } from "../broker/broker-address";
import type { Household } from "../household/household";
import { openHousehold } from "../household/open-household";
import { GUEST } from "./members";
import { MobileApp } from "./mobile-app";

export interface RunAppOptions {
  readonly broker: BrokerAddress;
  /** Where `thimble init` has put it. Without: a guest with a code, on this machine only. */
  readonly household?: string | undefined;
  /** 0 to 65535; 0 takes a free one. */
  readonly port: number;
}

/** Every address of the machine: phones are elsewhere. */
const EVERYWHERE = "0.0.0.0";

/**
 * Serves the app of a home until a signal comes.
 * @throws {UsageError} for what the person at the command line can put right
 */
export async function runApp(options: RunAppOptions, terminal: NodeJS.Process = process): Promise<void> {
  const household = householdOf(options);
  const app = new MobileApp({
    broker: options.broker,
    household,
    port: options.port,
    host: household ? EVERYWHERE : undefined,
  });
  await app.start();
  const code = app.guestCode === undefined ? "" : `\nSign in as ${GUEST} with the code ${app.guestCode}`;
  terminal.stdout.write(`App: ${app.address} for ${formatBrokerAddress(options.broker)}${code}\n`);
  await Promise.race([once(terminal, "SIGINT"), once(terminal, "SIGTERM")]);
  await app.stop();
}

/** A broker that asks for certificates needs a household, named or the usual one; to another it is a list of who may sign in. */
function householdOf({ broker, household }: RunAppOptions): Household | undefined {
  const { protocol = "mqtt" } = broker;
  const isPlain = protocol === "mqtt" || protocol === "ws";
  return isPlain && household === undefined ? undefined : openHousehold(household);
}
