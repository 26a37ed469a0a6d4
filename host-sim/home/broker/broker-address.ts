import { UsageError } from "../usage-error";

/** How MQTT is carried. */
export type BrokerProtocol = "mqtt" | "mqtts" | "ws" | "wss";

/** Where a broker listens, and as whom to connect. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  /** Default `mqtt`: over TCP, readable by everybody on the way. */
  readonly protocol?: BrokerProtocol;
  /** Of `ws` and `wss`; default `/mqtt`. */
  readonly path?: string;
  readonly user?: string;
  readonly password?: string;
}

/** The port that IANA assigned to MQTT over TCP. */
export const MQTT_PORT = 1883;

/** By protocol; those of MQTT are IANA's, those of WebSocket HTTP's. */
const DEFAULT_PORTS: Readonly<Record<BrokerProtocol, number>> = Object.freeze({
  mqtt: MQTT_PORT,
  mqtts: 8883,
  ws: 80,
  wss: 443,
});

/** What mosquitto, Paho and others call the same. */
const PROTOCOLS: Readonly<Record<string, BrokerProtocol>> = Object.freeze({
  "mqtt:": "mqtt",
  "tcp:": "mqtt",
  "mqtts:": "mqtts",
  "ssl:": "mqtts",
  "ws:": "ws",
  "wss:": "wss",
});

const EXPECTED = "write mqtt://host:port, or mqtts, ws, wss";

/**
 * Reads `mqtt://[user[:password]@]host[:port]`; also `mqtts`, and `ws` or `wss` with a path.
 * @throws {UsageError} for anything else. The message never repeats a password.
 */
export function parseBrokerAddress(text: string): BrokerAddress {
  if (!URL.canParse(text)) throw new UsageError(`"${text}" is not a broker address: ${EXPECTED}`);
  const url = new URL(text);
  const protocol = PROTOCOLS[url.protocol];
  if (!protocol) throw new UsageError(`broker address with "${url.protocol}//": ${EXPECTED}`);
  if (url.hostname === "") throw new UsageError(`broker address without a host: ${EXPECTED}`);
  if (url.port === "0") throw new UsageError("broker address with port 0: a port is 1 to 65535");
  const isWebSocket = protocol === "ws" || protocol === "wss";
  const hasPath = url.pathname !== "" && url.pathname !== "/";
  if ((hasPath && !isWebSocket) || url.search !== "" || url.hash !== "")
    throw new UsageError(`broker address with more than host and port: ${EXPECTED}`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? DEFAULT_PORTS[protocol] : Number(url.port),
    ...(protocol === "mqtt" ? {} : { protocol }),
    ...(hasPath ? { path: url.pathname } : {}),
    ...(url.username === "" ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
  };
}

/** The address as a URL, without user and password. */
export function formatBrokerAddress({ host, port, protocol = "mqtt", path = "" }: BrokerAddress): string {
  return `${protocol}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}
