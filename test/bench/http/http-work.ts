import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Work } from "./work";

/** One side's connections, with the bytes of those that have gone. */
class Connections {
  readonly #open = new Set<Socket>();
  #gone = 0;

  add(socket: Socket): void {
    this.#open.add(socket);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#gone += socket.bytesRead + socket.bytesWritten;
    });
  }

  get bytes(): number {
    let bytes = this.#gone;
    for (const socket of this.#open) bytes += socket.bytesRead + socket.bytesWritten;
    return bytes;
  }

  /** Resolves when none is open. */
  async ended(): Promise<void> {
    for (const socket of [...this.#open]) if (!socket.destroyed) await once(socket, "close");
  }
}

export interface HttpOptions {
  readonly title: string;
  readonly hop: "sensor" | "phone";
  readonly keepAlive: boolean;
  /** GET with If-None-Match of a reading that has not changed. */
  readonly unchanged?: boolean;
}

/** HTTP/1.1 with the headers that Node's client and server send by default: few, and as few as a board's would be. */
export async function httpWork(options: HttpOptions): Promise<Work> {
  const { title, hop, keepAlive, unchanged = false } = options;
  const connections = new Connections();
  let current = "";
  const server = createServer({ keepAliveTimeout: 600_000 }, async (message, response) => {
    if (message.method === "POST") {
      current = await bodyOf(message);
      response.writeHead(204).end();
      return;
    }
    const tag = '"reading"';
    if (message.headers["if-none-match"] === tag) response.writeHead(304, { ETag: tag }).end();
    else
      response
        .writeHead(200, { "Content-Type": "text/plain", "Content-Length": current.length })
        .end(current);
  });
  server.on("connection", (socket) => connections.add(socket));
  const port = await listening(server);
  const agent = new Agent({ keepAlive, maxSockets: 1 });
  const send = async (
    method: string,
    headers: Record<string, string | number>,
    body?: string,
  ): Promise<string> => {
    const sent = request({ host: "127.0.0.1", port, path: "/home/temp", method, headers, agent });
    sent.end(body);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    const text = await bodyOf(answer);
    if (!keepAlive) await connections.ended();
    return text;
  };
  return {
    title,
    hop,
    reading: async (text) => {
      if (hop === "sensor") {
        await send("POST", { "Content-Type": "text/plain", "Content-Length": text.length }, text);
        if (current !== text) throw new Error(`the server has ${current} in place of ${text}`);
        return;
      }
      current = text;
      const got = await send("GET", unchanged ? { "If-None-Match": '"reading"' } : {});
      if (got !== (unchanged ? "" : text)) throw new Error(`the phone got ${got} in place of ${text}`);
    },
    payload: () => connections.bytes,
    close: async () => {
      agent.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of message.setEncoding("utf8")) text += piece;
  return text;
}
