import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import type { Identity } from "../support/certificates";

/** A TLS server of node:tls on a free loopback port. */
export class TLSServer {
  readonly #server: Server;
  readonly connections: TLSSocket[] = [];
  /** Why handshakes failed. */
  readonly errors: Error[] = [];
  onData: ((bytes: Buffer, connection: TLSSocket) => void) | undefined;

  constructor(identity: Identity, options: TlsOptions = {}) {
    this.#server = createServer({ cert: identity.chain, key: identity.key, ...options }, (connection) => {
      this.connections.push(connection);
      connection.on("data", (bytes) => this.onData?.(bytes, connection));
      connection.on("error", () => {});
    });
    this.#server.on("tlsClientError", (error) => this.errors.push(error));
  }

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    this.#server.close();
    if (this.#server.listening) await once(this.#server, "close");
  }
}
