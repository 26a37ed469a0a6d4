import { type Command, Option } from "commander";
import type { CleanReport } from "../home/home-assistant/clean";
import { discoveryPrefixOption, quietOption } from "./discovery";
import { householdOption } from "./init";
import { type ServiceBrokerOptions, serviceBroker, serviceBrokerOption } from "./service-broker";

interface CleanCommandOptions extends ServiceBrokerOptions {
  readonly topic?: readonly string[];
  readonly discovery: string;
  readonly quiet: number;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addClean(program: Command): void {
  program
    .command("clean <device>")
    .description("let a broker forget a device that is gone: discovery, status, states, commands")
    .addOption(serviceBrokerOption())
    .addOption(householdOption())
    .addOption(
      new Option(
        "--topic <topic...>",
        "topics of its own that its discovery does not name: home/attic/temp (default: the household's)",
      ),
    )
    .addOption(discoveryPrefixOption())
    .addOption(quietOption())
    .option("--force", "also while the device is online: what it says again is kept again")
    .option("--dry-run", "only tell what there is")
    .option("--json", "print the report as JSON")
    .action(clean);
}

async function clean(device: string, options: CleanCommandOptions): Promise<void> {
  const { cleanDevice } = await import("../home/home-assistant/clean");
  const { BrokerVisit } = await import("../home/broker/broker-visit");
  const { HOUSE_DEVICES, topicsOf } = await import("../home/household/members");
  const { broker, credentials, household } = await serviceBroker("home-assistant", options);
  const member = household?.member(device);
  const known = member?.role === "device" ? { id: device, topic: member.topic } : undefined;
  const entry = known ?? HOUSE_DEVICES.find(({ id }) => id === device);
  // Behind locked doors only the device itself may say, and so unsay, what is its own.
  const own = credentials && known ? household?.credentialsOf(device) : undefined;
  const reader = await BrokerVisit.begin(broker, credentials);
  try {
    const report = await cleanDevice({
      device,
      reader,
      ...(own ? { writer: () => BrokerVisit.begin(broker, own, device) } : {}),
      topics: options.topic ?? (entry ? topicsOf(entry) : []),
      prefix: options.discovery,
      quiet: options.quiet,
      force: options.force ?? false,
      dryRun: options.dryRun ?? false,
    });
    const lines = options.json ? [JSON.stringify(report)] : describeReport(report);
    process.stdout.write(`${lines.join("\n")}\n`);
  } finally {
    await reader.end();
  }
}

function describeReport({ device, dryRun, cleared, kept }: CleanReport): string[] {
  const verb = dryRun ? "would clear" : "cleared";
  return [
    ...cleared.map(({ topic, byteLength }) => `${verb} ${topic} (${byteLength} bytes)`),
    ...kept.map(({ topic, reason }) => `left ${topic}: ${reason}`),
    ...(cleared.length + kept.length === 0 ? [`the broker keeps nothing of ${device}`] : []),
  ];
}
