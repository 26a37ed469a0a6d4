import { generate, type IConnackPacket, type Packet, parser } from "mqtt-packet";
import { hostRealm } from "../../host-sim/board/realm";
import type { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { createResolver } from "../../host-sim/network/dns";
import { Link, type Peer } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { createTCP } from "../../host-sim/network/tcp";

export type Command = Packet["cmd"];
/** A packet of one command. */
export type PacketOf<C extends Command> = Extract<Packet, { cmd: C }>;

/** One connection as the broker sees it. Reads and writes with `mqtt-packet`, which nobody here wrote. */
export class BrokerConnection {
  readonly packets: Packet[] = [];
  readonly peer: Peer;

  constructor(peer: Peer, onPacket: (packet: Packet, connection: BrokerConnection) => void) {
    this.peer = peer;
    const decoder = parser({ protocolVersion: 4 });
    decoder.on("packet", (packet) => {
      this.packets.push(packet);
      onPacket(packet, this);
    });
    decoder.on("error", (error) => {
      throw error;
    });
    peer.onData = (bytes) => decoder.parse(Buffer.from(bytes));
  }

  /** All packets of one command received so far. */
  all<C extends Command>(command: C): PacketOf<C>[] {
    return this.packets.filter((packet): packet is PacketOf<C> => packet.cmd === command);
  }

  /** Names of all packets received so far; PUBLISH with its payload, identifiers where there are. */
  get log(): string[] {
    return this.packets.map(describePacket);
  }

  send(packet: Packet): void {
    this.peer.send(generate(packet));
  }

  publish(topic: string, payload: string | Uint8Array, options: Partial<PacketOf<"publish">> = {}): void {
    const { qos = 0, retain = false, dup = false, messageId } = options;
    const packet: PacketOf<"publish"> = {
      cmd: "publish",
      topic,
      payload: Buffer.from(payload as Uint8Array),
      qos,
      retain,
      dup,
    };
    this.send(messageId === undefined ? packet : { ...packet, messageId });
  }
}

function describePacket(packet: Packet): string {
  const id = packet.messageId === undefined ? "" : ` ${packet.messageId}`;
  if (packet.cmd !== "publish") return packet.cmd + id;
  const payload = packet.payload.length > 32 ? `${packet.payload.length} bytes` : String(packet.payload);
  return `publish${id}${packet.dup ? " dup" : ""} ${packet.topic} ${payload}`;
}

export interface BrokerOptions {
  clock: VirtualClock;
  /** One-way delay, ms; default 1. */
  latency?: number;
  sendBufferByteLength?: number;
}

/** A broker played by a test over an in-memory network: answers as a broker must, unless the script says otherwise. */
export class ScriptedBroker {
  readonly link: Link;
  readonly network: NetworkInterface;
  readonly connections: BrokerConnection[] = [];
  readonly dns: Record<string, unknown>;
  readonly socket: Record<string, unknown>;
  /** What the next CONNECT is answered with. */
  sessionPresent = false;
  returnCode = 0;
  /** Commands that are not answered. */
  readonly unanswered: Set<Command> = new Set();
  /** Called before the broker answers; true: it shall not. */
  onPacket: ((packet: Packet, connection: BrokerConnection) => boolean | undefined) | undefined;

  constructor(options: BrokerOptions) {
    const { clock, latency = 1, sendBufferByteLength } = options;
    this.link = new Link({ clock, latency });
    this.network = new NetworkInterface({ clock, network: this.link });
    const environment = { network: this.network, clock, realm: hostRealm };
    const TCP = createTCP(
      sendBufferByteLength === undefined ? environment : { ...environment, sendBufferByteLength },
    );
    this.dns = { io: createResolver(environment), servers: ["1.1.1.1"], socket: { io: Object } };
    this.socket = { io: TCP };
    this.link.addHost("broker.local", "10.0.0.1");
    this.start();
  }

  start(): void {
    this.link.listen(1883, (peer) => {
      this.connections.push(new BrokerConnection(peer, (packet, from) => this.#answer(packet, from)));
    });
  }

  /** Refuses connections and resets those that there are. */
  stop(): void {
    this.link.refuse(1883);
    for (const { peer } of this.connections) if (peer.open) peer.reset();
  }

  /** The newest connection. */
  get connection(): BrokerConnection {
    const newest = this.connections.at(-1);
    if (!newest) throw new Error("nobody has connected");
    return newest;
  }

  #answer(packet: Packet, from: BrokerConnection): void {
    if (this.onPacket?.(packet, from) || this.unanswered.has(packet.cmd)) return;
    const { messageId } = packet;
    const reply = (cmd: "puback" | "pubrec" | "pubrel" | "pubcomp" | "unsuback"): void =>
      from.send({ cmd, messageId } as Packet);
    switch (packet.cmd) {
      case "connect": {
        const { sessionPresent, returnCode } = this;
        from.send({ cmd: "connack", sessionPresent, returnCode } as IConnackPacket);
        break;
      }
      case "publish":
        if (packet.qos === 1) reply("puback");
        else if (packet.qos === 2) reply("pubrec");
        break;
      case "pubrec":
        reply("pubrel");
        break;
      case "pubrel":
        reply("pubcomp");
        break;
      case "subscribe": {
        const granted = packet.subscriptions.map(({ qos }) => qos);
        from.send({ cmd: "suback", messageId, granted } as Packet);
        break;
      }
      case "unsubscribe":
        reply("unsuback");
        break;
      case "pingreq":
        from.send({ cmd: "pingresp" });
        break;
      case "disconnect":
        from.peer.finish();
    }
  }
}
