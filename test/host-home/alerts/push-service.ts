import { createECDH, createPublicKey, type ECDH, randomBytes, verify } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import ece from "http_ece";

/** A push message as the browser's service worker gets it, and what the push service saw. */
export interface Pushed {
  readonly browser: Browser;
  readonly payload: {
    readonly id: string;
    readonly kind: string;
    readonly device: string;
    readonly title: string;
    readonly body: string;
    readonly tag: string;
    readonly time: number;
    readonly attempt: number;
    readonly sequence?: number;
  };
  readonly headers: IncomingMessage["headers"];
  /** Of the signed token. */
  readonly token: { readonly aud: string; readonly exp: number; readonly sub: string };
}

/** A browser that has subscribed. */
export class Browser {
  readonly #keys: ECDH = createECDH("prime256v1");
  readonly #auth: string = randomBytes(16).toString("base64url");
  readonly path: string = `/push/${randomBytes(24).toString("base64url")}`;
  readonly #origin: () => string;

  constructor(origin: () => string) {
    this.#origin = origin;
    this.#keys.generateKeys();
  }

  /** `PushSubscription.toJSON()` */
  get subscription(): { endpoint: string; expirationTime: null; keys: { p256dh: string; auth: string } } {
    return {
      endpoint: this.#origin() + this.path,
      expirationTime: null,
      keys: { p256dh: this.#keys.getPublicKey("base64url"), auth: this.#auth },
    };
  }

  decrypt(body: Buffer): Pushed["payload"] {
    const text = ece.decrypt(body, {
      version: "aes128gcm",
      privateKey: this.#keys,
      authSecret: this.#auth,
    });
    return JSON.parse(text.toString("utf8")) as Pushed["payload"];
  }
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Cuts the connection instead of answering. */
  readonly cut?: boolean;
}

export interface PushServiceOptions {
  /** PEM; without it plain HTTP. */
  readonly secure?: { readonly cert: string; readonly key: string };
  /** What a message is answered with; default 201. Called after it was decrypted. */
  readonly answer?: (pushed: Pushed) => Answer | Promise<Answer>;
}

/**
 * A push service on the loopback address, as browsers' makers run them, together with the browsers: it takes messages by RFC 8030,
 * verifies who sent them (RFC 8292) and decrypts them (RFC 8291). Whatever is wrong with a request is kept in `errors`.
 */
export class PushService {
  readonly pushed: Pushed[] = [];
  readonly errors: string[] = [];
  answer: NonNullable<PushServiceOptions["answer"]>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #browsers = new Map<string, Browser>();
  readonly #waiting = new Set<() => void>();
  readonly #protocol: "http" | "https";
  #port = 0;

  private constructor({ secure, answer }: PushServiceOptions) {
    this.answer = answer ?? (() => ({ status: 201 }));
    this.#protocol = secure ? "https" : "http";
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#take(request, response);
    };
    this.#server = secure ? createSecureServer(secure, listener) : createServer(listener);
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(options: PushServiceOptions = {}): Promise<PushService> {
    const service = new PushService(options);
    await service.listen();
    return service;
  }

  get origin(): string {
    return `${this.#protocol}://127.0.0.1:${this.#port}`;
  }

  browser(): Browser {
    const browser = new Browser(() => this.origin);
    this.#browsers.set(browser.path, browser);
    return browser;
  }

  /** Again on the same port after `stop()`. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Resolves as soon as what was pushed satisfies `condition`. */
  until(condition: (pushed: readonly Pushed[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition(this.pushed)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    let pushed: Pushed;
    try {
      pushed = this.#open(request, Buffer.concat(chunks));
    } catch (error) {
      this.errors.push((error as Error).message);
      response.writeHead(400).end();
      return;
    }
    this.pushed.push(pushed);
    const { status, headers = {}, cut = false } = await this.answer(pushed);
    if (cut) request.socket.destroy();
    else response.writeHead(status, { ...headers }).end();
    for (const check of [...this.#waiting]) check();
  }

  #open(request: IncomingMessage, body: Buffer): Pushed {
    const browser = this.#browsers.get(request.url ?? "");
    if (request.method !== "POST" || !browser) throw new Error(`${request.method} of no browser`);
    const { headers } = request;
    if (headers["content-encoding"] !== "aes128gcm") throw new Error("not aes128gcm");
    if (!/^\d+$/.test(headers.ttl as string)) throw new Error(`TTL ${headers.ttl}`);
    return {
      browser,
      headers,
      payload: browser.decrypt(body),
      token: verifyToken(headers.authorization ?? "", this.origin),
    };
  }
}

/** `vapid t=<JWT of ES256>, k=<public key>` (RFC 8292 section 3). */
function verifyToken(authorization: string, origin: string): Pushed["token"] {
  const [, header, claims, signature, publicKey] =
    /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)$/.exec(authorization) ?? [];
  if (!header || !claims || !signature || !publicKey) throw new Error("no VAPID token");
  const { alg } = JSON.parse(Buffer.from(header, "base64url").toString()) as { alg: string };
  if (alg !== "ES256") throw new Error(`signed with ${alg}`);
  const point = Buffer.from(publicKey, "base64url");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString("base64url"));
  const key = createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x: x!, y: y! } });
  const isGenuine = verify(
    "sha256",
    Buffer.from(`${header}.${claims}`),
    { key, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  if (!isGenuine) throw new Error("the VAPID token is forged");
  const token = JSON.parse(Buffer.from(claims, "base64url").toString()) as Pushed["token"];
  if (token.aud !== origin) throw new Error(`the VAPID token is for ${token.aud}`);
  return token;
}
