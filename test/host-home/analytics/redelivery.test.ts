import { describe, expect, it } from "vitest";
import { type Delivery, Redeliveries } from "../../../host-sim/home/analytics/redelivery";

const delivery = (packet: number, content = "21.5", source = "attic"): Delivery => ({
  packet,
  source,
  content,
});
const numbered = (from: number, count: number): Delivery[] =>
  Array.from({ length: count }, (_, index) => delivery(from + index));

describe("what comes again", () => {
  it("is recognised by Packet Identifier, device and value, when the session goes on", () => {
    const redeliveries = new Redeliveries(numbered(100, 20));
    redeliveries.connected(true);
    expect(redeliveries.isRedelivery(delivery(119), true)).toBe(true);
    expect(redeliveries.isRedelivery(delivery(120), true)).toBe(false);
  });

  it("is recognised as often as it comes", () => {
    const redeliveries = new Redeliveries(numbered(1, 20));
    redeliveries.connected(true);
    expect(redeliveries.isRedelivery(delivery(20), true)).toBe(true);
    redeliveries.connected(true);
    expect(redeliveries.isRedelivery(delivery(20), true)).toBe(true);
  });

  it.each([
    ["value", delivery(110, "21.6")],
    ["device", delivery(110, "21.5", "cellar")],
  ])("is new with another %s: the identifier was used anew", (_what, message) => {
    const redeliveries = new Redeliveries(numbered(100, 20));
    redeliveries.connected(true);
    expect(redeliveries.isRedelivery(message, true)).toBe(false);
  });

  it("is new when the broker has forgotten the session", () => {
    const redeliveries = new Redeliveries(numbered(100, 20));
    redeliveries.connected(false);
    expect(redeliveries.isRedelivery(delivery(119), true)).toBe(false);
  });

  it("is new when it is older than 1,024 messages", () => {
    const redeliveries = new Redeliveries(numbered(1, 1_025));
    redeliveries.connected(true);
    expect(redeliveries.isRedelivery(delivery(1), true)).toBe(false);
    expect(redeliveries.isRedelivery(delivery(1_025), true)).toBe(true);
  });

  it("on a broker that uses identifiers anew at once is kept rather than lost", () => {
    const redeliveries = new Redeliveries(Array.from({ length: 30 }, () => delivery(1)));
    redeliveries.connected(true);
    expect(redeliveries.isRedelivery(delivery(1), true)).toBe(false);
    expect(redeliveries.isRedelivery(delivery(1), false)).toBe(false);
  });

  it("needs the DUP flag as long as little is known of the broker", () => {
    const redeliveries = new Redeliveries([delivery(1)]);
    redeliveries.connected(true);
    expect(redeliveries.isRedelivery(delivery(1), true)).toBe(true);
    expect(redeliveries.isRedelivery(delivery(1), false)).toBe(false);
  });
});

describe("without the DUP flag", () => {
  it("what comes again at the beginning of a connection is recognised, with new messages in between", () => {
    const redeliveries = new Redeliveries(numbered(100, 20));
    redeliveries.connected(true);
    expect(redeliveries.isRedelivery(delivery(118), false)).toBe(true);
    expect(redeliveries.isRedelivery(delivery(500), false)).toBe(false);
    expect(redeliveries.isRedelivery(delivery(119), false)).toBe(true);
  });

  it("what comes when the beginning is over is new", () => {
    const redeliveries = new Redeliveries(numbered(100, 20));
    redeliveries.connected(true);
    for (const message of numbered(1_000, 64)) redeliveries.isRedelivery(message, false);
    expect(redeliveries.isRedelivery(delivery(119), false)).toBe(false);
  });

  it("what comes twice on one connection is recognised: no broker that counts up is through so soon", () => {
    const redeliveries = new Redeliveries();
    redeliveries.connected(false);
    for (const message of numbered(1, 100)) expect(redeliveries.isRedelivery(message, false)).toBe(false);
    expect(redeliveries.isRedelivery(delivery(90), false)).toBe(true);
  });

  it("equal values in a row are readings", () => {
    const redeliveries = new Redeliveries();
    redeliveries.connected(false);
    for (let packet = 65_000; packet < 65_000 + 2_000; packet++)
      expect(redeliveries.isRedelivery(delivery(((packet - 1) % 65_535) + 1), false)).toBe(false);
  });
});
