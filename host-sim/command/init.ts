import { type Command, Option } from "commander";
import { DEFAULT_HOUSEHOLD } from "../home/household/layout";
import { type DeviceEntry, parseDevice } from "../home/household/members";
import { asArgument, integer } from "./arguments";

interface InitCommandOptions {
  readonly household: string;
  readonly person?: readonly string[];
  readonly device?: readonly DeviceEntry[];
  readonly host?: readonly string[];
  readonly newPassword?: readonly string[];
  readonly port?: number;
  readonly passwordPort?: number;
}

/** @param root - of the package, absolute */
export function addInit(program: Command, root: string): void {
  const device = asArgument(parseDevice);
  program
    .command("init")
    .description("make a household: certificates, passwords, rules of access; or add to it what is missing")
    .addOption(householdOption().default(DEFAULT_HOUSEHOLD))
    .option("--person <name...>", "people who may use the home")
    .addOption(
      new Option(
        "--device <id...>",
        "devices beside the three of the house, ID or ID=TOPIC: attic=home/attic/temp",
      ).argParser<DeviceEntry[]>((text, former) => [...(former ?? []), device(text)]),
    )
    .option(
      "--host <name...>",
      "more names or addresses of the machine with the broker; boards are told the last",
    )
    .option("--new-password <name...>", "people who get a new password")
    .addOption(
      new Option("--port <number>", "of the broker, for those with a certificate (default: 8883)").argParser(
        integer("a port", 1, 65_535),
      ),
    )
    .addOption(
      new Option(
        "--password-port <number>",
        "of the broker, for those with a password (default: 8884)",
      ).argParser(integer("a port", 1, 65_535)),
    )
    .action((options: InitCommandOptions) => init(options, root));
}

/** For every command that uses a household. */
export function householdOption(
  description = "where certificates, keys and passwords of the home are",
): Option {
  return new Option("--household <folder>", description);
}

async function init(options: InitCommandOptions, root: string): Promise<void> {
  const { initializeHousehold } = await import("../home/household/initialize");
  const { describeReport } = await import("../home/household/describe-report");
  const report = await initializeHousehold({
    directory: options.household,
    people: options.person ?? [],
    devices: options.device ?? [],
    hosts: options.host ?? [],
    newPasswords: options.newPassword ?? [],
    port: options.port,
    passwordPort: options.passwordPort,
    manifests: `${root}manifests`,
  });
  process.stdout.write(`${describeReport(options.household, report)}\n`);
}
