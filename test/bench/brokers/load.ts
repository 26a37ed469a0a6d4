import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";

/** A client of a few lines, so that a thousand of them cost the measuring process next to nothing. */
export class LoadClient {
  readonly #socket: Socket;
  readonly #onPublish: () => void;
  #acknowledged: (() => void) | undefined;
  #waiting = new Map<string, () => void>();
  #identifier = 0;

  private constructor(socket: Socket, onPublish: () => void) {
    this.#socket = socket;
    this.#onPublish = onPublish;
    const reader = parser({ protocolVersion: 4 });
    reader.on("packet", (packet: Packet) => this.#take(packet));
    socket.on("data", (data) => reader.parse(data));
  }

  static async connect(port: number, id: string, onPublish: () => void = () => {}): Promise<LoadClient> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    const client = new LoadClient(socket, onPublish);
    const accepted = client.#next("connack");
    socket.write(
      generate({
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clean: true,
        clientId: id,
        keepalive: 0,
      }),
    );
    await accepted;
    return client;
  }

  async subscribe(topic: string): Promise<void> {
    const accepted = this.#next("suback");
    this.#socket.write(generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 1 }] }));
    await accepted;
  }

  /** QoS 1; resolves with PUBACK. */
  publish(topic: string, payload: string): Promise<void> {
    this.#identifier = (this.#identifier % 65_535) + 1;
    const packet = {
      cmd: "publish",
      topic,
      payload,
      qos: 1,
      messageId: this.#identifier,
      dup: false,
      retain: false,
    } as const;
    return new Promise((resolve) => {
      this.#acknowledged = resolve;
      this.#socket.write(generate(packet));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #next(command: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(command, resolve));
  }

  #take(packet: Packet): void {
    if (packet.cmd === "puback") this.#acknowledged?.();
    else if (packet.cmd === "publish") {
      this.#socket.write(generate({ cmd: "puback", messageId: packet.messageId! }));
      this.#onPublish();
    } else {
      this.#waiting.get(packet.cmd)?.();
      this.#waiting.delete(packet.cmd);
    }
  }
}
