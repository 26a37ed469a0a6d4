import BrowserResolver from "../../../../device/client/transports/browser/browser-resolver";
import BrowserSocket, {
  type BrowserSocketOptions,
} from "../../../../device/client/transports/browser/browser-socket";
import { CONNECTION_LOST, mqttError } from "../../../../device/mqtt/mqtt-error";
import { fetchSession } from "./session";

type ResolveOptions = Parameters<BrowserResolver["resolve"]>[0] & {
  onError(host: string): void;
};

/**
 * Does not try to connect while the phone has no network. What the phone says of that is a hint only: a machine that has nothing but
 * itself is "offline" too, and the house may be on it. So the house is asked.
 */
export class PhoneResolver extends BrowserResolver {
  #isClosed = false;

  override resolve(options: ResolveOptions): void {
    if (navigator.onLine) super.resolve(options);
    else void this.#ask(options);
  }

  override close(): void {
    this.#isClosed = true;
    super.close();
  }

  async #ask(options: ResolveOptions): Promise<void> {
    const session = await fetchSession();
    if (this.#isClosed) return;
    if (session) super.resolve(options);
    else options.onError(options.host);
  }
}

/** Notices at once that the phone has lost its network, instead of after a Keep Alive without an answer. */
export class PhoneSocket extends BrowserSocket {
  readonly #onOffline: () => void;

  constructor(options: BrowserSocketOptions) {
    super(options);
    this.#onOffline = () => {
      this.close();
      options.onError?.call(this, mqttError(CONNECTION_LOST, "the phone has no network"));
    };
    window.addEventListener("offline", this.#onOffline);
  }

  override close(): void {
    window.removeEventListener("offline", this.#onOffline);
    super.close();
  }
}
