import { type Command, Option } from "commander";
import { type BrokerAddress, parseBrokerAddress } from "../home/broker/broker-address";
import { asArgument, integer } from "./arguments";
import { householdOption } from "./init";

interface AppCommandOptions {
  readonly broker: BrokerAddress;
  readonly household?: string;
  readonly port: number;
}

/** Of `thimble app`, and of the app of `thimble house`. */
export const APP_PORT = 8080;

export function addApp(program: Command): void {
  program
    .command("app")
    .description("serve the mobile app of a home, whichever broker it has")
    .addOption(
      new Option("--broker <url>", "the home's broker, mqtt://[user:password@]host:port; also mqtts, ws, wss")
        .argParser(asArgument(parseBrokerAddress))
        .makeOptionMandatory(),
    )
    .addOption(householdOption())
    .addOption(
      new Option("--port <number>", "port of the app; 0 takes a free one")
        .argParser(integer("a port", 0, 65_535))
        .default(APP_PORT),
    )
    .action(app);
}

async function app(options: AppCommandOptions): Promise<void> {
  const { runApp } = await import("../home/mobile-app/run-app");
  await runApp(options);
}
