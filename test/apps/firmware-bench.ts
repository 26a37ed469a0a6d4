import { generate, type Packet, parser } from "mqtt-packet";
import { Board } from "../../host-sim/board/board";
import type { BoardDescription } from "../../host-sim/board/board-description";
import { createRandom } from "../../host-sim/board/random";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { DeviceProcess, type DeviceProcessOptions } from "../../host-sim/device-process";
import type { DeviceException } from "../../host-sim/embedded/device-exception";
import { Link, type Peer } from "../../host-sim/network/link";
import { type AccessPoint, NetworkInterface } from "../../host-sim/network/network-interface";

/** A broker of a few lines, on a codec that shares nothing with ours: accepts, acknowledges, and remembers. */
export class PeerBroker {
  readonly packets: Packet[] = [];
  /** Whether it still hears the device; the latest connection. */
  peer: Peer | undefined;

  accept(peer: Peer): void {
    this.peer = peer;
    const stream = parser({ protocolVersion: 4 });
    stream.on("packet", (packet) => {
      this.packets.push(packet);
      const answer = answerTo(packet);
      if (answer) peer.send(generate(answer));
    });
    peer.onData = (bytes) => stream.parse(Buffer.from(bytes));
  }

  publish(topic: string, payload: string): void {
    this.peer?.send(generate({ cmd: "publish", topic, payload, qos: 0, retain: false, dup: false }));
  }

  /** Payloads received on `topic`, as text. */
  payloads(topic: string): string[] {
    return this.publications(topic).map(({ payload }) => payload.toString());
  }

  publications(topic: string): (Packet & { cmd: "publish" })[] {
    return this.packets.filter(
      (packet): packet is Packet & { cmd: "publish" } => packet.cmd === "publish" && packet.topic === topic,
    );
  }

  /** What was received, in order, as `publish home/temp 1 retained`, `subscribe home/light/set`, `disconnect`. */
  lines(): string[] {
    return this.packets.map((packet) => {
      if (packet.cmd === "publish")
        return `publish ${packet.topic} ${packet.qos}${packet.retain ? " retained" : ""}`;
      if (packet.cmd === "subscribe")
        return `subscribe ${packet.subscriptions.map(({ topic, qos }) => `${topic} ${qos}`).join()}`;
      return packet.cmd;
    });
  }
}

function answerTo(packet: Packet): Packet | undefined {
  switch (packet.cmd) {
    case "connect":
      return { cmd: "connack", returnCode: 0, sessionPresent: false };
    case "subscribe":
      return {
        cmd: "suback",
        messageId: packet.messageId!,
        granted: packet.subscriptions.map(({ qos }) => qos),
      };
    case "publish":
      if (packet.qos === 0) return undefined;
      return { cmd: packet.qos === 1 ? "puback" : "pubrec", messageId: packet.messageId! };
    case "pubrel":
      return { cmd: "pubcomp", messageId: packet.messageId! };
    case "pingreq":
      return { cmd: "pingresp" };
    default:
      return undefined;
  }
}

export interface FirmwareBench {
  readonly clock: VirtualClock;
  readonly board: Board;
  readonly network: NetworkInterface;
  readonly broker: PeerBroker;
  readonly device: DeviceProcess;
  readonly traces: string[];
  readonly exceptions: DeviceException[];
  /** Lets the firmware close and waits for it. */
  stop(): Promise<void>;
}

export interface FirmwareBenchOptions {
  readonly firmware: "thermometer" | "light" | "camera";
  readonly description: BoardDescription;
  readonly config?: Record<string, unknown>;
  readonly accessPoint?: AccessPoint;
  /** For example `engine: "xs"`. */
  readonly process?: Partial<DeviceProcessOptions>;
}

/** One firmware as it would be flashed, on its board, with a broker at the other end of a network in memory. */
export function createFirmwareBench(options: FirmwareBenchOptions): FirmwareBench {
  const clock = new VirtualClock();
  const link = new Link({ clock, latency: 2 });
  const broker = new PeerBroker();
  link.addHost("broker.test", "192.168.4.1");
  link.listen(1883, (peer) => broker.accept(peer));
  const board = new Board({ clock, description: options.description });
  const { accessPoint } = options;
  const network = new NetworkInterface({ clock, network: link, ...(accessPoint ? { accessPoint } : {}) });
  const traces: string[] = [];
  const exceptions: DeviceException[] = [];
  const device = new DeviceProcess({
    firmware: options.firmware,
    board,
    network,
    clock,
    config: { broker: "broker.test", ...options.config },
    random: createRandom(3),
    onTrace: (text) => traces.push(text),
    onException: (exception) => exceptions.push(exception),
    ...options.process,
  });
  async function stop(): Promise<void> {
    const stopped = device.stop();
    await clock.advanceAsync(6_000);
    await stopped;
  }
  return { clock, board, network, broker, device, traces, exceptions, stop };
}
