import type { IncomingMessage } from "node:http";
import { type Duplex, pipeline } from "node:stream";
import { createWebSocketStream, type WebSocket, WebSocketServer } from "ws";
import type { BrokerAddress } from "../broker/broker-address";
import type { BrokerCredentials } from "../broker/broker-connection";
import { openBrokerStream } from "../broker/broker-stream";
import { ConnectGuard } from "./connect-guard";
import type { Session } from "./sessions";

export interface BridgeOptions {
  readonly broker: BrokerAddress;
  credentialsOf(member: string): BrokerCredentials | undefined;
  /** The session that a request belongs to, by its cookie. */
  sessionOf(request: IncomingMessage): Session | undefined;
  /** Whether a page of this server asks. */
  isSameOrigin(request: IncomingMessage): boolean;
}

/** Path of the bridge. */
export const BRIDGE_PATH = "/mqtt";
/** WebSocket close codes; 4000 to 4999 are the application's (RFC 6455 section 7.4.2). */
export const SIGNED_OUT = 4401;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** Of one session at one time: windows of one phone. */
const CONNECTIONS_PER_SESSION = 8;
const CONNECTIONS = 100;
/** The largest WebSocket message of a phone; the app sends a packet a message, bytes. */
const LONGEST_MESSAGE = 65_536;
/** A phone that does not answer a close frame is gone after, ms. */
const CLOSE_TIMEOUT = 1_000;

/**
 * Carries MQTT between phones (WebSocket) and the broker, byte by byte: as fast as the slower side takes it, as long as the session
 * lasts. To the broker it is the member of the session; the phone itself holds no credential of the broker.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #webSockets: WebSocketServer;
  readonly #connections = new Map<Session, number>();

  constructor(options: BridgeOptions) {
    this.#options = options;
    // [MQTT-6.0.0-4]: the server answers with the subprotocol "mqtt".
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: LONGEST_MESSAGE,
      perMessageDeflate: false,
      handleProtocols: (protocols) => (protocols.has("mqtt") ? "mqtt" : false),
    });
  }

  /** Takes an `upgrade` of the web server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => {}); // a phone that walked out of reach; the close event follows
    const session = this.#options.sessionOf(request);
    const refusal = this.#refusal(request, session);
    if (refusal !== undefined || !session) {
      socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#count(session, 1);
      webSocket.on("close", () => this.#count(session, -1));
      webSocket.on("error", () => {}); // a frame that is none; the close event follows
      void this.#connect(webSocket, session);
    });
  }

  /** Ends all connections. */
  stop(): void {
    for (const webSocket of this.#webSockets.clients) webSocket.terminate();
    this.#webSockets.close();
  }

  #refusal(request: IncomingMessage, session: Session | undefined): string | undefined {
    if (request.url !== BRIDGE_PATH) return "404 Not Found";
    if (!this.#options.isSameOrigin(request)) return "403 Forbidden";
    if (!session) return "401 Unauthorized";
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",");
    if (!offered.some((protocol) => protocol.trim() === "mqtt")) return "400 Bad Request";
    const ofSession = this.#connections.get(session) ?? 0;
    if (ofSession >= CONNECTIONS_PER_SESSION || this.#webSockets.clients.size >= CONNECTIONS)
      return "429 Too Many Requests";
    return undefined;
  }

  async #connect(webSocket: WebSocket, session: Session): Promise<void> {
    const { broker, credentialsOf } = this.#options;
    // Holds back what comes before the broker is there.
    const phone = createWebSocketStream(webSocket);
    phone.on("error", () => {});
    let stream: Duplex | undefined;
    const onEnd = (): void => {
      stream?.destroy();
      end(webSocket, SIGNED_OUT, "signed out");
    };
    session.onEnd.add(onEnd);
    webSocket.on("close", () => session.onEnd.delete(onEnd));
    try {
      stream = await openBrokerStream(broker, credentialsOf(session.member));
    } catch {
      // Why is the house's own affair.
      end(webSocket, TRY_AGAIN_LATER, "the broker cannot be reached");
      return;
    }
    if (webSocket.readyState !== webSocket.OPEN) {
      stream.destroy();
      return;
    }
    const guard = new ConnectGuard({
      idPrefix: `app-${session.member}-`,
      user: broker.user,
      password: broker.password,
      onRefused: (reason) => end(webSocket, POLICY_VIOLATION, reason),
    });
    pipeline(phone, guard, stream, () => stream.destroy());
    pipeline(stream, phone, () => {});
  }

  #count(session: Session, change: number): void {
    const count = (this.#connections.get(session) ?? 0) + change;
    if (count > 0) this.#connections.set(session, count);
    else this.#connections.delete(session);
  }
}

function end(webSocket: WebSocket, code: number, reason: string): void {
  webSocket.close(code, reason);
  const timer = setTimeout(() => webSocket.terminate(), CLOSE_TIMEOUT);
  webSocket.on("close", () => clearTimeout(timer));
}
