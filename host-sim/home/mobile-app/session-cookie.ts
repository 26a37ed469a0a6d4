import type { IncomingMessage } from "node:http";
import { parse } from "hono/utils/cookie";
import { SESSION_LIFETIME } from "./sessions";

/**
 * The cookie that holds a session's token: unreadable for scripts, never sent along by another site. Cookies do not know ports: the
 * name does, so that two houses on one machine do not sign each other's members out.
 */
export class SessionCookie {
  readonly name: string;
  readonly #attributes: string;

  /** @param secure - whether the server speaks HTTPS */
  constructor(port: number, secure: boolean) {
    // The prefix makes the browser itself insist on Secure and on this host.
    this.name = `${secure ? "__Host-" : ""}thimble-${port}`;
    this.#attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
  }

  /** Header `Set-Cookie` that keeps a token. */
  keep(token: string): string {
    return `${this.name}=${token}; Max-Age=${SESSION_LIFETIME / 1_000}; ${this.#attributes}`;
  }

  /** Header `Set-Cookie` that ends it. */
  clear(): string {
    return `${this.name}=; Max-Age=0; ${this.#attributes}`;
  }

  /** The token of a header `Cookie`. */
  read(header: string | undefined): string | undefined {
    return header === undefined ? undefined : parse(header, this.name)[this.name];
  }
}

/** Whether a page of this server asks: browsers tell the origin of a page with whatever it sends that may change something. */
export function isSameOrigin(origin: string | undefined, host: string | undefined, secure: boolean): boolean {
  return host !== undefined && origin === `${secure ? "https" : "http"}://${host}`;
}

/** The same for an upgrade to WebSocket, where browsers always tell it. */
export function isSameOriginUpgrade(request: IncomingMessage, secure: boolean): boolean {
  return isSameOrigin(request.headers.origin, request.headers.host, secure);
}
