import { generate } from "mqtt-packet";
import { createRandom } from "../../../host-sim/board/random";
import type { Stream } from "./decode";

/** PUBLISH packets at QoS 1, as the peers' own encoder writes them: `count` of them, topics in turn. */
export function publishPackets(
  count: number,
  payloadByteLength: number,
  QoS: 0 | 1,
  topics: readonly string[],
): Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    generate({
      cmd: "publish",
      topic: topics[index % topics.length]!,
      payload: Buffer.alloc(payloadByteLength, 0x30 + (index % 10)),
      qos: QoS,
      messageId: 1 + (index % 0xffff),
      retain: false,
      dup: false,
    }),
  );
}

/**
 * Cuts the packets, one after another, into chunks of 1 to `maximum` bytes; the same ones in every run.
 * @param targetByteLength - see Stream; default one payload
 */
export function streamOf(
  packets: readonly Buffer[],
  payloadByteLength: number,
  maximum: number,
  targetByteLength: number = payloadByteLength,
): Stream {
  const random = createRandom(20_261_123);
  const bytes = Buffer.concat(packets);
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const length = 1 + Math.floor(random() * maximum);
    // A Buffer of its own, as the socket makes one.
    chunks.push(Buffer.from(bytes.subarray(start, start + length)));
    start += length;
  }
  return {
    chunks,
    packets: packets.length,
    payloadByteLength: packets.length * payloadByteLength,
    targetByteLength,
  };
}
