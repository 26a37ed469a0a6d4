import { Command } from "commander";
import { expect, it } from "vitest";
import { addAnalytics } from "../../../host-sim/command/analytics";

async function refusal(...args: string[]): Promise<string> {
  const program = new Command();
  addAnalytics(program);
  const command = program.commands[0]!;
  command.exitOverride().configureOutput({ writeErr: () => {} });
  try {
    await program.parseAsync(["node", "thimble", "analytics", ...args]);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

it.each([
  [["--share", "a/b"], "a name is 1 to 64 characters without /, + and #"],
  [["--time-zone", "Mars/Base"], "a time zone is written Europe/Berlin or UTC"],
  [["--minimum", "cold"], "a temperature is a number from -273.15 to 10000"],
  [["--maximum", ""], "a temperature is a number from -273.15 to 10000"],
  [["--keep-readings", "0"], "a time to keep is a whole number from 2 to 36525"],
  [["--keep-minutes", "1.5"], "a time to keep is a whole number from 2 to 36525"],
  [["--port", "65536"], "a port is a whole number from 0 to 65535"],
  [["--broker", "http://127.0.0.1"], "write mqtt://host:port, or mqtts, ws, wss"],
  [["--for", "soon"], "write 500ms, 10s, 2m or 24h"],
  [["--household", "/nonexistent"], "there is no household in /nonexistent: make one with thimble init"],
  [["--frequency", "1"], "unknown option '--frequency'"],
])("thimble analytics refuses %j", async (args, message) => {
  expect(await refusal(...args)).toContain(message);
});
