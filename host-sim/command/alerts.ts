import { type Command, Option } from "commander";
import { integer, time } from "./arguments";
import { householdOption } from "./init";
import { type ServiceBrokerOptions, serviceBroker, serviceBrokerOption } from "./service-broker";

interface AlertsCommandOptions extends ServiceBrokerOptions {
  readonly state?: string;
  readonly rules?: string;
  readonly port: number;
  readonly loopbackPush?: boolean;
  readonly for?: number;
  readonly json?: boolean;
}

export function addAlerts(program: Command): void {
  program
    .command("alerts")
    .description("push alerts to phones: motion, devices that are offline, temperatures outside a band")
    .addOption(serviceBrokerOption())
    .addOption(householdOption())
    .option(
      "--state <folder>",
      "what must not be forgotten, for one process at a time (default: alerts in the household, or .thimble/alerts)",
    )
    .option(
      "--rules <file>",
      "quiet hours, cool-down, outages, temperatures, ntfy, a webhook, as JSON (default: rules.json in the state)",
    )
    .addOption(
      new Option("--port <number>", "of the log page, for this machine only; 0 takes a free one")
        .argParser(integer("a port", 0, 65_535))
        .default(8_085),
    )
    .option("--loopback-push", "take push endpoints on this machine, as tests have them")
    .addOption(
      new Option("--for <time>", "end after this time: 500ms, 10s, 2m, 24h (default: at Ctrl-C)").argParser(
        time("the run", 1, 7 * 24 * 3_600_000),
      ),
    )
    .option("--json", "print events as JSON, one a line")
    .action(alerts);
}

async function alerts(options: AlertsCommandOptions): Promise<void> {
  const { join } = await import("node:path");
  const { runAlerts } = await import("../home/alerts/run-alerts");
  const { broker, credentials, household } = await serviceBroker("alerts", options);
  process.exitCode = await runAlerts({
    broker,
    credentials,
    directory: options.state ?? (household ? join(household.directory, "alerts") : ".thimble/alerts"),
    vapidKeys: household?.vapidKeys,
    rulesFile: options.rules,
    port: options.port,
    loopbackPush: options.loopbackPush,
    duration: options.for,
    json: options.json,
  });
}
