import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { Aedes } from "aedes";
import { createWebSocketStream, WebSocketServer } from "ws";
import { lockBroker, tlsOptions } from "../household/broker-locks";
import type { Household } from "../household/household";
import { UsageError } from "../usage-error";
import { type BrokerAddress, MQTT_PORT } from "./broker-address";

/** The port of MQTT over WebSocket; 8080 + 3, as brokers commonly choose. */
export const WEBSOCKET_PORT = 8083;

/** Without locks a house talks to itself: nothing outside this machine can connect. */
const LOOPBACK = "127.0.0.1";

export interface EmbeddedBrokerOptions {
  /** TCP port, 0 to 65535; 0 takes a free one. Default 1883; with a household the port in its settings. */
  readonly port?: number | undefined;
  /** Port of MQTT over WebSocket; 0 takes a free one. Default 8083 when `port` is its default, else 0. None with a household. */
  readonly webSocketPort?: number | undefined;
  /** Locks the doors: TLS only, members only, and they may do only what their rules say. Default: no locks. */
  readonly household?: Household | undefined;
  /** With a household: port for members without a certificate. Default that in its settings when `port` is its default, else 0. */
  readonly passwordPort?: number | undefined;
}

/**
 * The broker that a house brings along: Aedes 2. Without a household it listens with TCP and WebSocket on the loopback address only,
 * and lets everybody in; with one it listens with TLS on all addresses, and its doors are locked.
 * Nothing survives `stop()`: neither sessions nor retained messages.
 */
export class EmbeddedBroker {
  readonly #options: EmbeddedBrokerOptions;
  readonly #sockets = new Set<Socket>();
  #aedes: Aedes | undefined;
  /** For members without a certificate. */
  #password: Server | undefined;
  #tcp: Server | undefined;
  #http: HttpServer | undefined;
  #webSockets: WebSocketServer | undefined;

  constructor(options: EmbeddedBrokerOptions = {}) {
    this.#options = options;
  }

  /**
   * Listens on its ports.
   * @throws {UsageError} naming the port, when one is in use or not permitted
   */
  async start(): Promise<void> {
    const { household } = this.#options;
    try {
      await (household ? this.#startLocked(household) : this.#startOpen());
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #startOpen(): Promise<void> {
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
    await listen(this.#tcp, { port, host: LOOPBACK, option: "--port" });
    await listen(this.#http, { port: webSocketPort, host: LOOPBACK, option: "--websocket-port" });
  }

  async #startLocked(household: Household): Promise<void> {
    const { settings } = household;
    const port = this.#options.port ?? settings.port;
    const passwordPort = this.#options.passwordPort ?? (port === settings.port ? settings.passwordPort : 0);
    const aedes = await Aedes.createBroker(lockBroker(household));
    this.#aedes = aedes;
    this.#tcp = this.#createSecureServer(aedes, tlsOptions(household, true));
    this.#password = this.#createSecureServer(aedes, tlsOptions(household, false));
    await listen(this.#tcp, { port, option: "--port" });
    await listen(this.#password, { port: passwordPort, option: "--password-port" });
  }

  #createSecureServer(aedes: Aedes, options: TlsOptions): Server {
    const server = createTlsServer({ ...options, noDelay: true }, (socket) => {
      socket.on("error", () => {}); // as of a plain one
      aedes.handle(socket);
    });
    server.on("connection", (socket) => this.#track(socket));
    server.on("tlsClientError", () => {}); // a stranger: TLS has told him why
    return server;
  }

  /** Where devices and subscribers connect; with a household those that have a certificate. */
  get address(): BrokerAddress {
    const port = boundPort(this.#tcp);
    // A name that every household's certificate has.
    return this.#options.household
      ? { protocol: "mqtts", host: "localhost", port }
      : { host: LOOPBACK, port };
  }

  /** Where those connect that have only a password; `undefined` without a household. */
  get passwordAddress(): BrokerAddress | undefined {
    if (!this.#password) return undefined;
    return { protocol: "mqtts", host: "localhost", port: boundPort(this.#password) };
  }

  /** The same for browsers. @throws {Error} with a household: its browsers come through its app */
  get webSocketURL(): string {
    return `ws://${LOOPBACK}:${boundPort(this.#http)}`;
  }

  /** Ends all connections and frees both ports; a broker that is not running stays so. */
  async stop(): Promise<void> {
    const aedes = this.#aedes;
    this.#aedes = undefined;
    this.#webSockets?.close();
    const closed = [closeServer(this.#tcp), closeServer(this.#password), closeServer(this.#http)];
    if (aedes) {
      closed.push(new Promise((resolve) => aedes.close(() => resolve())));
    }
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
    this.#tcp = undefined;
    this.#password = undefined;
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

interface Place {
  readonly port: number;
  /** Default: every address of this machine. */
  readonly host?: string;
  /** The option that chooses another port. */
  readonly option: string;
}

function listen(server: Server, place: Place): Promise<void> {
  const { port, host } = place;
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, place)));
    server.listen({ port, exclusive: true, ...(host === undefined ? {} : { host }) }, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, { port, host, option }: Place): Error {
  const where = host === undefined ? `port ${port}` : `port ${port} on ${host}`;
  if (error.code === "EADDRINUSE")
    return new UsageError(
      `${where} is in use: free it, choose another with ${option} N (0 takes a free one), ` +
        "or use the broker there with --broker",
    );
  if (error.code === "EACCES")
    return new UsageError(`${where} is not permitted: choose one above 1023 with ${option} N`);
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
