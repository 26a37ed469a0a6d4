import Timer from "timer";

/** Before this nobody had this firmware: 2026-01-01, ms since 1970. A board without a battery starts in 1970. */
const EARLIEST = 1_767_225_600_000;

/** Moddable's `sntp`. It ends by itself with the time, and with an error unless its callback names another server. */
export interface SNTPClass {
  new (
    options: { host: string },
    // biome-ignore lint/suspicious/noConfusingVoidType: the SDK's own type, and what a function without `return` has
    callback: (message: number, value?: number) => string | undefined | void,
  ): object;
  readonly time: number;
  readonly error: number;
}

export interface BoardDateOptions {
  io: SNTPClass;
  /** Moddable's `time`. */
  time: { set(seconds: number): void };
  /** Time servers, tried in turn; default `pool.ntp.org`. */
  servers?: readonly string[];
  /** First delay before all servers are tried again, doubled with each failure; ms, default 1,000. */
  minimumDelay?: number;
  /** Longest delay, ms; default 60,000. */
  maximumDelay?: number;
  /** Jitter, 0 to less than 1. Default `Math.random`. */
  random?: () => number;
}

/** Learns the date from a time server (SNTP, RFC 4330), as often as it takes. Nothing blocks. */
export default class BoardDate {
  readonly #options: BoardDateOptions;
  readonly #servers: readonly string[];
  #sntp: object | undefined;
  #timer: Timer | undefined;
  #failures = 0;
  #onKnown: (() => void) | undefined;

  constructor(options: BoardDateOptions) {
    const { servers = [] } = options;
    this.#options = options;
    this.#servers = servers.length > 0 ? servers : ["pool.ntp.org"];
  }

  /** @param onKnown - called once, when the date is known; before `learn` returns where it is known already */
  learn(onKnown: () => void): void {
    if (Date.now() >= EARLIEST) {
      onKnown();
      return;
    }
    this.#onKnown = onKnown;
    this.#ask();
  }

  /** Gives up; no callback follows. */
  close(): void {
    this.#onKnown = undefined;
    Timer.clear(this.#timer);
    this.#timer = undefined;
    const sntp = this.#sntp as { close?: () => void } | undefined;
    this.#sntp = undefined;
    sntp?.close?.();
  }

  #ask(): void {
    const { io, time } = this.#options;
    let server = 0;
    this.#sntp = new io({ host: this.#servers[0]! }, (message, value) => {
      if (message === io.time && value !== undefined) {
        this.#sntp = undefined;
        time.set(value);
        trace(`date: ${new Date().toISOString()} from ${this.#servers[server]}\n`);
        this.#known();
      } else if (message === io.error) {
        trace(`date: ${this.#servers[server]}: ${value}\n`);
        server += 1;
        const next = this.#servers[server];
        if (next !== undefined) return next;
        this.#sntp = undefined;
        this.#retry();
      }
      return undefined;
    });
  }

  #known(): void {
    const onKnown = this.#onKnown;
    this.#onKnown = undefined;
    onKnown?.();
  }

  #retry(): void {
    if (!this.#onKnown) return;
    const { minimumDelay = 1_000, maximumDelay = 60_000, random = Math.random } = this.#options;
    const longest = Math.min(maximumDelay, minimumDelay * 2 ** this.#failures);
    this.#failures += 1;
    this.#timer = Timer.set(
      () => {
        this.#timer = undefined;
        this.#ask();
      },
      Math.round((longest * (1 + random())) / 2),
    );
  }
}
