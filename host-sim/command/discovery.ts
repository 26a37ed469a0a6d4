import { type Command, Option } from "commander";
import type { CheckedMessage } from "../home/home-assistant/check";
import { time } from "./arguments";
import { householdOption } from "./init";
import { type ServiceBrokerOptions, serviceBroker, serviceBrokerOption } from "./service-broker";

interface CheckCommandOptions extends ServiceBrokerOptions {
  readonly discovery: string;
  readonly quiet: number;
  readonly strict?: boolean;
  readonly json?: boolean;
}

export function addDiscovery(program: Command): void {
  program
    .command("discovery")
    .description("how devices announce themselves to Home Assistant")
    .command("check")
    .description(
      "hold every discovery message that a broker keeps, whoever's it is, against Home Assistant's rules",
    )
    .addOption(serviceBrokerOption())
    .addOption(householdOption())
    .addOption(discoveryPrefixOption())
    .addOption(quietOption())
    .option("--strict", "fail for warnings too")
    .option("--json", "print messages and findings as JSON, one message a line")
    .action(check);
}

export function discoveryPrefixOption(): Option {
  return new Option("--discovery <prefix>", "Home Assistant's discovery_prefix").default("homeassistant");
}

export function quietOption(): Option {
  return new Option(
    "--quiet <time>",
    "the broker has sent all that it keeps when it has been quiet for so long",
  )
    .argParser(time("the quiet", 10, 60_000))
    .default(500, "500ms");
}

/** Ends with 1 when there are errors. */
async function check(options: CheckCommandOptions): Promise<void> {
  const { checkDiscovery } = await import("../home/home-assistant/check");
  const { BrokerVisit } = await import("../home/broker/broker-visit");
  const { broker, credentials } = await serviceBroker("home-assistant", options);
  const visit = await BrokerVisit.begin(broker, credentials);
  try {
    const messages = await checkDiscovery(visit, { prefix: options.discovery, quiet: options.quiet });
    const lines = options.json
      ? messages.map((message) => JSON.stringify(message))
      : [...messages.flatMap(describeMessage), summary(messages)];
    if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
    process.exitCode = isGood(messages, options.strict ?? false) ? 0 : 1;
  } finally {
    await visit.end();
  }
}

function describeMessage({ topic, name, byteLength, findings }: CheckedMessage): string[] {
  const title = `${topic} (${[name, `${byteLength} bytes`].filter(Boolean).join(", ")})`;
  if (findings.length === 0) return [`${title}: good`];
  return [
    title,
    ...findings.map(
      ({ level, path, message }) => `  ${level}: ${path === "" ? "the message" : path} ${message}`,
    ),
  ];
}

function summary(messages: readonly CheckedMessage[]): string {
  if (messages.length === 0) return "the broker keeps no discovery messages";
  const findings = messages.flatMap((message) => message.findings);
  const errors = findings.filter(({ level }) => level === "error").length;
  return `messages: ${messages.length}, errors: ${errors}, warnings: ${findings.length - errors}`;
}

function isGood(messages: readonly CheckedMessage[], strict: boolean): boolean {
  return messages.every(({ findings }) => findings.every(({ level }) => level === "warning" && !strict));
}
