import { type Command, InvalidArgumentError, Option } from "commander";
import { integer, time } from "./arguments";
import { householdOption } from "./init";
import { type ServiceBrokerOptions, serviceBroker, serviceBrokerOption } from "./service-broker";

interface AnalyticsCommandOptions extends ServiceBrokerOptions {
  readonly file: string;
  readonly port: number;
  readonly share?: string;
  readonly timeZone?: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly keepReadings: number;
  readonly keepMinutes: number;
  readonly forgetFuture?: boolean;
  readonly for?: number;
  readonly json?: boolean;
}

/** A century: for ever. */
const MOST_DAYS = 36_525;

export function addAnalytics(program: Command): void {
  program
    .command("analytics")
    .description("keep what thermometers publish, and show trends: a day, a week, a month, a year")
    .addOption(serviceBrokerOption())
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
    .option("--forget-future", "forget readings that are later than now: for after the clock was wrong")
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
  const { broker, credentials } = await serviceBroker("analytics", options);
  await runAnalytics({
    broker,
    credentials,
    file: options.file,
    port: options.port,
    share: options.share,
    timeZone: options.timeZone,
    judge: { minimum: options.minimum, maximum: options.maximum },
    retention: { readings: options.keepReadings, minutes: options.keepMinutes },
    forgetFuture: options.forgetFuture,
    duration: options.for,
    json: options.json,
  });
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
