import { type Command, InvalidArgumentError, Option } from "commander";
import { type BrokerAddress, MQTT_PORT, parseBrokerAddress } from "../home/broker-address";
import type { BrokerCredentials } from "../home/broker-connection";
import { asArgument, integer, time } from "./arguments";
import { householdOption } from "./init";

interface AnalyticsCommandOptions {
  readonly broker?: BrokerAddress;
  readonly household?: string;
  readonly file: string;
  readonly port: number;
  readonly share?: string;
  readonly timeZone?: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly keepReadings: number;
  readonly keepMinutes: number;
  readonly for?: number;
  readonly json?: boolean;
}

/** A century: for ever. */
const MOST_DAYS = 36_525;

export function addAnalytics(program: Command): void {
  program
    .command("analytics")
    .description("keep what thermometers publish, and show trends: a day, a week, a month, a year")
    .addOption(
      new Option(
        "--broker <url>",
        "mqtt, mqtts, ws or wss (default: the household's, or mqtt://127.0.0.1:1883)",
      ).argParser(asArgument(parseBrokerAddress)),
    )
    .addOption(householdOption())
    .option("--file <file>", "DuckDB file, for one process at a time", ".thimble/analytics.duckdb")
    .addOption(
      new Option("--port <number>", "of the page of trends, for this machine only; 0 takes a free one")
        .argParser(integer("a port", 0, 65_535))
        .default(8_086),
    )
    .addOption(
      new Option(
        "--share <name>",
        "share the readings with others of this name, each with a file of its own (MQTT 5.0)",
      ).argParser(groupName),
    )
    .addOption(
      new Option(
        "--time-zone <name>",
        "whose midnights days begin at, kept in the file (default: this machine's)",
      ).argParser(zoneName),
    )
    .addOption(temperature("--minimum <°C>", "coldest temperature that is believed", -55))
    .addOption(temperature("--maximum <°C>", "hottest temperature that is believed", 150))
    .addOption(
      new Option("--keep-readings <days>", "forget single readings after so many days")
        .argParser(integer("a time to keep", 2, MOST_DAYS))
        .default(90),
    )
    .addOption(
      new Option("--keep-minutes <days>", "forget minutes after so many days; hours and days stay")
        .argParser(integer("a time to keep", 2, MOST_DAYS))
        .default(731),
    )
    .addOption(
      new Option("--for <time>", "end after this time: 500ms, 10s, 2m, 24h (default: at Ctrl-C)").argParser(
        time("the run", 1, 7 * 24 * 3_600_000),
      ),
    )
    .option("--json", "print events as JSON, one a line")
    .action(analytics);
}

async function analytics(options: AnalyticsCommandOptions): Promise<void> {
  const { runAnalytics } = await import("../home/analytics/run-analytics");
  await runAnalytics({
    ...(await brokerOf(options)),
    file: options.file,
    port: options.port,
    share: options.share,
    timeZone: options.timeZone,
    judge: { minimum: options.minimum, maximum: options.maximum },
    retention: { readings: options.keepReadings, minutes: options.keepMinutes },
    duration: options.for,
    json: options.json,
  });
}

/** A household that is named, or is there and wanted: its broker, and the certificate of the service. */
async function brokerOf({
  broker,
  household: directory,
}: AnalyticsCommandOptions): Promise<{ broker: BrokerAddress; credentials?: BrokerCredentials }> {
  const isPlain =
    broker && (broker.protocol === undefined || broker.protocol === "ws" || broker.user !== undefined);
  if (isPlain && directory === undefined) return { broker };
  const { Household } = await import("../home/household/household");
  const { DEFAULT_HOUSEHOLD } = await import("../home/household/layout");
  const { UsageError } = await import("../home/usage-error");
  const household = Household.open(directory ?? DEFAULT_HOUSEHOLD);
  if (!household && directory !== undefined)
    throw new UsageError(`there is no household in ${directory}: make one with thimble init`);
  if (!household) return { broker: broker ?? { host: "127.0.0.1", port: MQTT_PORT } };
  return {
    broker: broker ?? { protocol: "mqtts", host: "127.0.0.1", port: household.settings.port },
    credentials: household.credentialsOf("analytics"),
  };
}

function temperature(flags: string, description: string, value: number): Option {
  return new Option(flags, description)
    .argParser((text) => {
      const number = Number(text);
      if (text.trim() !== "" && number >= -273.15 && number <= 10_000) return number;
      throw new InvalidArgumentError("a temperature is a number from -273.15 to 10000");
    })
    .default(value);
}

/** [MQTT-4.8.2-2] */
function groupName(text: string): string {
  if (/^[^/+#]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError("a name is 1 to 64 characters without /, + and #");
}

function zoneName(text: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError("a time zone is written Europe/Berlin or UTC");
  }
}
