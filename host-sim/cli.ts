#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { addAlerts } from "./command/alerts";
import { addAnalytics } from "./command/analytics";
import { addApp } from "./command/app";
import { addClean } from "./command/clean";
import { addDiscovery } from "./command/discovery";
import { addHouse } from "./command/house";
import { addInit } from "./command/init";
import { addManifest } from "./command/manifest";
import { addXsbug } from "./command/xsbug";
import { UsageError } from "./home/usage-error";

/** Both `dist/thimble.js` and `host-sim/cli.ts` stand one directory below the package. */
const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

function createProgram(): Command {
  const program = new Command("thimble")
    .description("MQTT for microcontrollers that run JavaScript, and the smart home it serves")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });
  addAlerts(program);
  addAnalytics(program);
  addClean(program);
  addDiscovery(program);
  addHouse(program);
  addApp(program);
  addInit(program, ROOT);
  addManifest(program, ROOT);
  addXsbug(program);
  return program;
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
