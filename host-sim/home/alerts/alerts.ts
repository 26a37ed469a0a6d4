import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Hono } from "hono";
import type { Clock } from "../../clock/clock";
import { RealClock } from "../../clock/real-clock";
import { type BrokerAddress, formatBrokerAddress } from "../broker/broker-address";
import type { BrokerCredentials } from "../broker/broker-connection";
import type { AlertEvent } from "./alert-event";
import { AlertStore } from "./alert-store";
import { BrokerLink } from "./broker-link";
import type { Channel } from "./channel";
import { Dispatcher } from "./dispatcher";
import { type EndpointPolicy, guardedLookup } from "./endpoint-guard";
import { HttpPoster } from "./http-post";
import { Intake } from "./intake";
import { Judge } from "./judge";
import { alertRoutes } from "./routes";
import { parseRules, type Rules, readRules } from "./rules";
import { Subscriptions } from "./subscriptions";
import { ntfyChannel, webhookChannel } from "./url-channels";
import { type VapidKeys, vapidKeysIn } from "./vapid-keys";
import { VapidSigner, WebPushChannel } from "./web-push-channel";

export interface AlertsOptions {
  readonly broker: BrokerAddress;
  readonly credentials?: BrokerCredentials | undefined;
  /** Where the service keeps what it must not forget; made for its owner only. One service at a time. */
  readonly directory: string;
  /** Default: made once, in the directory. */
  readonly vapidKeys?: VapidKeys | undefined;
  /** A file of rules, or the rules; default: `rules.json` in the directory, or a minute of cool-down for each camera. */
  readonly rulesFile?: string | undefined;
  readonly rules?: Rules | undefined;
  /** Whether the broker keeps the session after `stop()`; default true. False where the directory goes too. */
  readonly keepSession?: boolean | undefined;
  /** Take push endpoints on this machine, and http there: for tests. Default false. */
  readonly loopbackPush?: boolean | undefined;
  /** Default the desktop's own. */
  readonly clock?: Clock | undefined;
  /** For the jitter; default Math.random. */
  readonly random?: (() => number) | undefined;
  readonly onEvent?: ((event: AlertEvent) => void) | undefined;
  /** The journal cannot be written, so the service has stopped taking alerts; the broker keeps them. */
  readonly onFailure?: ((error: Error) => void) | undefined;
}

/** How long the end waits for POSTs that are under way, ms. */
const FAREWELL = 1_000;

/** What the log page begins with. */
export interface AlertsStatus {
  readonly broker: string;
  readonly connected: boolean;
  /** When the service started, ms since 1970. */
  readonly since: number;
  readonly waiting: number;
  readonly subscriptions: number;
}

/**
 * The alert service: motion, outages and temperatures become push messages. It hears by QoS 2 in a session that the broker keeps, and
 * acknowledges what is on disk; see `GatedStream` for how, `JournalRecord` for what, and `Dispatcher` for the way out.
 */
export class Alerts {
  /** "/" the log page, "/api/..." for it and for phones. */
  readonly routes: Hono;
  readonly #options: AlertsOptions;
  readonly #rules: Rules;
  readonly #clock: Clock;
  #running: Running | undefined;
  #since = 0;

  /** @throws {UsageError} for wrong rules */
  constructor(options: AlertsOptions) {
    this.#options = options;
    this.#rules = options.rules ?? rulesOf(options);
    this.#clock = options.clock ?? new RealClock();
    this.routes = alertRoutes({
      running: () => this.#running,
      status: () => this.#status(),
    });
  }

