import mqtt, { type MqttClient } from "mqtt";
import { type BenchClient, Countdown, inBursts, PAYLOAD, PUBLISH_TOPIC, type QoS } from "./bench-client";

/** MQTT.js with its defaults. */
export class MqttJsClient implements BenchClient {
  readonly name = "MQTT.js";
  readonly #client: MqttClient;
  readonly #acknowledged = new Countdown();
  readonly #received = new Countdown();
  /** At QoS 0 called when written, else when acknowledged. */
  readonly #count = (error?: Error) => {
    if (error) throw error;
    this.#acknowledged.count();
  };

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("message", () => {
      this.#received.count();
    });
  }

  static async connect(port: number): Promise<MqttJsClient> {
    const client = await mqtt.connectAsync({
      host: "127.0.0.1",
      port,
      clientId: "bench-mqtt-js",
      protocolVersion: 4,
      reconnectPeriod: 0,
    });
    return new MqttJsClient(client);
  }

  async publish(count: number, QoS: QoS): Promise<void> {
    const options = { qos: QoS };
    await inBursts(count, (now, done) => {
      this.#acknowledged.start(now, done);
      for (let index = 0; index < now; index++)
        this.#client.publish(PUBLISH_TOPIC, PAYLOAD, options, this.#count);
    });
    if (QoS === 0) await this.publish(1, 1);
  }

  async subscribe(topic: string): Promise<void> {
    await this.#client.subscribeAsync(topic, { qos: 1 });
  }

  received(count: number): Promise<void> {
    return this.#received.wait(count);
  }

  close(): void {
    this.#client.end(true);
  }
}
