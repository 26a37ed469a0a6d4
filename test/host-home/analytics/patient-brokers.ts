import { brokers, type TestBroker } from "../../support/brokers";
import { Mosquitto } from "../../support/mosquitto";

/** Brokers that keep what comes while a subscriber is away: mosquitto would drop all but 1,000 messages. */
export const patientBrokers: readonly {
  readonly name: string;
  readonly installed: boolean;
  /** Whether it resends each message once, and says that it does. */
  readonly marksDuplicates: boolean;
  start(): Promise<Pick<TestBroker, "address" | "url" | "stop">>;
}[] = brokers.map(({ name, installed, start }) => ({
  name,
  installed,
  marksDuplicates: name === "mosquitto",
  start: name === "mosquitto" ? startMosquitto : start,
}));

async function startMosquitto(): Promise<Pick<TestBroker, "address" | "url" | "stop">> {
  const broker = await Mosquitto.start({ configuration: "max_queued_messages 0" });
  const { host, port, url } = broker;
  return { address: { host, port }, url, stop: () => broker.stop() };
}
