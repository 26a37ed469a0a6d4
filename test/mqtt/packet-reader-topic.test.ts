import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FAILED, NEED_BYTES, PacketReader, PUBLISH_HEADER, SKIPPED } from "../../device/mqtt/packet-reader";

/** A PUBLISH at QoS 1 without payload. */
function publish(topic: string, packetIdentifier: number = 7): number[] {
  const bytes = [...new TextEncoder().encode(topic)];
  const identifier = [packetIdentifier >> 8, packetIdentifier & 0xff];
  return [0x32, 4 + bytes.length, 0, bytes.length, ...bytes, ...identifier];
}

/** SUBACK with `count` return codes: they stand in the reader where topics do. */
function subscribed(count: number): number[] {
  return [0x90, 2 + count, 0, 9, ...new Array(count).fill(1)];
}

/** The topic of each PUBLISH, asked for at once. */
function topics(reader: PacketReader, bytes: readonly number[], piece = 1_000): string[] {
  const stream = Uint8Array.from(bytes);
  const found: string[] = [];
  for (let start = 0; start < stream.length; ) {
    start = reader.feed(stream, start, Math.min(start + piece, stream.length));
    if (reader.event === PUBLISH_HEADER) found.push(reader.topic);
    if (reader.event === FAILED) throw new Error(reader.detail);
  }
  return found;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the topic of one PUBLISH after another", () => {
  it("is decoded once as long as it stays the same, whatever comes between, and again when it changes", () => {
    const decode = vi.spyOn(String, "fromArrayBuffer");
    const reader = new PacketReader();
    const same = [...publish("home/temp"), 0xd0, 0, 0x40, 2, 0, 1, ...publish("home/temp", 0x0807)];
    expect(topics(reader, [...same, ...same])).toEqual(new Array(4).fill("home/temp"));
    expect(reader.topic).toBe("home/temp");
    expect(decode).toHaveBeenCalledTimes(1);
    expect(topics(reader, [...publish("home/tent"), ...publish("home/temp")])).toEqual([
      "home/tent",
      "home/temp",
    ]);
    expect(decode).toHaveBeenCalledTimes(3);
  });

  it("is not decoded when nobody asks", () => {
    const decode = vi.spyOn(String, "fromArrayBuffer");
    const reader = new PacketReader();
    reader.feed(Uint8Array.from(publish("a/b")), 0, 9);
    expect(reader.event).toBe(PUBLISH_HEADER);
    expect(decode).not.toHaveBeenCalled();
  });

  it.each([
    ["at its first character", "a/b", "c/b"],
    ["at its last", "a/b", "a/c"],
    ["to a shorter one", "a/b", "a"],
    ["to a longer one", "a", "a/b"],
    ["from another that has two bytes where it has two characters", "aé", "abc"],
  ])("is noticed to change %s", (_how, first, second) => {
    for (const piece of [1, 3, 1_000]) {
      const bytes = [first, second, second, first].flatMap((topic) => publish(topic));
      expect(topics(new PacketReader(), bytes, piece)).toEqual([first, second, second, first]);
    }
  });

  it("is read anew after a SUBACK went over its place", () => {
    const bytes = [...publish("a/b"), ...subscribed(4), ...publish("a/b")];
    expect(topics(new PacketReader(), bytes)).toEqual(["a/b", "a/b"]);
    const codes = [...publish("\u0001\u0001"), ...subscribed(4), ...publish("\u0001\u0001")];
    expect(topics(new PacketReader(), codes)).toEqual(["\u0001\u0001", "\u0001\u0001"]);
  });

  it.each(["a/+", "+/b", "a/\0", "a/b/#", "a/b\0"])(
    "is checked although it has the length or the beginning of a good one (%j)",
    (wrong) => {
      const packet = Uint8Array.from(publish(wrong));
      const reader = new PacketReader();
      topics(reader, publish("a/b"));
      reader.feed(packet, 0, packet.length);
      expect([reader.event, reader.packetIdentifier]).toEqual([FAILED, 0]);
      reader.reset();
      expect(topics(reader, publish("a/b"))).toEqual(["a/b"]);
      reader.feed(packet, 0, packet.length);
      expect(reader.event).toBe(FAILED);
    },
  );

  it("is read anew when the connection before ended in the middle of another", () => {
    for (const cut of [3, 4, 5, 6, 7, 8]) {
      const reader = new PacketReader();
      topics(reader, publish("a/b"));
      reader.feed(Uint8Array.from(publish("x/yz")), 0, cut);
      expect(reader.event).toBe(NEED_BYTES);
      reader.reset();
      expect(topics(reader, [...publish("a/b"), ...publish("x/yz")])).toEqual(["a/b", "x/yz"]);
    }
  });

  it("survives one that is too long to keep, which has none", () => {
    const reader = new PacketReader({ headerByteLength: 8 });
    topics(reader, publish("a/b"));
    const long = Uint8Array.from(publish("too/long/to/keep"));
    reader.feed(long, 0, long.length);
    expect([reader.event, reader.topic]).toEqual([SKIPPED, ""]);
    expect(topics(reader, publish("a/b"))).toEqual(["a/b"]);
  });

  it("is the one that was sent, in any order and in pieces of any size", () => {
    const packet = fc.oneof(
      fc.constantFrom("a/b", "a/c", "b/c", "a", "ab", "é", "\u0001\u0001\u0001").map((topic) => ({
        topic,
        bytes: publish(topic),
      })),
      fc.integer({ min: 1, max: 4 }).map((count) => ({ topic: undefined, bytes: subscribed(count) })),
    );
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 12 }), fc.integer({ min: 1, max: 20 }), (packets, piece) => {
        const sent = packets.flatMap(({ topic }) => topic ?? []);
        const bytes = packets.flatMap((each) => each.bytes);
        expect(topics(new PacketReader(), bytes, piece)).toEqual(sent);
      }),
      { seed: 47, numRuns: 1000 },
    );
  });
});
