import TCP from "embedded:io/socket/tcp";
import type { HomeClientOptions } from "../home/home-device";

// How a firmware reaches its broker. A manifest takes this module (include/plain.json) or secure-transport.ts (include/secure.json) for
// `device/apps/transport`: a firmware without TLS carries no byte of it.

/** IANA's port of MQTT over TCP. */
export const PORT = 1883;

/** What goes on before the broker can be called. */
export interface Preparation {
  close(): void;
}

/** MQTT over TCP: everybody on the way can read it. */
export function socketOptions(): HomeClientOptions["socket"] {
  return { io: TCP };
}

/** Nothing: calls back at once. */
export function prepare(onReady: () => void): Preparation | undefined {
  onReady();
  return undefined;
}
