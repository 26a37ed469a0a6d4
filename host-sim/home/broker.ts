import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { createWebSocketStream, WebSocketServer } from "ws";
import { type BrokerAddress, MQTT_PORT } from "./broker-address";
import { UsageError } from "./usage-error";

/** The port of MQTT over WebSocket; 8080 + 3, as brokers commonly choose. */
export const WEBSOCKET_PORT = 8083;

/** A house talks to itself: nothing outside this machine can connect. */
const LOOPBACK = "127.0.0.1";

export interface EmbeddedBrokerOptions {
  /** TCP port, 0 to 65535; 0 takes a free one. Default 1883. */
  readonly port?: number | undefined;
  /** Port of MQTT over WebSocket; 0 takes a free one. Default 8083 when `port` is its default, else 0. */
  readonly webSocketPort?: number | undefined;
}

/**
 * The broker that a house brings along: Aedes 2, over TCP and WebSocket, on the loopback address only.
 * Nothing survives `stop()`: neither sessions nor retained messages.
 */
export class EmbeddedBroker {
  readonly #options: EmbeddedBrokerOptions;
  readonly #sockets = new Set<Socket>();
  #aedes: Aedes | undefined;
  #tcp: Server | undefined;
  #http: HttpServer | undefined;
  #webSockets: WebSocketServer | undefined;

  constructor(options: EmbeddedBrokerOptions = {}) {
    this.#options = options;
  }

  /**
   * Listens on both ports.
   * @throws {UsageError} naming the port, when one is in use or not permitted
   */
  async start(): Promise<void> {
    const port = this.#options.port ?? MQTT_PORT;
    const webSocketPort = this.#options.webSocketPort ?? (port === MQTT_PORT ? WEBSOCKET_PORT : 0);
    const aedes = await Aedes.createBroker();
    this.#aedes = aedes;
    // QoS 1 and 2 are several small packets in turn: with Nagle's algorithm each would wait for a delayed acknowledgement.
    this.#tcp = createTcpServer({ noDelay: true }, (socket) => aedes.handle(this.#track(socket)));
    this.#http = createHttpServer({ noDelay: true });
    this.#http.on("connection", (socket) => this.#track(socket));
    // [MQTT-6.0.0-4]: the server answers with the subprotocol "mqtt".
    this.#webSockets = new WebSocketServer({
      server: this.#http,
      handleProtocols: (protocols) => (protocols.has("mqtt") ? "mqtt" : false),
    });
    this.#webSockets.on("error", () => {}); // the listening error of #http, which listen() reports
    this.#webSockets.on("connection", (webSocket, request) => {
      aedes.handle(createWebSocketStream(webSocket), request);
    });
    try {
      await listen(this.#tcp, port, "--port");
      await listen(this.#http, webSocketPort, "--websocket-port");
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Where devices and subscribers connect. */
  get address(): BrokerAddress {
    return { host: LOOPBACK, port: boundPort(this.#tcp) };
  }

  /** The same for browsers. */
  get webSocketURL(): string {
    return `ws://${LOOPBACK}:${boundPort(this.#http)}`;
  }

  /** Ends all connections and frees both ports; a broker that is not running stays so. */
  async stop(): Promise<void> {
    const aedes = this.#aedes;
    this.#aedes = undefined;
    this.#webSockets?.close();
    const closed = [closeServer(this.#tcp), closeServer(this.#http)];
    if (aedes) {
      closed.push(new Promise((resolve) => aedes.close(() => resolve())));
    }
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
    this.#tcp = undefined;
    this.#http = undefined;
    this.#webSockets = undefined;
  }

  #track(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {}); // a device that lost its power; the close event follows
    return socket;
  }
}

function listen(server: Server, port: number, option: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, port, option)));
    server.listen({ port, host: LOOPBACK, exclusive: true }, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, option: string): Error {
  if (error.code === "EADDRINUSE")
    return new UsageError(
      `port ${port} on ${LOOPBACK} is in use: free it, choose another with ${option} N (0 takes a free one), ` +
        "or use the broker there with --broker",
    );
  if (error.code === "EACCES")
    return new UsageError(
      `port ${port} on ${LOOPBACK} is not permitted: choose one above 1023 with ${option} N`,
    );
  return error;
}

function boundPort(server: Server | HttpServer | undefined): number {
  if (!server?.listening) throw new Error("the broker is not running");
  return (server.address() as AddressInfo).port;
}

function closeServer(server: Server | HttpServer | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (!server?.listening) return resolve();
    server.close(() => resolve());
  });
}
