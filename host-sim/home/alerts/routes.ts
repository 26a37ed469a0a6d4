import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { pageFiles } from "../web/page-files";
import type { AlertEntry } from "./alert-book";
import type { AlertsStatus, Running } from "./alerts";
import { hostOf } from "./channel";
import type { Subscription } from "./record";

export interface RoutesOptions {
  /** `undefined` while the service does not run. */
  running(): Running | undefined;
  status(): AlertsStatus;
}

const MAXIMUM_BODY = 16 * 1_024;
const DEFAULT_LIMIT = 100;
const MAXIMUM_LIMIT = 1_000;

/** The log page and its API. Addresses and keys of subscriptions never leave: only hosts do. */
export function alertRoutes(options: RoutesOptions): Hono {
  const routes = new Hono();
  const api = new Hono<{ Variables: { running: Running } }>();
  api.use(bodyLimit({ maxSize: MAXIMUM_BODY, onError: (context) => refuse(context, 413, "it is too long") }));
  api.use(async (context, next) => {
    context.header("cache-control", "no-store");
    const running = options.running();
    if (!running) return refuse(context, 503, "the alert service does not run");
    context.set("running", running);
    return next();
  });

  api.get("/status", (context) => context.json(options.status()));
  api.get("/vapid-key", (context) => context.json({ publicKey: context.var.running.publicKey }));
  api.get("/alerts", (context) => {
    const limit = Number(context.req.query("limit") ?? DEFAULT_LIMIT);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAXIMUM_LIMIT)
      return refuse(context, 400, `limit is a whole number from 1 to ${MAXIMUM_LIMIT}`);
    const { store, nameOf } = context.var.running;
    return context.json({ alerts: store.book.latest(limit).map((entry) => publicAlert(entry, nameOf)) });
  });

  api.get("/subscriptions", (context) => {
    const { book } = context.var.running.store;
    return context.json({ subscriptions: [...book.subscriptions.values()].map(publicSubscription) });
  });
  api.post("/subscriptions", async (context) => {
    const input = await readJSON(context);
    if (input === undefined) return refuse(context, 400, "it is not JSON");
    const { subscriptions } = context.var.running;
    const result = await subscriptions.add(input, memberOf(context));
    if ("status" in result) return refuse(context, result.status, result.message);
    return context.json({ id: result.id }, 201);
  });
  api.delete("/subscriptions", async (context) => {
    const { subscriptions, store } = context.var.running;
    if (!subscriptions.removeEndpoint(await readJSON(context)))
      return refuse(context, 404, "there is no such subscription");
    await store.durable();
    return context.body(null, 204);
  });
  api.delete("/subscriptions/:id", async (context) => {
    const { subscriptions, store } = context.var.running;
    if (!subscriptions.remove(context.req.param("id"), "unsubscribed"))
      return refuse(context, 404, "there is no such subscription");
    await store.durable();
    return context.body(null, 204);
  });

  api.post("/test", async (context) => {
    const { intake, store } = context.var.running;
    const { id } = intake.test();
    await store.durable();
    return context.json({ id }, 202);
  });
  api.all("/*", (context) => refuse(context, 404, "there is no such thing"));
  routes.route("/api", api);
  routes.route("/", lazyPage());
  return routes;
}

/** The page's files are looked for when somebody wants them: a service whose page is not built still alerts. */
function lazyPage(): Hono {
  let files: Hono | undefined;
  const routes = new Hono();
  routes.get("/*", (context) => {
    files ??= pageFiles("alerts");
    // Below where the routes are mounted, as pageFiles expects it.
    const url = new URL(context.req.url);
    url.pathname = url.pathname.slice(context.req.routePath.length - 2) || "/";
    return files.fetch(new Request(url, context.req.raw));
  });
  return routes;
}

/** An alert as the page and the API show it. */
export interface PublicAlert {
  readonly id: string;
  /** ms since 1970. */
  readonly time: number;
  readonly kind: string;
  readonly device: string;
  readonly title: string;
  readonly text: string;
  readonly sequence?: number | undefined;
  readonly suppressed?: string | undefined;
  readonly deliveries: readonly PublicDelivery[];
}

export interface PublicDelivery {
  /** A host. */
  readonly to: string;
  readonly state: "waiting" | "sent" | "failed";
  readonly attempts: number;
  /** Of the last change, ms since 1970. */
  readonly time: number;
  readonly reason?: string | undefined;
}

function publicAlert({ alert, deliveries }: AlertEntry, nameOf: (target: string) => string): PublicAlert {
  return {
    ...alert,
    deliveries: deliveries.map(({ target, state, attempts, time, reason }) => ({
      to: nameOf(target),
      state,
      attempts,
      time,
      ...(reason === undefined || state === "sent" ? {} : { reason }),
    })),
  };
}

function publicSubscription({ id, endpoint, created, member }: Subscription): object {
  return { id, host: hostOf(endpoint), created, ...(member === undefined ? {} : { member }) };
}

function memberOf(context: Context): string | undefined {
  const member: unknown = context.get("member");
  return typeof member === "string" ? member : undefined;
}

/** Only as JSON: a form of another site cannot send that type without being asked first (CORS). */
async function readJSON(context: Context): Promise<unknown> {
  if (!/^application\/json\b/i.test(context.req.header("content-type") ?? "")) return undefined;
  try {
    return await context.req.json();
  } catch {
    return undefined;
  }
}

function refuse(context: Context, status: 400 | 404 | 409 | 413 | 503, error: string): Response {
  return context.json({ error }, status);
}
