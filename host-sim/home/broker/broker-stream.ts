import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { createWebSocketStream, WebSocket } from "ws";
import type { BrokerAddress } from "./broker-address";
import type { BrokerCredentials } from "./broker-connection";

/** A broker that has not answered after so long is not there, ms. */
const CONNECT_TIMEOUT = 5_000;

/**
 * A connection to the broker, for the bytes of MQTT. Certificates are always verified.
 * @throws {Error} when there is none
 */
export function openBrokerStream(broker: BrokerAddress, credentials?: BrokerCredentials): Promise<Duplex> {
  const { protocol = "mqtt" } = broker;
  if (protocol === "ws" || protocol === "wss") return openWebSocket(broker, protocol, credentials);
  return openSocket(broker, protocol, credentials);
}

function openSocket(
  { host, port }: BrokerAddress,
  protocol: "mqtt" | "mqtts",
  credentials: BrokerCredentials | undefined,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket: Socket =
      protocol === "mqtt"
        ? connectTcp({ host, port, noDelay: true })
        : connectTls({
            host,
            port,
            ...(isIP(host) ? {} : { servername: host }),
            minVersion: "TLSv1.2",
            ...tlsOptions(credentials),
          }).setNoDelay(true);
    socket.setTimeout(CONNECT_TIMEOUT, () => socket.destroy(new Error("the broker does not answer")));
    socket.once("error", reject);
    socket.once(protocol === "mqtt" ? "connect" : "secureConnect", () => {
      socket.setTimeout(0);
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

function openWebSocket(
  { host, port, path = "/mqtt" }: BrokerAddress,
  protocol: "ws" | "wss",
  credentials: BrokerCredentials | undefined,
): Promise<Duplex> {
  const authority = host.includes(":") ? `[${host}]` : host;
  const socket = new WebSocket(`${protocol}://${authority}:${port}${path}`, "mqtt", {
    handshakeTimeout: CONNECT_TIMEOUT,
    perMessageDeflate: false,
    ...tlsOptions(credentials),
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () => {
      socket.off("error", reject);
      resolve(createWebSocketStream(socket));
    });
  });
}

function tlsOptions(credentials: BrokerCredentials | undefined): {
  ca?: string;
  cert?: string;
  key?: string;
} {
  if (!credentials) return {};
  return { ca: credentials.authority, cert: credentials.certificate, key: credentials.key };
}
