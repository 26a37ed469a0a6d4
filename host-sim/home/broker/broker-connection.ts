import type { IClientOptions } from "mqtt";
import type { BrokerAddress } from "./broker-address";

/** What a service proves itself with, all PEM. */
export interface BrokerCredentials {
  /** Certificate of the authority that the broker's certificate must come from. */
  readonly authority: string;
  readonly certificate: string;
  /** PKCS #8. */
  readonly key: string;
}

/**
 * MQTT.js's options for a broker: a service needs its URL and, where doors are locked, the service's credentials. Certificates are
 * always verified.
 */
export function connectionOptions(broker: BrokerAddress, credentials?: BrokerCredentials): IClientOptions {
  const { host, port, protocol = "mqtt", path = "/mqtt", user, password } = broker;
  const isWebSocket = protocol === "ws" || protocol === "wss";
  return {
    protocol,
    host,
    hostname: host,
    port,
    ...(isWebSocket ? { path } : {}),
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(credentials
      ? {
          ca: credentials.authority,
          cert: credentials.certificate,
          key: credentials.key,
          rejectUnauthorized: true,
        }
      : {}),
  };
}
