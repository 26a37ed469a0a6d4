import Timer from "timer";

interface ResolveOptions {
  host: string;
  onResolved(host: string, address: string): void;
}

/** The Domain Name Resolver of a browser, which looks names up itself: hands every name on. */
export default class BrowserResolver {
  #timer: Timer | undefined;

  /** Calls `onResolved` a turn later, with the name as the address. */
  resolve({ host, onResolved }: ResolveOptions): void {
    this.#timer = Timer.set(() => {
      this.#timer = undefined;
      onResolved(host, host);
    });
  }

  /** No callback follows. */
  close(): void {
    Timer.clear(this.#timer);
    this.#timer = undefined;
  }
}
