#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type BrokerAddress, parseBrokerAddress } from "./home/broker-address";
import { parseDuration } from "./home/duration";
import { UsageError } from "./home/usage-error";
import { parseBreakpoint, type UserBreakpoint } from "./xsbug/breakpoint";

/** Both `dist/thimble.js` and `host-sim/cli.ts` stand one directory below the package. */
const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

interface XsbugCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly break?: "never" | "exceptions" | "always";
  readonly breakpoint: readonly UserBreakpoint[];
  readonly for?: number;
  readonly once?: boolean;
  readonly json?: boolean;
  readonly sources: string;
  readonly instruments?: boolean;
  readonly picture?: string;
  readonly manifest?: string;
  readonly test?: readonly string[];
  readonly commands?: string;
}

interface HouseCommandOptions {
  readonly broker?: BrokerAddress;
  readonly port?: number;
  readonly websocketPort?: number;
  readonly for?: number;
  readonly interval: number;
  readonly scenario?: string;
  readonly seed: number;
  readonly json?: boolean;
  readonly report?: string;
  readonly engine: "node" | "xs";
}

function createProgram(): Command {
  const program = new Command("thimble")
    .description("MQTT for microcontrollers that run JavaScript, and the smart home it serves")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });

  program
    .command("house")
    .description("run the house: a broker, three devices on simulated boards, and an independent subscriber")
    .addOption(
      new Option(
        "--broker <url>",
        "use this broker, mqtt://[user:password@]host:port, instead of the embedded one",
      )
        .argParser(asArgument(parseBrokerAddress))
        .conflicts(["port", "websocketPort"]),
    )
    .addOption(
      new Option(
        "--port <number>",
        "port of the embedded broker; 0 takes a free one (default: 1883)",
      ).argParser(integer("a port", 0, 65_535)),
    )
    .addOption(
      new Option(
        "--websocket-port <number>",
        "its port for MQTT over WebSocket (default: 8083, or a free one with --port)",
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
    .option("--json", "print events as JSON, one a line")
    .option("--report <file>", "write what was published, acknowledged, received and lost as JSON at the end")
    .action(house);

  program
    .command("manifest")
    .description("the Moddable manifests of the firmware")
    .command("check")
    .description("prove without the Moddable SDK that manifests and imports agree")
    .action(manifestCheck);

  addXsbug(program);
  return program;
}

function addXsbug(program: Command): void {
  program
    .command("xsbug")
    .description(
      "a debugger without windows for XS machines: simulated, desktop builds, boards by serial2xsbug",
    )
    .addOption(
      new Option("--port <number>", "where machines connect; 0 takes a free one")
        .argParser(integer("a port", 0, 65_535))
        .default(5_002),
    )
    .option("--host <address>", "address to listen at; 0.0.0.0 lets boards connect by Wi-Fi", "localhost")
    .addOption(
      new Option(
        "--break <when>",
        "stop never, at exceptions, or always: at the first line too (default: exceptions; never with --test)",
      ).choices(["never", "exceptions", "always"]),
    )
    .addOption(
      new Option("--breakpoint <file:line>", "stop there; may be repeated")
        .argParser(breakpoints)
        .default([], "none"),
    )
    .addOption(
      new Option("--for <time>", "end after this time: 500ms, 10s, 2m, 24h (default: at Ctrl-C)").argParser(
        time("the run", 1, 7 * 24 * 3_600_000),
      ),
    )
    .option("--once", "end when the last machine has gone")
    .option("--json", "print events as JSON, one a line")
    .option("--sources <directory>", "where sources, modules and source maps lie", ".")
    .option("--instruments", "show memory and work as a live table, while nothing is stopped")
    .option("--picture <file>", "draw the heaps over time at the end, as SVG")
    .option("--manifest <file>", "draw the creation of this manifest into the picture")
    .option("--test <files...>", "run these files in a machine that runs testmc or test262, then end")
    .option("--commands <file>", "commands for the prompt, one a line; - reads standard input")
    .addHelpText(
      "after",
      "\nExit codes: 0 clean, 1 an exception or a failed test, 2 wrong use, 3 a machine died.",
    )
    .action(xsbug);
}

async function xsbug(options: XsbugCommandOptions): Promise<void> {
  const { runXsbug } = await import("./xsbug/run-xsbug");
  process.exitCode = await runXsbug({
    port: options.port,
    host: options.host,
    break: options.break,
    breakpoints: options.breakpoint,
    duration: options.for,
    once: options.once ?? false,
    json: options.json ?? false,
    sources: options.sources,
    instruments: options.instruments ?? false,
    picture: options.picture,
    manifest: options.manifest,
    tests: options.test ?? [],
    commands: options.commands,
  });
}

async function house(options: HouseCommandOptions): Promise<void> {
  const { runHouse } = await import("./home/run-house");
  await runHouse({
    broker: options.broker,
    port: options.port,
    webSocketPort: options.websocketPort,
    interval: options.interval,
    seed: options.seed,
    duration: options.for,
    scenarioFile: options.scenario,
    json: options.json,
    reportFile: options.report,
    engine: options.engine,
  });
}

async function manifestCheck(): Promise<void> {
  const { checkManifests, firmwareManifests, printProblem } = await import("./manifest/check");
  const problems = await checkManifests(ROOT);
  if (problems.length === 0) {
    const names = firmwareManifests(ROOT).map(({ name }) => name);
    process.stdout.write(`manifests and imports agree: ${names.join(", ")}\n`);
    return;
  }
  for (const problem of problems) process.stderr.write(`${printProblem(problem)}\n`);
  process.exitCode = 1;
}

function integer(what: string, minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`${what} is a whole number from ${minimum} to ${maximum}`);
  };
}

function time(what: string, minimum: number, maximum: number): (text: string) => number {
  return asArgument((text: string) => {
    const value = parseDuration(text);
    if (value >= minimum && value <= maximum) return value;
    throw new UsageError(`${what} is from ${minimum}ms to ${maximum / 3_600_000}h`);
  });
}

/** One more. */
function breakpoints(text: string, earlier: readonly UserBreakpoint[]): readonly UserBreakpoint[] {
  const point = parseBreakpoint(text);
  if (!point) throw new InvalidArgumentError("a breakpoint is FILE:LINE, a line from 1 to 32767");
  return [...earlier, point];
}

/** Lets commander name the option that a value belongs to. */
function asArgument<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

/** commander adds its "(Did you mean ...?)" on a line of its own. */
function oneLine(text: string): string {
  return `${text
    .replace(/^error: /, "thimble: ")
    .trim()
    .replace(/\n/g, " ")}\n`;
}

/** @returns the exit code: 0; 2 for what the person at the command line can put right */
async function main(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`thimble: ${error.message}\n`);
    return 2;
  }
}

process.exitCode = await main(process.argv);
