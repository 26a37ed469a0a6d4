import { type Command, Option } from "commander";
import { type BrokerAddress, parseBrokerAddress } from "../home/broker/broker-address";
import { parseSocketAddress, type SocketAddress } from "../home/socket-address";
import { UsageError } from "../home/usage-error";
import { asArgument, integer, time } from "./arguments";
import { householdOption } from "./init";

interface HouseCommandOptions {
  readonly broker?: BrokerAddress;
  readonly port?: number;
  readonly websocketPort?: number;
  readonly passwordPort?: number;
  readonly appPort?: number;
  readonly bare?: boolean;
  /** `false`: none, though the default one is there. */
  readonly household?: string | false;
  readonly for?: number;
  readonly interval: number;
  readonly scenario?: string;
  readonly seed: number;
  readonly json?: boolean;
  readonly report?: string;
  readonly engine: "node" | "xs";
  readonly xsbug?: SocketAddress;
}

export function addHouse(program: Command): void {
  program
    .command("house")
    .description("run the house: a broker, three devices on simulated boards, and an independent subscriber")
    .addOption(
      new Option(
        "--broker <url>",
        "use this broker, mqtt://[user:password@]host:port or mqtts://host:port, instead of the embedded one",
      )
        .argParser(asArgument(parseBrokerAddress))
        .conflicts(["port", "websocketPort", "passwordPort"]),
    )
    .addOption(
      householdOption(
        "lock the doors for all but this household (default: .thimble/household, where it is there)",
      ),
    )
    .option("--no-household", "leave the doors open on this machine, though there is a household")
    .addOption(
      new Option(
        "--port <number>",
        "port of the embedded broker; 0 takes a free one (default: 1883, with a household its own: 8883)",
      ).argParser(integer("a port", 0, 65_535)),
    )
    .addOption(
      new Option(
        "--websocket-port <number>",
        "its port for MQTT over WebSocket, without a household (default: 8083, or a free one with --port)",
      ).argParser(integer("a port", 0, 65_535)),
    )
    .addOption(
      new Option(
        "--password-port <number>",
        "its port for members without a certificate (default: the household's own, 8884, or a free one with --port)",
      ).argParser(integer("a port", 0, 65_535)),
    )
    .addOption(
      new Option("--for <time>", "end after this time: 500ms, 10s, 2m, 24h (default: at Ctrl-C)").argParser(
        time("the run", 1, 7 * 24 * 3_600_000),
      ),
    )
    .addOption(
      new Option("--interval <time>", "time between two temperature readings")
        .argParser(time("an interval", 100, 24 * 3_600_000))
        .default(1_000, "1s"),
    )
    .option(
      "--scenario <file>",
      "steps in time, one a line: 2s temperature 25.5, 3s motion, 4s button, 5s cut ID, 7s restore ID, 9s crash ID heap",
    )
    .addOption(
      new Option("--seed <number>", "repeats the weather, the visitor and the back-off of a run")
        .argParser(integer("a seed", 0, 4_294_967_295))
        .default(1),
    )
    .addOption(
      new Option(
        "--engine <name>",
        "node, or xs: the firmware in the chip's own JavaScript engine, in a machine of the chip's size (compiled once, a minute)",
      )
        .choices(["node", "xs"])
        .default("node"),
    )
    .addOption(
      new Option(
        "--xsbug [host:port]",
        "with --engine xs: connect the machines to an xsbug (default: localhost:5002, where thimble xsbug listens)",
      )
        .argParser(asArgument(parseSocketAddress))
        .preset("localhost:5002"),
    )
    .addOption(
      new Option(
        "--app-port <number>",
        "port of the app; 0 takes a free one (default: 8080, or a free one where that is taken or with --port)",
      )
        .argParser(integer("a port", 0, 65_535))
        .conflicts("bare"),
    )
    .option("--bare", "without app, trends and alerts")
    .option("--json", "print events as JSON, one a line")
    .option("--report <file>", "write what was published, acknowledged, received and lost as JSON at the end")
    .action(house);
}

async function house(options: HouseCommandOptions): Promise<void> {
  const { runHouse } = await import("../home/house/run-house");
  const { householdFor } = await import("../home/household/open-household");
  const household = householdFor(options.broker, options.household);
  if (household && options.websocketPort !== undefined)
    throw new UsageError(
      "--websocket-port: with a household browsers come through its app, not to the broker",
    );
  await runHouse({
    broker: options.broker,
    port: options.port,
    webSocketPort: options.websocketPort,
    passwordPort: options.passwordPort,
    household,
    appPort: options.appPort,
    bare: options.bare,
    interval: options.interval,
    seed: options.seed,
    duration: options.for,
    scenarioFile: options.scenario,
    json: options.json,
    reportFile: options.report,
    engine: options.engine,
    xsbug: options.xsbug,
  });
}
