import { afterEach, describe, expect, test } from "vitest";
import { SUBSCRIBE, UNSUBSCRIBE } from "../../../device/mqtt/control-packet";
import { INVALID_STRING, INVALID_TOPIC, MALFORMED_PACKET } from "../../../device/mqtt/mqtt-error";
import { encodeProperties } from "../../../device/mqtt/version-5/property-writer";
import { clock } from "../../support/timer";
import { bytesOf, field, hexOf, join, packet, string, utf8 } from "../bytes";
import { closeAll, codeThrownBy } from "../raw-broker";
import { connack, connect5, connectWith, parting, properties, publish5, userProperty } from "./bench";

afterEach(closeAll);

const ILL_FORMED = [
  ["an overlong slash", "c0 af"],
  ["an overlong U+0000", "c0 80"],
  ["the surrogate U+D800", "ed a0 80"],
  ["the surrogate U+DFFF", "ed bf bf"],
  ["a character after U+10FFFF", "f4 90 80 80"],
  ["a character cut short", "e6 b0"],
] as const;
const SURROGATES = ["\ud800", "a\udfff", "\udc00\ud800"];

/** What the client makes of bytes: it delivers nothing, says 0x81 and closes. */
function expectMalformed(...sent: string[]): void {
  const { broker, errors, messages } = connect5();
  broker.send(...sent, publish5("after", "y"));
  expect([errors, messages]).toEqual([[MALFORMED_PACKET], []]);
  expect([broker.received, broker.isClosed]).toEqual([[parting(0x81)], true]);
}

/** A PUBLISH to "t" with these properties. */
function withProperties(...hex: string[]): string {
  return packet(0x30, string("t"), properties(...hex));
}

describe("strings", () => {
  test.each(ILL_FORMED)(
    "[MQTT-1.5.4-1] with %s end the connection, in a topic and in properties",
    (_what, bytes) => {
      expectMalformed(packet(0x30, field(bytes), "00"));
      expectMalformed(withProperties("03", field(bytes)));
      expectMalformed(packet(0xe0, "00", properties("1f", field(bytes))));
    },
  );

  test("[MQTT-1.5.4-1] of one to four bytes a character are received and sent as they are", () => {
    const text = field("61 c3 a9 e6 b0 b4 f0 9f 98 80 ed 9f bf ee 80 80");
    const { broker, client, messages } = connect5();
    broker.send(packet(0x30, text, properties("03", text), utf8("x")));
    expect(messages).toMatchObject([{ topic: "aé水😀\ud7ff\ue000", payload: "x" }]);
    const contentType = "aé水😀\ud7ff\ue000";
    client.write(Buffer.from("x"), { topic: contentType, properties: { contentType } });
    broker.send();
    expect(broker.received).toEqual([packet(0x30, text, properties("03", text), utf8("x"))]);
  });

  test.each([
    ["[MQTT-1.5.4-1]", "with an unpaired surrogate", SURROGATES],
    ["[MQTT-1.5.4-2]", "with U+0000", ["\0", "a\0", "\0a"]],
  ])("%s %s are never sent, whatever the field", (_id, _what, texts) => {
    const { broker, client } = connect5();
    for (const text of texts) {
      const items = [{ topic: text }];
      const write = (options: object): number => codeThrownBy(() => client.write(Buffer.from("x"), options));
      expect(write({ topic: text })).toBe(INVALID_TOPIC);
      expect(write({ topic: "a", properties: { contentType: text } })).toBe(INVALID_STRING);
      expect(write({ topic: "a", properties: { responseTopic: text } })).toBe(INVALID_TOPIC);
      for (const operation of [SUBSCRIBE, UNSUBSCRIBE])
        expect(write({ operation, items })).toBe(INVALID_TOPIC);
      expect(codeThrownBy(() => connect5({ id: text }))).toBe(INVALID_STRING);
    }
    broker.send();
    expect(broker.received).toEqual([]);
  });

  test("[MQTT-1.5.4-2] with U+0000 end the connection, in a topic and in properties", () => {
    for (const bytes of ["00", "61 00", "00 61", "61 00 62"]) {
      expectMalformed(packet(0x30, field(bytes), "00"));
      expectMalformed(withProperties("03", field(bytes)));
    }
  });

  test("[MQTT-1.5.4-3] EF BB BF is U+FEFF at the beginning and inside, sent and received", () => {
    const text = field("ef bb bf 61 ef bb bf");
    const types: unknown[] = [];
    const { broker, client } = connect5({
      onReadable(count, { topic, properties: given }) {
        this.read(count);
        types.push(topic, given?.get(3));
      },
    });
    broker.send(packet(0x30, text, properties("03", text), utf8("x")));
    expect(types).toEqual(["\ufeffa\ufeff", "\ufeffa\ufeff"]);
    client.write(Buffer.from("x"), { topic: "\ufeffa\ufeff", properties: { contentType: "\ufeffa\ufeff" } });
    broker.send();
    expect(broker.received).toEqual([packet(0x30, text, properties("03", text), utf8("x"))]);
  });
});

