import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { BrokerAddress } from "../broker/broker-address";
import { pageFiles } from "../web/page-files";
import { securityHeaders } from "../web/security-headers";
import { WebServer } from "../web/web-server";
import { Bridge } from "./bridge";
import { type AppHousehold, createGuestCode, guestMembers, householdMembers } from "./members";
import { isSameOriginUpgrade, SessionCookie } from "./session-cookie";
import {
  type AppEnvironment,
  refuseForeignOrigins,
  requireSession,
  type SessionRoutesOptions,
  sessionRoutes,
} from "./session-routes";
import { type Session, Sessions } from "./sessions";
import { SignInLimit } from "./sign-in-limit";

export interface MobileAppOptions {
  readonly broker: BrokerAddress;
  /** Who may sign in, and the certificate of HTTPS. Without: HTTP, and a guest with a code. */
  readonly household?: AppHousehold | undefined;
  /** 0 to 65535; 0 takes a free one. */
  readonly port: number;
  /** Name or address to listen on; default 127.0.0.1: this machine only. */
  readonly host?: string | undefined;
  /** The option that errors about the port name; default `--port`. */
  readonly option?: string | undefined;
  /** Routes of the other services; mounted under /trends and /alerts, for members. */
  readonly services?: { readonly trends?: Hono | undefined; readonly alerts?: Hono | undefined } | undefined;
  /** ms; default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Where the built page is; default dist/mobile-app. */
  readonly directory?: string | undefined;
}

/** Sessions that are over are ended at the latest after, ms. */
const SWEEP_INTERVAL = 60_000;

/**
 * The web server of a house: the app at `/`, who is signed in at `/api/session`, MQTT at `/mqtt` (WebSocket), and the other
 * services' pages under `/trends/` and `/alerts/`.
 */
export class MobileApp {
  /** What the guest signs in with, where there is no household. */
  readonly guestCode: string | undefined;
  readonly #secure: boolean;
  readonly #server: WebServer;
  readonly #sessions: Sessions;
  readonly #bridge: Bridge;
  #cookie: SessionCookie | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: MobileAppOptions) {
    const { household, broker, now = Date.now, port, host, option } = options;
    this.#secure = household !== undefined;
    this.guestCode = household ? undefined : createGuestCode();
    const members = household ? householdMembers(household) : guestMembers(this.guestCode ?? "");
    this.#sessions = new Sessions({ now });
    this.#bridge = new Bridge({
      broker,
      credentialsOf: (member) => members.credentialsOf(member),
      sessionOf: (request) => this.#sessionOf(request),
      isSameOrigin: (request) => isSameOriginUpgrade(request, this.#secure),
    });
    const routes = appRoutes(options, {
      members,
      sessions: this.#sessions,
      cookie: () => this.#ownCookie(),
      limit: new SignInLimit({ now }),
      secure: this.#secure,
      house: {
        locked: this.#secure,
        trends: options.services?.trends !== undefined,
        alerts: options.services?.alerts !== undefined,
      },
    });
    this.#server = new WebServer({ routes, port, host, option, credentials: household?.serverCredentials });
    this.#server.server.on("upgrade", (request, socket, head) => this.#bridge.upgrade(request, socket, head));
  }

  /** @throws {UsageError} naming the port, when it is in use or not permitted */
  async start(): Promise<void> {
    await this.#server.start();
    this.#sweep = setInterval(() => this.#sessions.sweep(), SWEEP_INTERVAL).unref();
  }

  /** Signs everybody out and ends all connections. */
  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    this.#sessions.clear();
    this.#bridge.stop();
    await this.#server.stop();
  }

  /** `http://127.0.0.1:8080`, or `https` with a household. */
  get address(): string {
    return this.#server.address;
  }

  #sessionOf({ headers }: IncomingMessage): Session | undefined {
    return this.#sessions.find(this.#ownCookie().read(headers.cookie));
  }

  /** The port is not known before the server listens. */
  #ownCookie(): SessionCookie {
    this.#cookie ??= new SessionCookie((this.#server.server.address() as AddressInfo).port, this.#secure);
    return this.#cookie;
  }
}

function appRoutes(
  { services, directory }: MobileAppOptions,
  session: SessionRoutesOptions,
): Hono<AppEnvironment> {
  const routes = new Hono<AppEnvironment>();
  routes.use(securityHeaders());
  routes.use(refuseForeignOrigins(session.secure));
  routes.use("/api/*", async (context, next) => {
    await next();
    context.header("cache-control", "no-store");
  });
  routes.route("/api/session", sessionRoutes(session));
  for (const [path, service] of [
    ["/trends", services?.trends],
    ["/alerts", services?.alerts],
  ] as const) {
    if (!service) continue;
    // Their pages are written with relative addresses.
    routes.get(path, (context) => context.redirect(`${path}/`));
    routes.use(`${path}/*`, requireSession(session));
    routes.route(`${path}/`, service);
  }
  routes.route("/", pageFiles("mobile-app", directory));
  routes.notFound((context) => context.json({ error: "There is nothing here." }, 404));
  routes.onError((error, context) => {
    if (error instanceof HTTPException) return error.getResponse();
    return context.json({ error: "The house could not do that." }, 500);
  });
  return routes;
}
