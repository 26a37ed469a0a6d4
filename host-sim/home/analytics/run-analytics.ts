import { basename } from "node:path";
import { Hono } from "hono";
import { createLogUpdate } from "log-update";
import { formatBrokerAddress } from "../broker/broker-address";
import { UsageError } from "../usage-error";
import { securityHeaders } from "../web/security-headers";
import { WebServer } from "../web/web-server";
import { Analytics, type AnalyticsEvent, type AnalyticsOptions } from "./analytics";
import {
  type AnalyticsView,
  type DeviceLine,
  eventJSON,
  eventLine,
  renderAnalytics,
  summary,
} from "./analytics-view";
import { readSeries } from "./series";
import { dateOf, readPeriod } from "./views";

export interface RunAnalyticsOptions extends Omit<AnalyticsOptions, "onEvent"> {
  /** Of the page, on the loopback address; 0 takes a free one. */
  readonly port: number;
  /** ms; default until Ctrl-C. */
  readonly duration?: number | undefined;
  /** Events as JSON, one a line. */
  readonly json?: boolean | undefined;
}

const REDRAW_INTERVAL = 1_000;
/** Without a terminal: ms between two lines that say how much was stored. */
const SUMMARY_INTERVAL = 10_000;
const KEPT_EVENTS = 5;

/**
 * Runs the service until its time is over or a signal comes.
 * @throws {UsageError} for what the person at the command line can put right
 */
export async function runAnalytics(options: RunAnalyticsOptions): Promise<void> {
  const { stdout } = process;
  let show: (event: AnalyticsEvent) => void = () => {};
  const analytics = new Analytics({ ...options, onEvent: (event) => show(event) });
  const routes = new Hono();
  routes.use(securityHeaders());
  routes.route("/", analytics.routes);
  const server = new WebServer({ routes, port: options.port });
  await server.start();
  const display = chooseDisplay(options, analytics, stdout);
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // also when it ends before
  show = (event) => {
    display.show(event);
    // Whoever watches over processes starts it again: what was acknowledged is in the file, and what was not comes again.
    if (event.event === "failed" && event.fatal)
      fail(new UsageError(`${options.file} cannot be written: ${event.message.split("\n", 1)[0]}`));
  };
  try {
    await analytics.start();
    display.start(server.address);
    await Promise.race([end(options.duration), failed]);
  } finally {
    await display.stop();
    await server.stop();
    await analytics.stop();
  }
}

interface Display {
  start(address: string): void;
  show(event: AnalyticsEvent): void;
  stop(): Promise<void>;
}

function chooseDisplay(
  options: RunAnalyticsOptions,
  analytics: Analytics,
  output: NodeJS.WriteStream,
): Display {
  if (options.json)
    return {
      start: (address) => output.write(`${JSON.stringify({ event: "listening", address })}\n`),
      show: (event) => output.write(`${eventJSON(event)}\n`),
      stop: async () => {},
    };
  return output.isTTY ? tableDisplay(options, analytics, output) : lineDisplay(analytics, output);
}

function lineDisplay(analytics: Analytics, output: NodeJS.WriteStream): Display {
  let timer: NodeJS.Timeout | undefined;
  let told = "";
  let last = "";
  function tell(): void {
    const counts = analytics.status?.counts;
    if (!counts) return;
    const text = summary(countsOf(counts));
    if (text !== told) output.write(`${text}\n`);
    told = text;
  }
  return {
    start(address) {
      output.write(`Trends: ${address}\n`);
      timer = setInterval(tell, SUMMARY_INTERVAL);
    },
    show(event) {
      const line = eventLine(event);
      // A sensor that sends nonsense sends it again and again.
      if (line !== undefined && line !== last) output.write(`${line}\n`);
      last = line ?? last;
    },
    async stop() {
      clearInterval(timer);
      tell();
    },
  };
}

function tableDisplay(
  options: RunAnalyticsOptions,
  analytics: Analytics,
  output: NodeJS.WriteStream,
): Display {
  const draw = createLogUpdate(output);
  const events: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let drawing: Promise<void> = Promise.resolve();
  async function redraw(): Promise<void> {
    const view = await readView(options, analytics, events).catch(() => undefined);
    if (view) draw(renderAnalytics(view));
  }
  return {
    start(address) {
      output.write(`Thimble analytics. Trends: ${address}   Ctrl-C ends it.\n\n`);
      drawing = redraw();
      timer = setInterval(() => {
        drawing = drawing.then(redraw);
      }, REDRAW_INTERVAL);
    },
    show(event) {
      const line = eventLine(event);
      if (line === undefined || line === events.at(-1)) return;
      events.push(line);
      if (events.length > KEPT_EVENTS) events.shift();
    },
    async stop() {
      clearInterval(timer);
      await drawing.then(redraw);
      draw.done();
    },
  };
}

async function readView(
  { broker, file }: RunAnalyticsOptions,
  analytics: Analytics,
  events: readonly string[],
): Promise<AnalyticsView | undefined> {
  const { store, status, now } = analytics;
  if (!store || !status) return undefined;
  const { timeZone } = store.database;
  return {
    ...countsOf(status.counts),
    file: basename(file),
    timeZone,
    broker: formatBrokerAddress(broker),
    connected: status.connected,
    devices: await readDevices(analytics, store.database, dateOf(now, timeZone)),
    events,
  };
}

async function readDevices(
  analytics: Analytics,
  database: NonNullable<Analytics["store"]>["database"],
  today: string,
): Promise<readonly DeviceLine[]> {
  const { from, to } = await readPeriod(database, "day", today);
  const known = [...analytics.devices].sort();
  const devices = known.map(([, { id }]) => id);
  const days = await readSeries(database, { from, to, resolution: "days", devices }, analytics.now);
  return known.map(([name, { id, lastTime }]) => {
    const day = days.find(({ device }) => device === id);
    const readings = day?.count.at(-1) ?? 0;
    return {
      name,
      value: analytics.lastValues.get(id),
      time: lastTime === 0n ? undefined : Number(lastTime / 1_000_000n),
      today:
        day && readings > 0
          ? { minimum: day.minimum.at(-1)!, mean: day.mean.at(-1)!, maximum: day.maximum.at(-1)! }
          : undefined,
      readings,
    };
  });
}

function countsOf(
  counts: NonNullable<Analytics["status"]>["counts"],
): Pick<AnalyticsView, "stored" | "transactions" | "incidents"> {
  const { readings, batches, retained: _retained, ...incidents } = counts;
  return { stored: readings, transactions: batches, incidents };
}

/** Resolves after `duration` ms, with SIGINT or SIGTERM, or when nobody reads the output any more. */
function end(duration: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
    process.stdout.once("error", () => resolve());
    if (duration !== undefined) setTimeout(resolve, duration);
  });
}
