import { generate, type IConnackPacket, type Packet, parser } from "mqtt-packet";
import { hostRealm } from "../../../host-sim/board/realm";
import { createResolver } from "../../../host-sim/network/dns";
import { Link, type Peer } from "../../../host-sim/network/link";
import { NetworkInterface } from "../../../host-sim/network/network-interface";
import { createTCP } from "../../../host-sim/network/tcp";
import { clock } from "../../support/timer";

export type Command = Packet["cmd"];
export type PacketOf<C extends Command> = Extract<Packet, { cmd: C }>;

/** What a script says of a packet: `true` or a packet of its own instead of the broker's answer. */
export type Script = (packet: Packet, connection: Connection) => boolean | undefined;

/** One connection as the broker sees it, in MQTT 5.0 or, when the client asks for that, in 3.1.1. */
export class Connection {
  readonly packets: Packet[] = [];
  readonly peer: Peer;
  protocolVersion = 5;

  constructor(peer: Peer, onPacket: (packet: Packet, connection: Connection) => void) {
    this.peer = peer;
    const decoder = parser({ protocolVersion: 5 });
    decoder.on("packet", (packet) => {
      if (packet.cmd === "connect") this.protocolVersion = packet.protocolVersion ?? 5;
      this.packets.push(packet);
      onPacket(packet, this);
    });
    decoder.on("error", (error) => {
      throw error;
    });
    peer.onData = (bytes) => decoder.parse(Buffer.from(bytes));
  }

  all<C extends Command>(command: C): PacketOf<C>[] {
    return this.packets.filter((packet): packet is PacketOf<C> => packet.cmd === command);
  }

  /** The newest packet of one command. */
  last<C extends Command>(command: C): PacketOf<C> {
    const newest = this.all(command).at(-1);
    if (!newest) throw new Error(`no ${command} among ${this.log.join(", ")}`);
    return newest;
  }

  /** "publish 1 dup topic payload", "pubrel 1", "disconnect 130", ... */
  get log(): string[] {
    return this.packets.map(describe);
  }

  /** Sends and lets the answers come back. */
  send(packet: Packet): void {
    this.peer.send(generate(packet, { protocolVersion: this.protocolVersion }));
    clock.advance(10);
  }

  /** Bytes, as hexadecimal digits. */
  sendBytes(hexadecimal: string): void {
    this.peer.send(Buffer.from(hexadecimal.replaceAll(" ", ""), "hex"));
    clock.advance(10);
  }

  publish(topic: string, payload: string, options: Partial<PacketOf<"publish">> = {}): void {
    const packet = { cmd: "publish", topic, payload, qos: 0, retain: false, dup: false, ...options };
    this.send(packet as Packet);
  }

  get isClosed(): boolean {
    return this.peer.finished || this.peer.wasReset;
  }
}

function describe(packet: Packet): string {
  const { reasonCode } = packet as { reasonCode?: number };
  const id = packet.messageId === undefined ? "" : ` ${packet.messageId}`;
  if (packet.cmd !== "publish") return packet.cmd + id + (reasonCode ? ` 0x${reasonCode.toString(16)}` : "");
  const payload = packet.payload.length > 32 ? `${packet.payload.length} bytes` : String(packet.payload);
  return `publish${id}${packet.dup ? " dup" : ""} ${packet.topic} ${payload}`;
}

/** A broker of MQTT 5.0 played by a test: answers as a broker must, unless the script says otherwise. */
export class Version5Broker {
  readonly link: Link = new Link({ clock, latency: 1 });
  readonly network: NetworkInterface = new NetworkInterface({ clock, network: this.link });
  readonly connections: Connection[] = [];
  readonly dns: Record<string, unknown>;
  readonly socket: Record<string, unknown>;
  /** What CONNECT is answered with. */
  connack: Partial<IConnackPacket> = {};
  readonly unanswered: Set<Command> = new Set();
  script: Script | undefined;

  constructor(sendBufferByteLength?: number) {
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
      this.connections.push(new Connection(peer, (packet, from) => this.#answer(packet, from)));
    });
  }

  /** Refuses connections and resets those that there are. */
  stop(): void {
    this.link.refuse(1883);
    for (const { peer } of this.connections) if (peer.open) peer.reset();
  }

  get connection(): Connection {
    const newest = this.connections.at(-1);
    if (!newest) throw new Error("nobody has connected");
    return newest;
  }

  #answer(packet: Packet, from: Connection): void {
    if (this.script?.(packet, from) || this.unanswered.has(packet.cmd)) return;
    const { messageId } = packet;
    const send = (answer: object): void => {
      const { protocolVersion } = from;
      from.peer.send(generate(answer as Packet, { protocolVersion }));
    };
    switch (packet.cmd) {
      case "connect":
        send({ cmd: "connack", sessionPresent: false, reasonCode: 0, returnCode: 0, ...this.connack });
        break;
      case "publish":
        if (packet.qos > 0) send({ cmd: packet.qos === 1 ? "puback" : "pubrec", messageId, reasonCode: 0 });
        break;
      case "pubrec":
        if ((packet.reasonCode ?? 0) < 0x80) send({ cmd: "pubrel", messageId, reasonCode: 0 });
        break;
      case "pubrel":
        send({ cmd: "pubcomp", messageId, reasonCode: 0 });
        break;
      case "subscribe":
        send({ cmd: "suback", messageId, granted: packet.subscriptions.map(({ qos }) => qos) });
        break;
      case "unsubscribe":
        send({ cmd: "unsuback", messageId, granted: packet.unsubscriptions.map(() => 0) });
        break;
      case "pingreq":
        send({ cmd: "pingresp" });
        break;
      case "disconnect":
        from.peer.finish();
    }
  }
}
