import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { connectAsync, type IPublishPacket } from "mqtt";
import { afterEach, expect, test } from "vitest";
import { EmbeddedBroker } from "../../../host-sim/home/broker/broker";
import { formatBrokerAddress } from "../../../host-sim/home/broker/broker-address";
import { UsageError } from "../../../host-sim/home/usage-error";

const running: EmbeddedBroker[] = [];
afterEach(async () => {
  for (const broker of running.splice(0)) await broker.stop();
});

async function start(options: ConstructorParameters<typeof EmbeddedBroker>[0]): Promise<EmbeddedBroker> {
  const broker = new EmbeddedBroker(options);
  running.push(broker);
  await broker.start();
  return broker;
}

test("a message goes from TCP to WebSocket, at QoS 2 and retained", async () => {
  const broker = await start({ port: 0 });
  const phone = await connectAsync(broker.webSocketURL);
  await phone.subscribeAsync("home/#", { qos: 2 });
  const message = new Promise<[string, Buffer, IPublishPacket]>((resolve) => {
    phone.once("message", (...received) => resolve(received));
  });
  const device = await connectAsync(formatBrokerAddress(broker.address));
  await device.publishAsync("home/temp", "21.5", { qos: 2, retain: true });
  const [topic, payload, packet] = await message;
  expect([topic, String(payload), packet.qos, packet.retain]).toEqual(["home/temp", "21.5", 2, false]);
  await phone.endAsync();
  await device.endAsync();
});

test("a busy port is named in one line", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const error = await start({ port }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toMatch(new RegExp(`^port ${port} on 127.0.0.1 is in use: .*--port N`));
  const webSocketError = await start({ port: 0, webSocketPort: port }).catch((caught: unknown) => caught);
  expect((webSocketError as Error).message).toContain("--websocket-port N");
  other.close();
});

test("stopping ends every connection and frees the port", async () => {
  const broker = await start({ port: 0 });
  const { port } = broker.address;
  const device = await connectAsync({ port, host: "127.0.0.1", reconnectPeriod: 0 });
  const phone = await connectAsync(broker.webSocketURL, { reconnectPeriod: 0 });
  const closed = [device, phone].map(
    (client) => new Promise<void>((resolve) => client.once("close", resolve)),
  );
  await broker.stop();
  await Promise.all(closed);
  const next = await start({ port });
  expect(next.address.port).toBe(port);
});

test("a broker that is not running has no address", async () => {
  const broker = await start({ port: 0 });
  await broker.stop();
  expect(() => broker.address).toThrow("not running");
});
