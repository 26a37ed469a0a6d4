import { hostRealm } from "../../host-sim/board/realm";
import { RealClock } from "../../host-sim/clock/real-clock";
import { createResolver } from "../../host-sim/network/dns";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { NodeNetwork } from "../../host-sim/network/node-wire";
import { createTCP, type TCPClass } from "../../host-sim/network/tcp";
import { createTLS, type TLSClass } from "../../host-sim/network/tls";

/** The network of one simulated device in real time over real sockets, with the classes of its platform. */
export class RealDevice {
  readonly clock: RealClock = new RealClock();
  readonly network: NetworkInterface;
  readonly TCP: TCPClass;
  readonly TLS: TLSClass;
  readonly dns: { readonly io: unknown; readonly servers: readonly string[]; readonly socket: object };

  /** @param date - of the device, ms since 1970; default the real one */
  constructor(date?: () => number) {
    const { clock } = this;
    this.network = new NetworkInterface({ clock, network: new NodeNetwork() });
    const environment = { network: this.network, clock, realm: hostRealm };
    this.TCP = createTCP(environment);
    this.TLS = createTLS(date ? { ...environment, time: { date } } : environment);
    this.dns = { io: createResolver(environment), servers: ["1.1.1.1"], socket: { io: class {} } };
  }

  /** Ends its connections for real. */
  close(): void {
    this.network.close();
    this.clock.close();
  }
}