describe("string pairs", () => {
  test("[MQTT-1.5.7-1] are ill-formed, and end the connection, by their name and by their value", () => {
    for (const bytes of ["ff", "00", "ed a0 80"]) {
      expectMalformed(withProperties("26", field(bytes), string("v")));
      expectMalformed(withProperties("26", string("n"), field(bytes)));
    }
  });

  test("[MQTT-1.5.7-1] go out and come in with any other text in both, empty included", () => {
    const { broker, client, messages } = connect5();
    const pair = join("26", string("Maß"), string("°C"), "26 00 00 00 00");
    client.write(Buffer.from("x"), {
      topic: "t",
      properties: {
        userProperties: [
          ["Maß", "°C"],
          ["", ""],
        ],
      },
    });
    broker.send(packet(0x30, string("t"), properties(pair), utf8("x")));
    expect(broker.received).toEqual([packet(0x30, string("t"), properties(pair), utf8("x"))]);
    expect(messages.length).toBe(1);
  });

  test("[MQTT-1.5.7-1] are refused with a surrogate or U+0000 in either", () => {
    for (const text of ["\ud800", "a\0"])
      for (const userProperties of [[[text, "v"]], [["n", text]]] as const)
        expect(codeThrownBy(() => encodeProperties(3, { userProperties } as never))).toBe(INVALID_STRING);
  });
});

describe("Variable Byte Integers", () => {
  // Remaining Length and Property Length, each at the last value of a length and the first of the next.
  test.each([
    [127, "7f"],
    [128, "80 01"],
    [16_383, "ff 7f"],
    [16_384, "80 80 01"],
    [20_000, "a0 9c 01"],
  ])("[MQTT-1.5.5-1] the Remaining Length %d is sent as %s", (remainingLength, bytes) => {
    const { broker, client } = connect5();
    // Two bytes of length and one of topic, one of Property Length; in two pieces, as the socket takes only so much.
    const payload = Buffer.alloc(remainingLength - 4, "x");
    client.write(payload.subarray(0, 100), { topic: "t", byteLength: payload.length });
    for (let sent = 100; sent < payload.length; sent += 4000) {
      clock.advance(10);
      client.write(payload.subarray(sent, sent + 4000));
    }
    clock.advance(10);
    const stream = hexOf(broker.peer.bytes).slice(broker.packets[0]!.length + 1);
    expect(stream.startsWith(join("30", bytes, string("t"), "00 78"))).toBe(true);
    expect(bytesOf(stream).length).toBe(1 + bytesOf(bytes).length + remainingLength);
  });

  test.each([
    [127, "7f"],
    [128, "80 01"],
  ])("[MQTT-1.5.5-1] the Property Length %d is sent as %s", (length, bytes) => {
    const { broker, client } = connect5();
    const contentType = "y".repeat(length - 3);
    client.write(Buffer.from("x"), { topic: "t", properties: { contentType } });
    broker.send();
    expect(broker.received).toEqual([packet(0x30, string("t"), bytes, "03", string(contentType), utf8("x"))]);
  });

  test.each([
    [1, "0b 01"],
    [127, "0b 7f"],
    [128, "0b 80 01"],
    [16_384, "0b 80 80 01"],
    [2_097_152, "0b 80 80 80 01"],
    [268_435_455, "0b ff ff ff 7f"],
  ])("[MQTT-1.5.5-1] the Subscription Identifier %d is sent as %s", (subscriptionIdentifier, bytes) => {
    const { broker, client } = connect5();
    const items = [{ topic: "a" }];
    client.write(undefined, { operation: SUBSCRIBE, items, properties: { subscriptionIdentifier } });
    broker.send();
    expect(broker.received).toEqual([packet(0x82, "00 01", properties(bytes), string("a"), "00")]);
  });

  test.each([
    ["a Remaining Length", ["d0 80 00"]],
    ["a Remaining Length", ["30 84 00 00 01 74 00"]],
    ["a Property Length of PUBLISH", ["30 05 00 01 74 80 00"]],
    ["a Property Length of PUBACK", ["40 05 00 01 00 80 00"]],
    ["a Subscription Identifier", [withProperties("0b 81 00")]],
  ])("[MQTT-1.5.5-1] %s in more bytes than it needs ends the connection: %j", (_what, sent) => {
    expectMalformed(...sent);
  });
});

