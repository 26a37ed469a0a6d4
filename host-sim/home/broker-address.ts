import { UsageError } from "./usage-error";

/** Where a broker listens, and as whom to connect. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
}

/** The port that IANA assigned to MQTT over TCP. */
export const MQTT_PORT = 1883;

/**
 * Reads `mqtt://[user[:password]@]host[:port]`.
 * @throws {UsageError} for anything else. The message never repeats a password.
 */
export function parseBrokerAddress(text: string): BrokerAddress {
  const expected = "write mqtt://host:port";
  if (!URL.canParse(text)) throw new UsageError(`"${text}" is not a broker address: ${expected}`);
  const url = new URL(text);
  // `tcp:` is what mosquitto and Paho call the same.
  if (url.protocol !== "mqtt:" && url.protocol !== "tcp:")
    throw new UsageError(`broker address with "${url.protocol}//": ${expected}`);
  if (url.hostname === "") throw new UsageError(`broker address without a host: ${expected}`);
  if (url.port === "0") throw new UsageError("broker address with port 0: a port is 1 to 65535");
  if ((url.pathname !== "" && url.pathname !== "/") || url.search !== "" || url.hash !== "")
    throw new UsageError(`broker address with more than host and port: ${expected}`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? MQTT_PORT : Number(url.port),
    ...(url.username === "" ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
  };
}

/** The address as a URL, without user and password. */
export function formatBrokerAddress(address: BrokerAddress): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `mqtt://${host}:${address.port}`;
}
