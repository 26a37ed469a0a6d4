import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { Aedes as Aedes1 } from "aedes-1";
import { createWebSocketStream, WebSocketServer } from "ws";
import TLSTransport, { type SecureOptions } from "../../../device/client/transports/tls-transport";
import WebSocketTransport from "../../../device/client/transports/websocket/websocket-transport";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";
import { Authority, type Identity } from "../../support/certificates";
import { Mosquitto, referees } from "../../support/mosquitto";
import type { RealDevice } from "../../support/real-device";

/** The broker's name: the simulated resolver knows it without asking anybody, and certificates are made out to it. */
export const HOST = "localhost";
/** Client identifier of the device, and the common name of its certificate. */
export const DEVICE_ID = "matrix-device";

export type Transport = "TCP" | "TLS" | "mutual TLS" | "WebSocket" | "secure WebSocket";

/** How a device reaches the broker: `port` and `socket` of the options of `MQTTClient`. */
export interface Way {
  readonly port: number;
  readonly socket: Record<string, unknown>;
}

export interface MatrixBroker {
  /** For the peer at the other end: plain TCP. */
  readonly port: number;
  way(transport: Transport, device: RealDevice): Way;
  stop(): Promise<void>;
}

function plain(device: RealDevice): Record<string, unknown> {
  return { io: device.TCP };
}

function secure(device: RealDevice, options: SecureOptions): Record<string, unknown> {
  return { io: TLSTransport, TLS: { io: device.TLS }, TCP: { io: device.TCP }, secure: options };
}

function webSocket(socket: Record<string, unknown>): Record<string, unknown> {
  return { io: WebSocketTransport, path: "/mqtt", socket };
}

async function startMosquitto(): Promise<MatrixBroker> {
  const authority = await Authority.create("Matrix authority");
  const server = await authority.issue({ commonName: HOST, hosts: [HOST] });
  const own: Identity = await authority.issue({ commonName: DEVICE_ID });
  const broker = await Mosquitto.start({
    listeners: {
      TLS: { secure: server },
      "mutual TLS": { secure: server, clientAuthority: authority.PEM },
      WebSocket: { protocol: "websockets" },
      "secure WebSocket": { protocol: "websockets", secure: server },
    },
  });
  const trust: SecureOptions = { certificate: authority.DER };
  const sockets: Record<Transport, (device: RealDevice) => Record<string, unknown>> = {
    TCP: plain,
    TLS: (device) => secure(device, trust),
    "mutual TLS": (device) =>
      secure(device, { ...trust, clientCertificates: [own.certificateDER], clientKey: own.keyDER }),
    WebSocket: (device) => webSocket(plain(device)),
    "secure WebSocket": (device) => webSocket(secure(device, trust)),
  };
  return {
    port: broker.port,
    way: (transport, device) => ({
      port: transport === "TCP" ? broker.port : broker.portOf(transport),
      socket: sockets[transport](device),
    }),
    stop: () => broker.stop(),
  };
}

async function startAedes2(): Promise<MatrixBroker> {
  const broker = new EmbeddedBroker({ port: 0 });
  await broker.start();
  const { port } = broker.address;
  const webSocketPort = Number(new URL(broker.webSocketURL).port);
  return {
    port,
    way: (transport, device) =>
      transport === "TCP"
        ? { port, socket: plain(device) }
        : { port: webSocketPort, socket: webSocket(plain(device)) },
    stop: () => broker.stop(),
  };
}

/** Aedes 1.2 speaks 3.1.1 only. */
async function startAedes1(): Promise<MatrixBroker> {
  const aedes = await Aedes1.createBroker();
  const tcp = createServer({ noDelay: true }, (socket) => aedes.handle(socket));
  const http = createHttpServer({ noDelay: true });
  const webSockets = new WebSocketServer({ server: http, handleProtocols: () => "mqtt" });
  webSockets.on("connection", (socket, request) => aedes.handle(createWebSocketStream(socket), request));
  for (const server of [tcp, http])
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const ports = [tcp, http].map((server) => (server.address() as AddressInfo).port) as [number, number];
  return {
    port: ports[0],
    way: (transport, device) =>
      transport === "TCP"
        ? { port: ports[0], socket: plain(device) }
        : { port: ports[1], socket: webSocket(plain(device)) },
    stop: async () => {
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      for (const client of webSockets.clients) client.terminate();
      webSockets.close();
      tcp.close();
      http.close();
    },
  };
}

export interface BrokerKind {
  readonly name: string;
  readonly installed: boolean;
  readonly transports: readonly Transport[];
  readonly start: () => Promise<MatrixBroker>;
}

/** The brokers, and the ways into each. */
export const BROKERS: readonly BrokerKind[] = [
  {
    name: "mosquitto",
    installed: referees !== undefined,
    transports: ["TCP", "TLS", "mutual TLS", "WebSocket", "secure WebSocket"],
    start: startMosquitto,
  },
  { name: "Aedes 2", installed: true, transports: ["TCP", "WebSocket"], start: startAedes2 },
  { name: "Aedes 1.2", installed: true, transports: ["TCP", "WebSocket"], start: startAedes1 },
];
