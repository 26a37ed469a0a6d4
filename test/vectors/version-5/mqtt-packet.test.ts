import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { PacketReader } from "../../../device/mqtt/version-5/packet-reader";
import { acknowledgementVectors } from "./acknowledgement";
import { connectVectors } from "./connect";
import { theirPacket } from "./mqtt-packet";
import type { Vector } from "./packet";
import { aliasOnlyVector, publishVectors } from "./publish";
import { byIdentifier, readPackets } from "./read-packets";
import { toClientVectors } from "./to-client";
import { toServerVectors } from "./to-server";

/*
 * The rows against a codec that nobody here wrote: were a row wrong, and the writer and the reader wrong with it,
 * mqtt-packet would say so.
 */
const toServer: readonly Vector[] = [
  ...connectVectors,
  ...publishVectors,
  aliasOnlyVector,
  ...acknowledgementVectors,
  ...toServerVectors,
];
const toClient: readonly Vector[] = [...publishVectors, ...acknowledgementVectors, ...toClientVectors];

/** What it writes otherwise: User Properties by name, a form that is not the shortest; or not at all, as if it were 3.1.1. */
const OTHERWISE: readonly string[] = [
  "a retained duplicate at QoS 2 with every property of a message, User Properties in their order",
  "a PUBACK with a Reason Code and no Property Length",
  "a PUBACK with Reason Code 0 and Property Length 0, both of which could be left out",
  "a PUBREL for an identifier that is not known",
  "a normal DISCONNECT, without Reason Code",
  "a DISCONNECT without Reason Code",
  "a DISCONNECT without Property Length",
  "a DISCONNECT that asks for the will, without Property Length",
  "a CONNECT with an empty Client Identifier that does not start clean, which 3.1.1 forbids",
  "a CONNECT with a password and no user name, which 3.1.1 forbids",
];

function parse(bytes: Iterable<number>): Packet {
  const packets: Packet[] = [];
  const theirs = parser({ protocolVersion: 5 });
  theirs.on("packet", (found) => packets.push(found));
  theirs.on("error", (error) => expect.unreachable(String(error)));
  theirs.parse(Buffer.from([...bytes]));
  expect(packets).toHaveLength(1);
  return packets[0] as Packet;
}

describe("mqtt-packet", () => {
  for (const { title, packet, bytes } of new Set([...toServer, ...toClient])) {
    if (!OTHERWISE.includes(title))
      it(`writes the same bytes for ${title}`, () => {
        expect([...generate(theirPacket(packet), { protocolVersion: 5 })]).toEqual(bytes);
      });

    it(`reads the same values from ${title}`, () => {
      expect(parse(bytes)).toMatchObject(theirPacket(packet));
    });
  }

  for (const { title, packet } of toClient)
    it(`writes what our reader reads, for ${title}`, () => {
      const theirs = generate(theirPacket(packet), { protocolVersion: 5 });
      const [value] = readPackets(new PacketReader({ topicAliasMaximum: 10 }), theirs, [3]);
      if (OTHERWISE[0] !== title) expect(value).toEqual(byIdentifier(packet));
      else expect(value).toMatchObject({ type: 3, packetIdentifier: 10, payload: [0x00, 0xff] });
    });
});
