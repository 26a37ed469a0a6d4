import { PUBLISH } from "./control-packet";
import { FIXED_HEADER, MESSAGE, PACKET, PacketReader, PUBLISH_HEADER } from "./packet-reader";

/**
 * Most packets come whole and leave nothing to keep: acknowledgements, and PUBLISH with the topic of the one before. They are read
 * at once; all others, those with a fault, over a limit, or with a Remaining Length of several bytes go the reader's own way.
 */
export class WholePacketReader extends PacketReader {
  override feed(bytes: Uint8Array, start: number, end: number): number {
    if (this.state === FIXED_HEADER && end - start > 3) {
      const first = bytes[start]!;
      const next =
        first >> 4 === PUBLISH
          ? readKnownTopic(this, bytes, start, end)
          : readAcknowledgement(this, bytes, start, first);
      if (next > 0) return next;
    }
    return super.feed(bytes, start, end);
  }
}

// Both return the index after what `event` tells; 0: nothing is read yet.

function readAcknowledgement(reader: PacketReader, bytes: Uint8Array, start: number, first: number): number {
  if (bytes[start + 1] !== 2 || (first !== 0x40 && first !== 0x50 && first !== 0x62 && first !== 0x70))
    return 0;
  reader.packetIdentifier = (bytes[start + 2]! << 8) | bytes[start + 3]!;
  if (reader.packetIdentifier === 0) return 0;
  reader.first = first;
  reader.remainingLength = 2;
  reader.lengthByteLength = 1;
  reader.event = PACKET;
  return start + 4;
}

function readKnownTopic(reader: PacketReader, bytes: Uint8Array, start: number, end: number): number {
  const { scratch, knownByteLength } = reader;
  let place = start + 4 + knownByteLength;
  if (
    knownByteLength === 0 ||
    place + 2 > end ||
    bytes[start + 3] !== knownByteLength ||
    bytes[start + 2] !== 0
  )
    return 0;
  // Backwards: topics of one home differ at the end.
  let index = knownByteLength + 2;
  do if (scratch[--index] !== bytes[--place]) return 0;
  while (index > 2);
  const first = bytes[start]!;
  const remainingLength = bytes[start + 1]!;
  let unread = remainingLength - 2 - knownByteLength;
  place += knownByteLength;
  if (first > 0x31) {
    if ((first & 6) === 6 || (first & 14) === 8) return 0;
    reader.packetIdentifier = (bytes[place]! << 8) | bytes[place + 1]!;
    if (reader.packetIdentifier === 0) return 0;
    unread -= 2;
    place += 2;
  } else reader.packetIdentifier = 0;
  if (unread <= 0 || remainingLength > 0x7f || remainingLength + 2 > reader.maximumPacketByteLength) return 0;
  reader.first = first;
  reader.remainingLength = remainingLength;
  reader.lengthByteLength = 1;
  reader.topicByteLength = knownByteLength;
  reader.event = PUBLISH_HEADER;
  reader.state = MESSAGE;
  reader.unread = unread;
  reader.position = 0;
  reader.goal = unread;
  return place;
}
