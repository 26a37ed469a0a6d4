import { type BrokerProcess, processorTime, residentBytes } from "./broker-process";
import { LoadClient } from "./load";

export interface BrokerRow {
  readonly name: string;
  /** Memory of the broker with nobody connected, bytes. */
  readonly base: number;
  /** More of it for each idle client with a subscription of its own, bytes. */
  readonly client: number;
  /** Messages a second at QoS 1 from 100 clients to one subscriber at QoS 1, each client waiting for PUBACK. */
  readonly rate: number;
  /** CPU time of the broker for such a message, microseconds. */
  readonly work?: number | undefined;
}

export interface Scale {
  /** Clients that do nothing. */
  readonly idle: number;
  /** Clients that publish at the same time. */
  readonly busy: number;
  /** Messages of each. */
  readonly messages: number;
}

export async function measureBroker(
  broker: BrokerProcess,
  { idle, busy, messages }: Scale,
): Promise<BrokerRow> {
  const { name, port, processId } = broker;
  const base = residentBytes(processId);
  const clients: LoadClient[] = [];
  for (let index = 0; index < idle; index++) {
    const client = await LoadClient.connect(port, `idle-${index}`);
    await client.subscribe(`home/device-${index}/light/set`);
    clients.push(client);
  }
  const client = (residentBytes(processId) - base) / idle;
  const { seconds, work } = await flood(port, processId, busy, messages);
  for (const each of clients) each.close();
  const count = busy * messages;
  return {
    name,
    base,
    client,
    rate: count / seconds,
    work: work === undefined ? undefined : (work * 1000) / count,
  };
}

async function flood(
  port: number,
  processId: number,
  busy: number,
  messages: number,
): Promise<{ seconds: number; work: number | undefined }> {
  let received = 0;
  let complete: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    complete = resolve;
  });
  const subscriber = await LoadClient.connect(port, "subscriber", () => {
    if (++received === busy * messages) complete();
  });
  await subscriber.subscribe("home/+/temp");
  const publishers = await Promise.all(
    Array.from({ length: busy }, (_, index) => LoadClient.connect(port, `busy-${index}`)),
  );
  const start = performance.now();
  const before = processorTime(processId);
  await Promise.all(
    publishers.map(async (publisher, index) => {
      for (let message = 0; message < messages; message++)
        await publisher.publish(`home/device-${index}/temp`, "21.57");
    }),
  );
  await all;
  const after = processorTime(processId);
  for (const publisher of [...publishers, subscriber]) publisher.close();
  return {
    seconds: (performance.now() - start) / 1000,
    work: before === undefined || after === undefined ? undefined : after - before,
  };
}
