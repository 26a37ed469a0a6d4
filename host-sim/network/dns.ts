import { makeError, type Realm } from "../board/realm";
import type { Clock, ScheduledCallback } from "../clock/clock";
import type { NetworkInterface } from "./network-interface";
import { isAddress } from "./tcp";

/** Attempts for each server that is configured, one a second. */
const ATTEMPTS = 5;
const INTERVAL = 1_000;

export interface ResolveOptions {
  readonly host: string;
  readonly onResolved?: (this: ResolverInstance, host: string, address: string) => void;
  readonly onError?: (this: ResolverInstance, host: string) => void;
}

/** Both are required, although the simulated resolver asks the desktop's: the board's throws without them. */
export interface ResolverOptions {
  /** Addresses of the DNS servers. */
  readonly servers: readonly string[];
  readonly socket: { readonly io: unknown };
}

export interface ResolverInstance {
  /** @throws {Error} without a host, without any callback, after `close` */
  resolve(options: ResolveOptions): void;
  /** No callback follows. */
  close(): void;
}

export type ResolverClass = new (options: ResolverOptions) => ResolverInstance;

interface Request {
  readonly options: ResolveOptions;
  readonly host: string;
  attempts: number;
  scheduled: ScheduledCallback | undefined;
}

/**
 * Makes the class that `embedded:network/dns/resolver/udp` exports on one device (ECMA-419 clause 23). Callbacks never
 * come inside `resolve`; where nothing answers, `onError` comes after 5 s less one for each configured server.
 */
export function createResolver(environment: {
  readonly network: NetworkInterface;
  readonly clock: Clock;
  readonly realm: Realm;
}): ResolverClass {
  const { network, clock, realm } = environment;

  return class Resolver implements ResolverInstance {
    readonly #servers: readonly string[];
    readonly #requests = new Set<Request>();
    #io: unknown;

    constructor(options: ResolverOptions) {
      if (!Array.isArray(options?.servers))
        throw makeError(
          realm,
          "TypeError",
          "the resolver needs its DNS servers: option servers is not an array",
        );
      this.#servers = [...options.servers];
      this.#io = options.socket;
    }

    resolve(options: ResolveOptions): void {
      const { host, onResolved, onError } = options;
      if (!host || (!onResolved && !onError) || !this.#io) throw makeError(realm, "Error");
      const name = String(host) === "localhost" ? "127.0.0.1" : String(host);
      const request: Request = { options, host: name, attempts: 0, scheduled: undefined };
      this.#requests.add(request);
      request.scheduled = clock.schedule(() => this.#attempt(request), 0);
    }

    close(): void {
      for (const request of this.#requests) clock.cancel(request.scheduled);
      this.#requests.clear();
      this.#io = undefined;
    }

    #attempt(request: Request): void {
      if (isAddress(request.host)) {
        this.#answer(request, request.host);
        return;
      }
      request.attempts += 1;
      if (request.attempts === Math.max(1, this.#servers.length) * ATTEMPTS) {
        this.#answer(request, undefined);
        return;
      }
      request.scheduled = clock.schedule(() => this.#attempt(request), INTERVAL);
      network.resolve(request.host, (address) => {
        // The firmware's callback runs in a turn of its own, on the device's clock.
        if (!this.#requests.has(request)) return;
        clock.cancel(request.scheduled);
        request.scheduled = clock.schedule(() => this.#answer(request, address), 0);
      });
    }

    #answer(request: Request, address: string | undefined): void {
      if (!this.#requests.delete(request)) return;
      if (address === undefined) request.options.onError?.call(this, request.host);
      else request.options.onResolved?.call(this, request.host, address);
    }
  };
}
