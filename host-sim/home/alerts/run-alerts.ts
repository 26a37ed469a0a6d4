import { type Context, Hono, type Next } from "hono";
import { securityHeaders } from "../web/security-headers";
import { WebServer } from "../web/web-server";
import { type AlertEvent, alertEventLine } from "./alert-event";
import { Alerts, type AlertsOptions } from "./alerts";

export interface RunAlertsOptions extends Omit<AlertsOptions, "onEvent" | "onFailure"> {
  /** Of the log page, on the loopback address; 0 takes a free one. */
  readonly port: number;
  /** ms; default until Ctrl-C. */
  readonly duration?: number | undefined;
  /** Events as JSON, one a line. */
  readonly json?: boolean | undefined;
}

/**
 * Runs the service until its time is over or a signal comes, or nothing can be kept any more.
 * @returns the exit code: 0; 1 when nothing can be kept, so that who started it starts it again
 * @throws {UsageError} for what the person at the command line can put right
 */
export async function runAlerts(
  options: RunAlertsOptions,
  terminal: NodeJS.Process = process,
): Promise<number> {
  const { stdout } = terminal;
  let fail: () => void = () => {};
  const failed = new Promise<1>((resolve) => {
    fail = () => resolve(1);
  });
  const show = (event: AlertEvent): void => {
    stdout.write(`${options.json ? JSON.stringify(event) : alertEventLine(event)}\n`);
  };
  const alerts = new Alerts({ ...options, onEvent: show, onFailure: fail });
  const server = new WebServer({ routes: localRoutes(alerts), port: options.port });
  await server.start();
  const ended = waitForEnd(options.duration, terminal);
  try {
    await alerts.start();
    const { address } = server;
    stdout.write(
      options.json
        ? `${JSON.stringify({ event: "listening", time: Date.now(), address })}\n`
        : `Alerts: ${address}   Ctrl-C ends it.\n`,
    );
    return await Promise.race([ended, failed]);
  } finally {
    await server.stop();
    await alerts.stop();
  }
}

/** This machine's own pages only: neither another name for its address (DNS rebinding) nor another site's script gets in. */
function localRoutes(alerts: Alerts): Hono {
  const routes = new Hono();
  routes.use(securityHeaders());
  routes.use(async (context: Context, next: Next) => {
    const host = context.req.header("host") ?? "";
    const origin = context.req.header("origin");
    if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)) return context.text("unknown host", 403);
    if (origin !== undefined && origin !== `http://${host}`) return context.text("another site", 403);
    return next();
  });
  routes.route("/", alerts.routes);
  return routes;
}

/** Resolves after `duration` ms, with SIGINT or SIGTERM, or when nobody reads the output any more. */
function waitForEnd(duration: number | undefined, terminal: NodeJS.Process): Promise<0> {
  return new Promise((resolve) => {
    const end = (): void => resolve(0);
    terminal.once("SIGINT", end);
    terminal.once("SIGTERM", end);
    terminal.stdout.once("error", end);
    if (duration !== undefined) setTimeout(end, duration).unref();
  });
}
