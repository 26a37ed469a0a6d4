import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { UsageError } from "../usage-error";

export interface WebServerOptions {
  // biome-ignore lint/suspicious/noExplicitAny: whatever the routes keep in their context
  readonly routes: Hono<any>;
  /** 0 to 65535; 0 takes a free one. */
  readonly port: number;
  /** Name or address to listen on; default 127.0.0.1: this machine only. */
  readonly host?: string | undefined;
  /** PEM. With it the server speaks HTTPS, TLS 1.2 at least. */
  readonly credentials?: { readonly certificate: string; readonly key: string } | undefined;
  /** The option that errors name; default `--port`. */
  readonly option?: string | undefined;
}

/** A request line and its headers may take so long, ms. */
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;

/** Routes of hono behind a server of Node, which ends with all its connections. */
export class WebServer {
  readonly #options: WebServerOptions;
  readonly #sockets = new Set<Socket>();
  /** For upgrades. */
  readonly server: HttpServer;

  constructor(options: WebServerOptions) {
    this.#options = options;
    const { credentials, routes } = options;
    const listener = getRequestListener(routes.fetch, { overrideGlobalObjects: false });
    const settings = { noDelay: true, headersTimeout: HEADERS_TIMEOUT, requestTimeout: REQUEST_TIMEOUT };
    this.server = credentials
      ? createHttpsServer(
          { ...settings, cert: credentials.certificate, key: credentials.key, minVersion: "TLSv1.2" },
          listener,
        )
      : createHttpServer(settings, listener);
    this.server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** @throws {UsageError} naming the port, when it is in use or not permitted */
  async start(): Promise<void> {
    const { port, host = "127.0.0.1" } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", (error: NodeJS.ErrnoException) => reject(this.#listenError(error)));
      this.server.listen({ port, host, exclusive: true }, resolve);
    });
  }

  /** `http://127.0.0.1:8080` */
  get address(): string {
    const { host = "127.0.0.1", credentials } = this.#options;
    const { port } = this.server.address() as AddressInfo;
    const name = host === "0.0.0.0" || host === "::" ? "localhost" : host;
    return `${credentials ? "https" : "http"}://${name.includes(":") ? `[${name}]` : name}:${port}`;
  }

  /** Ends all connections; a server that does not run stays so. */
  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #listenError(error: NodeJS.ErrnoException): Error {
    const { port, host = "127.0.0.1", option = "--port" } = this.#options;
    if (error.code === "EADDRINUSE")
      return new UsageError(
        `port ${port} on ${host} is in use: free it or choose another with ${option} N (0 takes a free one)`,
      );
    if (error.code === "EACCES")
      return new UsageError(
        `port ${port} on ${host} is not permitted: choose one above 1023 with ${option} N`,
      );
    if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
      return new UsageError(`this machine has no address ${host} to listen on`);
    return error;
  }
}
