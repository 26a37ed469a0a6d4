import type { NodeOnly } from "../../host-sim/xs/vitest/plugin";

/** Tests of device code that run under Node alone. Every one needs a reason that holds on a board too. */
export const NODE_ONLY: readonly NodeOnly[] = [
  {
    file: "test/mqtt/utf8-string.test.ts",
    name: "with TextEncoder and TextDecoder only",
    why: "XS has its own functions; this is the way of browsers",
  },
  {
    file: "test/mqtt/session.test.ts",
    name: "Packet Identifiers > when all are in flight there is none",
    why: "65,535 messages in flight: more memory and work than any board has",
  },
  {
    file: "test/client/mqtt-client-write.test.ts",
    name: "publishing > identifiers wrap after 65,535 to 1",
    why: "65,535 messages: minutes of XS; test/mqtt/session.test.ts has the wrap itself",
  },
  {
    file: "test/client/reliable-client-outage.test.ts",
    name: "reconnecting > 1,000 clients, broker restarted",
    why: "a fleet of 1,000 clients is not one device",
  },
];
