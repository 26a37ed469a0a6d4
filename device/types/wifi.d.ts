/** ECMA-419 3rd edition, Network Interface Class Pattern, Wi-Fi; absent from `@moddable/typings` 5.6.0. */
declare module "embedded:network/interface/wifi" {
  export interface WiFiOptions {
    /** Called with the name of the property that changed: `"connection"`, `"address"`. */
    onChanged?: (this: WiFi, property: string) => void;
  }
  export interface WiFiConnectOptions {
    SSID: string;
    password?: string;
    secure?: boolean;
  }
  export default class WiFi {
    constructor(options?: WiFiOptions);
    /** 200 disconnected, 300 connecting, 400 connected to the access point, 500 has an address as well. */
    readonly connection: number;
    readonly address: string | undefined;
    readonly SSID: string | undefined;
    connect(options: WiFiConnectOptions): void;
    disconnect(): void;
    close(): void;
  }
}
