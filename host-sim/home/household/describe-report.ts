import { join } from "node:path";
import type { InitializeReport } from "./initialize";
import { DEFAULT_HOUSEHOLD } from "./layout";

/** What `thimble init` prints: what it did, where passwords are, what comes next. No secret is in it. */
export function describeReport(directory: string, report: InitializeReport): string {
  const lines = [`Household in ${directory}`];
  for (const [what, list] of [
    ["made", report.made],
    ["renewed", report.renewed],
    ["changed", report.changed],
  ] as const)
    if (list.length > 0) lines.push(`  ${what}: ${list.join(", ")}`);
  if (lines.length === 1) lines.push("  nothing was missing");
  if (report.passwords.length > 0)
    lines.push(
      "",
      "Passwords of people. Give each its owner, then delete the file: the household itself keeps only a hash.",
      ...report.passwords.map((file) => `  ${file}`),
    );
  lines.push(
    "",
    `Run the house with it:            thimble house${directory === DEFAULT_HOUSEHOLD ? "" : ` --household ${directory}`}`,
    `or its broker as mosquitto:       mosquitto -c ${join(directory, "mosquitto", "mosquitto.conf")}`,
    `A board's firmware, from its folder (${join(directory, "devices", "<id>")}): mcconfig -m -p esp32/esp32_thing ssid=... wifiPassword=...`,
    `Phones trust its HTTPS once they have ${join(directory, "authority", "certificate.pem")}`,
  );
  return lines.join("\n");
}
