import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { maxLength, minLength, object, pipe, safeParse, string } from "valibot";
import type { Members } from "./members";
import { isSameOrigin, type SessionCookie } from "./session-cookie";
import type { Session, Sessions } from "./sessions";
import type { SignInLimit } from "./sign-in-limit";

/** What the routes of a house know of a request. */
export interface AppEnvironment {
  Bindings: HttpBindings;
  Variables: {
    /** Name of who is signed in; set on everything behind `requireSession`. */
    member: string;
  };
}

export interface SessionRoutesOptions {
  readonly members: Members;
  readonly sessions: Sessions;
  readonly cookie: () => SessionCookie;
  readonly limit: SignInLimit;
  readonly secure: boolean;
  /** Told to every page, signed in or not. */
  readonly house: {
    /** False: no household, and the only member is the guest. */
    readonly locked: boolean;
    readonly trends: boolean;
    readonly alerts: boolean;
  };
}

/** Bytes of a request to sign in. */
const LONGEST_REQUEST = 1_024;
const MAXIMUM_NAME = 64;
const MAXIMUM_PASSWORD = 256;
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

const SignIn = object({
  name: pipe(string(), minLength(1), maxLength(MAXIMUM_NAME)),
  password: pipe(string(), minLength(1), maxLength(MAXIMUM_PASSWORD)),
});

/**
 * `/api/session`: GET tells who is signed in, POST signs in with `{"name", "password"}`, DELETE signs out. Refusals have a body
 * `{"error": "..."}` for people; a wrong name and a wrong password are the same one.
 */
export function sessionRoutes(options: SessionRoutesOptions): Hono<AppEnvironment> {
  const { members, sessions, cookie, limit, house } = options;
  const routes = new Hono<AppEnvironment>();
  routes.get("/", (context) =>
    context.json({ ...house, member: sessionOf(context, options)?.member ?? null }),
  );
  routes.post("/", bodyLimit({ maxSize: LONGEST_REQUEST }), async (context) => {
    const request = safeParse(SignIn, await context.req.json().catch(() => undefined));
    if (!request.success) return context.json({ error: "Name and password are needed." }, 400);
    const { name, password } = request.output;
    const address = context.env.incoming.socket.remoteAddress ?? "";
    const delay = limit.delay(address);
    if (delay > 0) return tooMany(context, delay);
    const verified = await limit.attempt(address, () => members.verify(name, password));
    if (verified === undefined) return tooMany(context, 1_000);
    if (!verified) return context.json({ error: wrong(house.locked) }, 401);
    context.header("set-cookie", cookie().keep(sessions.create(name)));
    return context.json({ ...house, member: name });
  });
  routes.delete("/", (context) => {
    const token = cookie().read(context.req.header("cookie"));
    if (token !== undefined) sessions.end(token);
    context.header("set-cookie", cookie().clear());
    return context.body(null, 204);
  });
  return routes;
}

/** Lets in who is signed in. */
export function requireSession(options: SessionRoutesOptions): MiddlewareHandler<AppEnvironment> {
  return async (context, next) => {
    const session = sessionOf(context, options);
    if (session) {
      context.set("member", session.member);
      return next();
    }
    // A link of the app that was followed too late: the sign-in is on its first page.
    if (context.req.header("accept")?.includes("text/html")) return context.redirect("/");
    return context.json({ error: "Sign in first." }, 401);
  };
}

/** Refuses what another site's page lets a browser send. What is not a browser tells no origin, and has no cookie either. */
export function refuseForeignOrigins(secure: boolean): MiddlewareHandler<AppEnvironment> {
  return async (context, next) => {
    const origin = context.req.header("origin");
    const isForeign = origin !== undefined && !isSameOrigin(origin, context.req.header("host"), secure);
    if (isForeign && !SAFE_METHODS.has(context.req.method))
      return context.json({ error: "Only pages of this house may ask that." }, 403);
    return next();
  };
}

function sessionOf(context: Context<AppEnvironment>, options: SessionRoutesOptions): Session | undefined {
  return options.sessions.find(options.cookie().read(context.req.header("cookie")));
}

function wrong(locked: boolean): string {
  return locked ? "This name and password do not belong together." : "This is not the code of this house.";
}

function tooMany(context: Context<AppEnvironment>, delay: number): Response {
  const seconds = Math.ceil(delay / 1_000);
  context.header("retry-after", String(seconds));
  return context.json({ error: `Too many attempts. Try again in ${seconds} s.` }, 429);
}
