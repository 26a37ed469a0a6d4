import BrowserResolver from "../../../../device/client/transports/browser/browser-resolver";
import BrowserSocket, {
  type BrowserSocketOptions,
} from "../../../../device/client/transports/browser/browser-socket";
import { CONNECTION_LOST, mqttError } from "../../../../device/mqtt/mqtt-error";

type ResolveOptions = Parameters<BrowserResolver["resolve"]>[0] & {
  onError(host: string): void;
};

/** Does not try to connect while the phone knows that it has no network. */
export class PhoneResolver extends BrowserResolver {
  #timeout: number | undefined;

  override resolve(options: ResolveOptions): void {
    if (navigator.onLine) super.resolve(options);
    else this.#timeout = window.setTimeout(() => options.onError(options.host));
  }

  override close(): void {
    window.clearTimeout(this.#timeout);
    super.close();
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