  /**
   * Opens the store, goes on with what was unfinished, connects and listens.
   * @throws {UsageError} when the directory is in use or damaged, or the broker cannot be used
   */
  async start(): Promise<void> {
    const options = this.#options;
    const store = await AlertStore.open({
      directory: options.directory,
      onFailure: (error) => void this.#fail(error),
    });
    try {
      this.#running = this.#wire(store);
    } catch (error) {
      await store.close();
      throw error;
    }
    const { dispatcher, intake, link } = this.#running;
    this.#since = this.#clock.date();
    const { tornBytes } = store;
    this.#tell({
      event: "started",
      time: this.#since,
      broker: formatBrokerAddress(options.broker),
      subscriptions: store.book.subscriptions.size,
      waiting: store.book.waiting,
      ...(tornBytes === 0 ? {} : { tornBytes }),
    });
    dispatcher.start();
    intake.start();
    try {
      await link.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends the POSTs that are under way, and leaves the session to the broker. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running) {
      const { intake, link, dispatcher, store, posters } = running;
      await link.stop(this.#options.keepSession ?? true);
      intake.stop();
      await withinTime(dispatcher.stop(), FAREWELL);
      for (const poster of posters) poster.close();
      // What was cut off there is noted as not sent.
      await dispatcher.stop();
      await store.close();
      this.#tell({ event: "stopped", time: this.#clock.date(), waiting: store.book.waiting });
    }
    if (!this.#options.clock) (this.#clock as RealClock).close();
  }

  #wire(store: AlertStore): Running {
    const { options, rules, clock } = { options: this.#options, rules: this.#rules, clock: this.#clock };
    const onEvent = (event: AlertEvent): void => this.#tell(event);
    const keys = options.vapidKeys ?? vapidKeysIn(options.directory);
    const policy: EndpointPolicy = { loopback: options.loopbackPush };
    const guarded = new HttpPoster({ lookup: guardedLookup(policy) });
    const plain = new HttpPoster();
    const signer = new VapidSigner(keys, rules.contact);
    const configured = configuredChannels(rules, plain);
    const subscriptions = new Subscriptions({ store, clock, policy, onEvent });
    const judge = new Judge(rules, store.book);
    const channel = (target: string): Channel | undefined => {
      const subscription = store.book.subscriptions.get(target);
      if (subscription) return new WebPushChannel({ subscription, signer, poster: guarded, policy });
      return configured.get(target);
    };
    const dispatcher = new Dispatcher({
      store,
      clock,
      random: options.random ?? Math.random,
      channel,
      timeToLive: rules.timeToLive,
      onGone: (target, reason) => subscriptions.remove(target, reason),
      onEvent,
    });
    const intake = new Intake({
      store,
      judge,
      clock,
      targets: () => [...store.book.subscriptions.keys(), ...configured.keys()],
      onRaised: (alert, targets) => dispatcher.send(alert, targets),
      onEvent,
    });
    const link = new BrokerLink({
      broker: options.broker,
      credentials: options.credentials,
      id: clientIdentifierOf(store),
      messages: intake,
      isDurable: () => store.isDurable,
      durable: () => store.durable(),
      onMessage: (packet) => intake.message(packet),
      onSessionLost: () => intake.sessionLost(),
      onConnected: () => onEvent({ event: "connected", time: clock.date() }),
      onDisconnected: (reason) => onEvent({ event: "disconnected", time: clock.date(), reason }),
    });
    const nameOf = (target: string): string => channel(target)?.name ?? "a phone that has gone";
    const publicKey = keys.publicKey;
    return { store, link, intake, dispatcher, subscriptions, nameOf, publicKey, posters: [guarded, plain] };
  }

  #status(): AlertsStatus {
    const book = this.#running?.store.book;
    return {
      broker: formatBrokerAddress(this.#options.broker),
      connected: this.#running?.link.connected ?? false,
      since: this.#since,
      waiting: book?.waiting ?? 0,
      subscriptions: book?.subscriptions.size ?? 0,
    };
  }

  async #fail(error: Error): Promise<void> {
    const message = `nothing can be kept any more, so nothing is taken: ${error.message}`;
    this.#tell({ event: "error", time: this.#clock.date(), message });
    await this.stop();
    this.#options.onFailure?.(error);
  }

  #tell(event: AlertEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** The parts of a service that runs. */
export interface Running {
  readonly store: AlertStore;
  readonly link: BrokerLink;
  readonly intake: Intake;
  readonly dispatcher: Dispatcher;
  readonly subscriptions: Subscriptions;
  /** Of a target, for people. */
  nameOf(target: string): string;
  readonly publicKey: string;
  readonly posters: readonly HttpPoster[];
}

function rulesOf({ rulesFile, directory }: AlertsOptions): Rules {
  const usual = join(directory, "rules.json");
  if (rulesFile === undefined && !existsSync(usual)) return parseRules({}, "rules");
  return readRules(rulesFile ?? usual);
}

/** Made once: whoever has the journal has the session. */
function clientIdentifierOf(store: AlertStore): string {
  const id = store.book.clientIdentifier ?? `alerts-${randomBytes(4).toString("hex")}`;
  if (store.book.clientIdentifier === undefined) store.commit({ type: "client", id });
  return id;
}

function configuredChannels({ ntfy, webhook }: Rules, poster: HttpPoster): ReadonlyMap<string, Channel> {
  const channels = new Map<string, Channel>();
  if (ntfy) channels.set("ntfy", ntfyChannel(ntfy, poster));
  if (webhook) channels.set("webhook", webhookChannel(webhook, poster));
  return channels;
}

async function withinTime(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
