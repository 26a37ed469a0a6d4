import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { acknowledgementVectors } from "./acknowledgement";
import { connectVectors } from "./connect";
import type { ConnectValue, PacketValue } from "./packet";
import { publishVectors } from "./publish";
import { toClientVectors } from "./to-client";
import { toServerVectors } from "./to-server";

/*
 * The rows against a codec that nobody here wrote: were a row wrong, and the writer and the reader wrong with it,
 * mqtt-packet would say so.
 */
const vectors = [
  ...connectVectors,
  ...publishVectors,
  ...acknowledgementVectors,
  ...toServerVectors,
  ...toClientVectors,
];

describe("mqtt-packet", () => {
  for (const { title, packet, bytes } of vectors) {
    it(`writes the same bytes for ${title}`, () => {
      expect(generate(theirPacket(packet)).equals(Buffer.from(bytes))).toBe(true);
    });

    it(`reads the same values from ${title}`, () => {
      const packets: Packet[] = [];
      const theirs = parser({ protocolVersion: 4 });
      theirs.on("packet", (found) => packets.push(found));
      theirs.on("error", (error) => expect.unreachable(String(error)));
      theirs.parse(Buffer.from(bytes));
      expect(packets).toHaveLength(1);
      expect(packets[0]).toMatchObject(theirPacket(packet));
    });
  }
});

const COMMANDS = ["", "", "connack", "", "puback", "pubrec", "pubrel", "pubcomp", "", "", "", "unsuback"];
const BARE_COMMANDS = ["pingreq", "pingresp", "disconnect"];

function theirPacket(packet: PacketValue): Packet {
  switch (packet.type) {
    case 1:
      return theirConnect(packet);
    case 2:
      return { cmd: "connack", sessionPresent: packet.sessionPresent, returnCode: packet.returnCode };
    case 3:
      return {
        cmd: "publish",
        qos: packet.QoS as 0 | 1 | 2,
        retain: packet.retain,
        dup: packet.duplicate,
        topic: packet.topic,
        payload: Buffer.from(packet.payload),
        ...(packet.QoS > 0 ? { messageId: packet.packetIdentifier } : {}),
      };
    case 8: {
      const subscriptions = packet.items.map(({ topic, QoS }) => ({ topic, qos: QoS as 0 | 1 | 2 }));
      return { cmd: "subscribe", messageId: packet.packetIdentifier, subscriptions };
    }
    case 9:
      return { cmd: "suback", messageId: packet.packetIdentifier, granted: packet.returnCodes };
    case 10:
      return { cmd: "unsubscribe", messageId: packet.packetIdentifier, unsubscriptions: packet.topics };
    case 12:
    case 13:
    case 14:
      return { cmd: BARE_COMMANDS[packet.type - 12] } as Packet;
    default:
      return { cmd: COMMANDS[packet.type], messageId: packet.packetIdentifier } as Packet;
  }
}

function theirConnect({ id, clean, keepAlive, user, password, will }: ConnectValue): Packet {
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId: id,
    clean,
    keepalive: keepAlive,
    ...(user === undefined ? {} : { username: user }),
    ...(password ? { password: Buffer.from(password) } : {}),
    ...(will
      ? {
          will: {
            topic: will.topic,
            payload: Buffer.from(will.message),
            qos: will.QoS as 0 | 1 | 2,
            retain: will.retain,
          },
        }
      : {}),
  };
}
