import { once } from "node:events";
import { type BrokerAddress, formatBrokerAddress } from "../broker-address";
import { Household } from "../household/household";
import { UsageError } from "../usage-error";
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
  const household = openHousehold(options.household);
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

function openHousehold(directory: string | undefined): Household | undefined {
  if (directory === undefined) return undefined;
  const household = Household.open(directory);
  if (!household) throw new UsageError(`there is no household in ${directory}: thimble init makes one`);
  return household;
}
