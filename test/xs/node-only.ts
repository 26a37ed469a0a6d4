import type { NodeOnly } from "../../host-sim/xs/vitest/plugin";

/** Tests of device code that run under Node alone. Every one needs a reason that holds on a board too; name "" is the whole file. */
export const NODE_ONLY: readonly NodeOnly[] = [
  {
    file: "test/client/version-5/real-brokers.test.ts",
    name: "",
    why: "over Node's sockets; the house runs on XS over them, see test/interop",
  },
  {
    file: "test/client/version-5/transport.test.ts",
    name: "",
    why: "its WebSocket server is made of Node's modules",
  },
  {
    file: "test/client/states.test.ts",
    name: "",
    why: "compares tables with a document, which no board has",
  },
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
