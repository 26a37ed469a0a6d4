import type { Clock, ScheduledCallback } from "../clock/clock";
import type { NetworkInterface } from "../network/network-interface";

type SNTPCallback = (message: number, value?: number | string) => unknown;

export interface SNTPInstance {
  close(): void;
}

export interface SNTPClass {
  new (options: { readonly host: string }, callback: SNTPCallback): SNTPInstance;
  /** The value is the time, in seconds since 1970. */
  readonly time: number;
  /** No answer yet; asks again. */
  readonly retry: number;
  /** The value says why; a host returned by the callback is tried next. */
  readonly error: number;
}

const INTERVAL = 5_000;
const ATTEMPTS = 5;

/**
 * Makes the class of Moddable's `sntp` module for one device. Its server is the house's clock: no packet leaves the
 * desktop, but a name that does not resolve and a cut network fail as they would.
 */
export function createSNTP(network: NetworkInterface, clock: Clock): SNTPClass {
  return class SNTP implements SNTPInstance {
    static readonly time = 1;
    static readonly retry = 2;
    static readonly error = -1;
    readonly #callback: SNTPCallback;
    #scheduled: ScheduledCallback | undefined;
    #isClosed = false;

    constructor(options: { readonly host: string }, callback: SNTPCallback) {
      this.#callback = callback;
      this.#start(options.host);
    }

    close(): void {
      this.#isClosed = true;
      clock.cancel(this.#scheduled);
    }

    #start(host: string): void {
      let attempts = 0;
      const ask = (): void => {
        attempts += 1;
        if (attempts > ATTEMPTS) {
          this.#failed("no response from SNTP server");
          return;
        }
        if (attempts > 1) this.#callback(SNTP.retry);
        if (this.#isClosed) return;
        this.#scheduled = clock.schedule(ask, INTERVAL);
        network.resolve(host, (address) => this.#later(() => this.#answered(host, address)));
      };
      this.#later(ask);
    }

    #later(callback: () => void): void {
      if (this.#isClosed) return;
      clock.cancel(this.#scheduled);
      this.#scheduled = clock.schedule(callback, 0);
    }

    #answered(host: string, address: string | undefined): void {
      if (address === undefined) {
        this.#failed(`cannot resolve ${host}`);
        return;
      }
      this.close();
      this.#callback(SNTP.time, Math.floor(clock.date() / 1_000));
    }

    #failed(reason: string): void {
      const next = this.#callback(SNTP.error, reason);
      if (typeof next === "string" && !this.#isClosed) this.#start(next);
      else this.close();
    }
  };
}
