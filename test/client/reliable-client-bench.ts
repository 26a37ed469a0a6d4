import ReliableClient, { type ReliableClientOptions } from "../../device/client/reliable-client";
import type { MQTTError } from "../../device/mqtt/mqtt-error";
import { type BrokerOptions, ScriptedBroker } from "../support/scripted-broker";
import { clock } from "../support/timer";

/** A ReliableClient at a scripted broker, with everything that its callbacks were told. */
export class ReliableBench {
  readonly broker: ScriptedBroker;
  readonly client: ReliableClient;
  /** "connect false", "disconnect 103", "error 102". */
  readonly events: string[] = [];
  readonly errors: MQTTError[] = [];
  /** "topic payload QoS retain". */
  readonly messages: string[] = [];
  readonly delivered: number[] = [];
  /** Token and code. */
  readonly dropped: [number, number][] = [];

  constructor(options: Partial<ReliableClientOptions> = {}, broker: Partial<BrokerOptions> = {}) {
    this.broker = new ScriptedBroker({ clock, ...broker });
    this.client = new ReliableClient({
      host: "broker.local",
      id: "client-1",
      dns: this.broker.dns,
      socket: this.broker.socket,
      random: () => 0,
      onConnect: (sessionPresent) => void this.events.push(`connect ${sessionPresent}`),
      onDisconnect: (error) => void this.events.push(`disconnect ${error?.code}`),
      onError: (error) => {
        this.events.push(`error ${error.code}`);
        this.errors.push(error);
      },
      onMessage: (topic, payload, QoS, retain) =>
        void this.messages.push(`${topic} ${Buffer.from(payload)} ${QoS} ${retain}`),
      onDelivered: (token) => void this.delivered.push(token),
      onDropped: (token, _topic, reason) => void this.dropped.push([token, reason.code]),
      ...options,
    });
  }

  connect(): this {
    clock.advance(20);
    return this;
  }

  /** Resets the connection, and runs until the client has noticed. */
  cut(): this {
    this.broker.connection.peer.reset();
    clock.advance(10);
    return this;
  }

  /** Runs until the client has connected again; with random 0 its first delays are 500 ms. */
  reconnect(): this {
    const { length } = this.broker.connections;
    for (let waited = 0; waited < 120_000 && this.broker.connections.length === length; waited += 50)
      clock.advance(50);
    clock.advance(30);
    return this;
  }

  /** PUBLISH and PUBREL packets of each connection, in order. */
  sent(index: number = this.broker.connections.length - 1): string[] {
    return (this.broker.connections[index]?.log ?? []).filter(
      (line) => line.startsWith("publish") || line.startsWith("pubrel"),
    );
  }

  end(): void {
    this.client.close();
    this.broker.network.restore();
    this.broker.network.close();
    clock.advance(20);
  }
}
