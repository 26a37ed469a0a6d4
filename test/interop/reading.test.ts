import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../device/client/mqtt-client";
import { hostRealm } from "../../host-sim/board/realm";
import { RealClock } from "../../host-sim/clock/real-clock";
import { Watcher } from "../../host-sim/home/observer/watcher";
import { type ObservedPacket, WireObserver } from "../../host-sim/home/observer/wire-observer";
import { createResolver } from "../../host-sim/network/dns";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { NodeNetwork } from "../../host-sim/network/node-wire";
import { createTCP } from "../../host-sim/network/tcp";
import { brokers, type TestBroker } from "../support/brokers";

describe.each(brokers)("a reading at QoS 0 on $name", ({ installed, start }) => {
  let broker: TestBroker | undefined;
  let watcher: Watcher | undefined;
  let clock: RealClock;
  afterEach(async () => {
    await watcher?.stop();
    await broker?.stop();
    clock?.close();
  });

  test.skipIf(!installed)("is 2 + 2 + 9 + payload bytes in one TCP write, and arrives", async () => {
    broker = await start();
    clock = new RealClock();
    const { address } = broker;
    const received = new Promise<[string, string]>((resolve) => {
      watcher = new Watcher({
        broker: address,
        id: "watcher",
        onMessage: ({ topic, payload }) => {
          resolve([topic, Buffer.from(payload).toString()]);
          return true;
        },
      });
    });
    await watcher?.start();

    const packets: ObservedPacket[] = [];
    const network = new NetworkInterface({ clock, network: new NodeNetwork() });
    const observer = new WireObserver({ device: "reading", onPacket: (packet) => packets.push(packet) });
    observer.attach(network);
    const environment = { network, clock, realm: hostRealm };
    const client = await new Promise<MQTTClient>((resolve, reject) => {
      const connecting: MQTTClient = new MQTTClient({
        host: address.host,
        port: address.port,
        id: "reading",
        dns: { io: createResolver(environment), servers: [], socket: { io: undefined } },
        socket: { io: createTCP(environment) },
        // Two parameters: a function with one would be given the message alone.
        onControl(opcode: number, _message: unknown) {
          if (opcode === MQTTClient.CONNACK) resolve(connecting);
        },
        onError: reject,
      });
    });
    client.write(new TextEncoder().encode("21.5"), { topic: "home/temp" });

    expect(await received).toEqual(["home/temp", "21.5"]);
    client.close();
    const [, reading] = packets;
    expect(packets.map(({ packet }) => packet.cmd)).toEqual(["connect", "publish"]);
    expect(reading).toMatchObject({ byteLength: 2 + 2 + 9 + "21.5".length, writes: 1, shared: false });
    expect([observer.writes, observer.packets]).toEqual([2, 2]);
  });
});