describe("flags of the fixed header", () => {
  /** A well-formed packet of each type that a server sends, but PUBLISH, and its flags. */
  const packets: [string, string, number][] = [
    ["PUBACK", "40 02 00 07", 0],
    ["PUBREC", "50 02 00 07", 0],
    ["PUBREL", "62 02 00 07", 2],
    ["PUBCOMP", "70 02 00 07", 0],
    ["SUBACK", "90 04 00 07 00 00", 0],
    ["UNSUBACK", "b0 04 00 07 00 00", 0],
    ["PINGRESP", "d0 00", 0],
    ["DISCONNECT", "e0 00", 0],
    ["AUTH", "f0 00", 0],
  ];
  const idOf = (type: string): string =>
    ({ PUBREL: "[MQTT-3.6.1-1]", DISCONNECT: "[MQTT-3.14.1-1]", AUTH: "[MQTT-3.15.1-1]" })[type] ??
    "[MQTT-2.1.3-1]";

  test.each(packets.map(([type, bytes, flags]) => [idOf(type), type, bytes, flags] as const))(
    "%s %s with any other than its own ends the connection with 0x81",
    (_id, type, bytes, flags) => {
      const first = Number.parseInt(bytes.slice(0, 2), 16) & 0xf0;
      for (let wrong = 0; wrong < 16; wrong++)
        if (wrong !== flags) expectMalformed((first | wrong).toString(16) + bytes.slice(2));
      const { broker, errors } = connect5();
      broker.send(bytes);
      // AUTH that nobody has asked for is another matter, and DISCONNECT ends the connection as it should.
      const closes = type === "DISCONNECT" || type === "AUTH";
      expect([errors.includes(MALFORMED_PACKET), broker.isClosed]).toEqual([false, closes]);
      expect(broker.received).not.toContain(parting(0x81));
    },
  );

  test("[MQTT-2.1.3-1] CONNACK with flags ends the attempt", () => {
    for (let wrong = 1; wrong < 16; wrong++) {
      const { broker, errors, controls } = connectWith((0x20 | wrong).toString(16) + connack().slice(2));
      expect([errors, controls, broker.isClosed]).toEqual([[MALFORMED_PACKET], [], true]);
    }
  });

  test("[MQTT-2.1.3-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.6.1-1] the client's own: 0010 in SUBSCRIBE, UNSUBSCRIBE and PUBREL, else 0", () => {
    const { broker, client } = connect5({ keepAlive: 1000 });
    const items = [{ topic: "a" }];
    client.write(undefined, { operation: SUBSCRIBE, items });
    client.write(undefined, { operation: UNSUBSCRIBE, items });
    client.write(Buffer.from("x"), { topic: "a", QoS: 2 });
    broker.send("50 02 00 03", publish5("a", "x", { QoS: 1, id: 1 }), publish5("a", "x", { QoS: 2, id: 2 }));
    broker.send("62 02 00 02");
    clock.advance(1100);
    client.write(undefined, { operation: 14 });
    broker.send();
    const firsts = broker.packets.map((bytes) => bytes.slice(0, 2));
    expect(firsts).toEqual(["10", "82", "a2", "34", "62", "40", "50", "70", "c0", "e0"]);
  });
});

describe("properties", () => {
  test("[MQTT-2.2.2-1] a packet without them has the Property Length 0 where it may not be left out", () => {
    const { broker, client } = connect5({ will: { topic: "w", message: "m" } });
    const items = [{ topic: "a" }];
    client.write(Buffer.from("x"), { topic: "a" });
    client.write(Buffer.from("x"), { topic: "a", properties: {} });
    client.write(undefined, { operation: SUBSCRIBE, items });
    client.write(undefined, { operation: UNSUBSCRIBE, items, properties: {} });
    broker.send();
    expect(broker.packets[0]?.endsWith(join(string("c"), "00", string("w"), string("m")))).toBe(true);
    expect(broker.received).toEqual([
      "30 05 00 01 61 00 78",
      "30 05 00 01 61 00 78",
      "82 07 00 01 00 00 01 61 00",
      "a2 06 00 02 00 00 01 61",
    ]);
  });

  test("[MQTT-2.2.2-1] a packet that leaves the Property Length out where it may not ends the connection", () => {
    expectMalformed("30 03 00 01 61");
    expectMalformed("90 03 00 01 00");
    expectMalformed(withProperties(userProperty("b")).replace(/^30 0b 00 01 74 07/, "30 0b 00 01 74 09"));
  });
});
