import { type Command, InvalidArgumentError, Option } from "commander";
import { parseBreakpoint, type UserBreakpoint } from "../xsbug/breakpoint";
import { integer, time } from "./arguments";

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

export function addXsbug(program: Command): void {
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
  const { runXsbug } = await import("../xsbug/run-xsbug");
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

/** One more. */
function breakpoints(text: string, earlier: readonly UserBreakpoint[]): readonly UserBreakpoint[] {
  const point = parseBreakpoint(text);
  if (!point) throw new InvalidArgumentError("a breakpoint is FILE:LINE, a line from 1 to 32767");
  return [...earlier, point];
}
