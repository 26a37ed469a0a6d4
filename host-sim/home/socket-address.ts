import { UsageError } from "./usage-error";

/** Where something listens. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, `[::1]:port` or a port alone, which is one of `localhost`.
 * @throws {UsageError} for anything else, and for a port outside 1 to 65535
 */
export function parseSocketAddress(text: string): SocketAddress {
  const match = /^(?:\[([\da-f:]+)\]:|([^\s:/[\]]+):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (!match || !(port >= 1 && port <= 65_535))
    throw new UsageError(`"${text}" is not an address: write host:port, a port from 1 to 65535`);
  return { host: match[1] ?? match[2] ?? "localhost", port };
}

export function formatSocketAddress({ host, port }: SocketAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
