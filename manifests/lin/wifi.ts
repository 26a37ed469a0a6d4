/** Wi-Fi for `-p lin`, which has none of its own: the desktop is on the network already. */

interface WiFiOptions {
  onChanged?: (property: "connection" | "address") => void;
}

export default class WiFi {
  /** 500: has an address (ECMA-419 3rd edition, Network Interface Class Pattern). */
  readonly connection: number = 500;
  readonly address: string = "127.0.0.1";
  readonly SSID: undefined = undefined;
  readonly #onChanged: WiFiOptions["onChanged"];

  constructor(options: WiFiOptions = {}) {
    this.#onChanged = options.onChanged;
  }
  connect(_options: { SSID: string; password?: string }): void {
    this.#onChanged?.("address");
  }
  disconnect(): void {}
  close(): void {}
}
