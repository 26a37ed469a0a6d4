import { CLOSED, RESOLVING, TRANSITIONS } from "../../device/client/connection/connection-state";
import * as packets from "../../device/mqtt/control-packet";
import { COMPLETE, EXCHANGES } from "../../device/mqtt/exchange";

/*
 * The diagrams of ARCHITECTURE.md, made from the tables that the code uses.
 */

/** By their numbers, as is EVENTS. */
const STATES = ["RESOLVING", "CONNECTING", "LOGIN", "CONNECTED", "DISCONNECTING", "ENDED", "CLOSED"] as const;
const EVENTS = ["RESOLVED", "OPENED", "ACCEPTED", "PARTED", "CUT", "OVER"] as const;

/** Names of numbers as constants of a module have them. */
function nameOf(module: object, value: number): string {
  const found = Object.entries(module).find(([, constant]) => constant === value);
  if (!found) throw new Error(`no constant is ${value}`);
  return found[0];
}

function connectionLines(): string[] {
  const lines = [`  [*] --> ${STATES[RESOLVING]}`];
  for (const [row, state] of STATES.entries())
    for (const [column, event] of EVENTS.entries()) {
      const next = TRANSITIONS[row * EVENTS.length + column] ?? -1;
      if (next >= 0) lines.push(`  ${state} --> ${STATES[next]}: ${event}`);
    }
  return [...lines, `  ${STATES[CLOSED]} --> [*]`];
}

const REQUESTS: Readonly<Record<string, string>> = {
  PUBACK: "PUBLISH of QoS 1",
  PUBREC: "PUBLISH of QoS 2",
  SUBACK: "SUBSCRIBE",
  UNSUBACK: "UNSUBSCRIBE",
};

function exchangeLines(): string[] {
  const lines = Object.entries(REQUESTS).map(([awaited, sent]) => `  [*] --> ${awaited}: ${sent} sent`);
  for (let index = 0; index < EXCHANGES.length; index += 3) {
    const [awaited = 0, arrived = 0, next = 0] = EXCHANGES.slice(index, index + 3);
    const to = next === COMPLETE ? "[*]" : nameOf(packets, next);
    const answer = arrived === packets.PUBREC ? " arrives, PUBREL sent" : " arrives";
    lines.push(`  ${nameOf(packets, awaited)} --> ${to}: ${nameOf(packets, arrived)}${answer}`);
  }
  return lines;
}

function diagram(lines: readonly string[]): string {
  return ["```mermaid", "stateDiagram-v2", ...lines, "```"].join("\n");
}

/** What stands between the markers. */
export function statesText(): string {
  return [
    "A connection (`device/client/connection/connection-state.ts`), in both versions of MQTT:",
    "",
    diagram(connectionLines()),
    "",
    "An outbound exchange of a session (`device/mqtt/exchange.ts`); a state is the packet that is waited for. In MQTT 5.0 a PUBACK or PUBREC",
    "with a Reason Code from 0x80 ends it too.",
    "",
    diagram(exchangeLines()),
  ].join("\n");
}
