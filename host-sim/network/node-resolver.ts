import { lookup } from "node:dns";
import type { ResolveOptions, ResolverInstance } from "./dns";

/**
 * The Domain Name Resolver of ECMA-419 (3rd edition, clause 18) over the operating system's: goes with `NodeTCP`. Takes addresses as
 * well as names.
 */
export class NodeResolver implements ResolverInstance {
  #isClosed = false;

  /** @throws {Error} after `close` */
  resolve(options: ResolveOptions): void {
    if (this.#isClosed) throw new Error("the resolver is closed");
    const { host } = options;
    lookup(host, (error, address) => {
      if (this.#isClosed) return;
      if (error) options.onError?.call(this, host);
      else options.onResolved?.call(this, host, address);
    });
  }

  close(): void {
    this.#isClosed = true;
  }
}
