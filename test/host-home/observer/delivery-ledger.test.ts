import { beforeEach, describe, expect, test } from "vitest";
import { DeliveryLedger, type Publication } from "../../../host-sim/home/observer/delivery-ledger";

let ledger: DeliveryLedger;
beforeEach(() => {
  ledger = new DeliveryLedger();
});

const bytes = (text: string): Uint8Array => Buffer.from(text);

function publish(topic: string, payload: string, options: Partial<Publication> = {}): Publication {
  const publication = { device: "d", topic, payload: bytes(payload), QoS: 1, retain: false, ...options };
  ledger.published(publication);
  return publication;
}

describe("lost", () => {
  test("is what was acknowledged and never seen", () => {
    const camera = publish("home/camera", "motion 1", { QoS: 2 });
    ledger.acknowledged(camera);
    expect(ledger.lost).toEqual([camera]);
  });

  test("is nothing when acknowledged and seen, in either order", () => {
    const first = publish("home/temp", "21.5");
    ledger.acknowledged(first);
    expect(ledger.received("home/temp", bytes("21.5"), false)).toBe(true);
    const second = publish("home/temp", "21.6");
    ledger.received("home/temp", bytes("21.6"), false);
    ledger.acknowledged(second);
    expect(ledger.lost).toEqual([]);
  });

  test("does not count what was not acknowledged: the device will send it again", () => {
    publish("home/temp", "21.5");
    expect(ledger.lost).toEqual([]);
  });

  test("does not count QoS 0", () => {
    ledger.acknowledged(publish("home/camera/image", "jpeg", { QoS: 0 }));
    expect(ledger.lost).toEqual([]);
  });

  test("does not count what the subscriber has not asked for", () => {
    ledger.acknowledged(publish("homeassistant/device/d/config", "{}", { retain: true }));
    expect(ledger.lost).toEqual([]);
    const everything = new DeliveryLedger("#");
    const publication = { device: "d", topic: "homeassistant/x", payload: bytes("1"), QoS: 1, retain: false };
    everything.published(publication);
    everything.acknowledged(publication);
    expect(everything.lost).toEqual([publication]);
  });

  test("counts one of two equal messages of which one arrived", () => {
    const first = publish("home/temp", "21.5");
    const second = publish("home/temp", "21.5");
    ledger.acknowledged(first);
    ledger.acknowledged(second);
    ledger.received("home/temp", bytes("21.5"), false);
    expect(ledger.lost).toEqual([second]);
  });

  test("keeps the same payload on two topics apart", () => {
    const temperature = publish("home/temp", "1");
    ledger.acknowledged(temperature);
    ledger.received("home/light", bytes("1"), false);
    expect(ledger.lost).toEqual([temperature]);
  });

  test("tells large payloads apart by their content", () => {
    const picture = publish("home/camera/image", "a".repeat(5_000));
    ledger.acknowledged(picture);
    ledger.received("home/camera/image", bytes("b".repeat(5_000)), false);
    expect(ledger.lost).toEqual([picture]);
    ledger.received("home/camera/image", bytes("a".repeat(5_000)), false);
    expect(ledger.lost).toEqual([]);
  });
});

describe("a retained copy", () => {
  test("is the first sight of the last message of its topic", () => {
    ledger.acknowledged(publish("home/temp", "21.5", { retain: true }));
    expect(ledger.received("home/temp", bytes("21.5"), true)).toBe(true);
    expect(ledger.lost).toEqual([]);
  });

  test("of a message that was seen does not count, nor does it hide a loss", () => {
    const first = publish("home/temp", "21.5", { retain: true });
    ledger.acknowledged(first);
    publish("home/temp", "21.6", { retain: true });
    const last = publish("home/temp", "21.5", { retain: true });
    ledger.acknowledged(last);
    expect(ledger.received("home/temp", bytes("21.5"), true)).toBe(true);
    expect(ledger.received("home/temp", bytes("21.5"), true)).toBe(false);
    expect(ledger.lost).toEqual([first]);
  });

  test("of an earlier run does not count", () => {
    expect(ledger.received("home/temp", bytes("19.0"), true)).toBe(false);
  });

  test("of a QoS 0 message that was seen on its way does not count again", () => {
    publish("home/temp", "21.5", { QoS: 0, retain: true });
    expect(ledger.received("home/temp", bytes("21.5"), false)).toBe(true);
    expect(ledger.received("home/temp", bytes("21.5"), true)).toBe(false);
  });
});

test("a message of somebody else counts as received and is nobody's loss", () => {
  expect(ledger.received("home/light/set", bytes("{}"), false)).toBe(true);
  expect(ledger.lost).toEqual([]);
});

test("a surplus copy of a message sent again is ignored", () => {
  ledger.acknowledged(publish("home/temp", "21.5"));
  ledger.received("home/temp", bytes("21.5"), false);
  ledger.received("home/temp", bytes("21.5"), false);
  expect(ledger.lost).toEqual([]);
});

test("settled() waits for the last message under way", async () => {
  ledger.acknowledged(publish("home/temp", "21.5"));
  const settled = ledger.settled(60_000);
  ledger.received("home/temp", bytes("21.5"), false);
  await settled;
  expect(ledger.lost).toEqual([]);
});

test("settled() gives up after its timeout", async () => {
  ledger.acknowledged(publish("home/temp", "21.5"));
  await ledger.settled(1);
  expect(ledger.lost).toHaveLength(1);
});
