import { describe, expect, it } from "vitest";
import { encodeTopicName } from "../../../device/mqtt/topic";
import { InboundTopicAliases, OutboundTopicAliases } from "../../../device/mqtt/version-5/topic-alias";

const [temperature, light, camera] = ["home/temp", "home/light", "home/camera"].map(encodeTopicName) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

/** As a client does for each PUBLISH: alias, and whether the topic goes with it. */
function publish(aliases: OutboundTopicAliases, topic: Uint8Array): [alias: number, inFull: boolean] {
  const known = aliases.find(topic);
  return known > 0 ? [known, false] : [aliases.assign(topic), true];
}

describe("outbound Topic Aliases", () => {
  it("[MQTT-3.2.2-18] are not used before, and without, a Topic Alias Maximum", () => {
    const aliases = new OutboundTopicAliases(4);
    expect(publish(aliases, temperature)).toEqual([0, true]);
    aliases.reset(0);
    expect(publish(aliases, temperature)).toEqual([0, true]);
    expect(publish(aliases, temperature)).toEqual([0, true]);
  });

  it("go with the topic once, and stand for it afterwards", () => {
    const aliases = new OutboundTopicAliases(4);
    aliases.reset(10);
    expect(publish(aliases, temperature)).toEqual([1, true]);
    expect(publish(aliases, temperature)).toEqual([1, false]);
    expect(publish(aliases, light)).toEqual([2, true]);
    expect(publish(aliases, temperature)).toEqual([1, false]);
    expect(publish(aliases, light.slice())).toEqual([2, false]);
  });

  it.each([
    [2, 100],
    [100, 2],
  ])(
    "[MQTT-3.3.2-9] [MQTT-3.2.2-17] [MQTT-3.3.2-8] are 1 to the smaller of our limit %d and the maximum %d",
    (limit, maximum) => {
      const aliases = new OutboundTopicAliases(limit);
      aliases.reset(maximum);
      for (let count = 0; count < 50; count++) {
        const [alias] = publish(aliases, encodeTopicName(`topic/${count % 7}`));
        expect(alias).toBeGreaterThanOrEqual(1);
        expect(alias).toBeLessThanOrEqual(2);
      }
    },
  );

  it("are taken from the topic whose last use is longest ago", () => {
    const aliases = new OutboundTopicAliases(2);
    aliases.reset(2);
    publish(aliases, temperature);
    publish(aliases, light);
    publish(aliases, temperature);
    expect(publish(aliases, camera)).toEqual([2, true]);
    expect(publish(aliases, temperature)).toEqual([1, false]);
    expect(publish(aliases, camera)).toEqual([2, false]);
    expect(publish(aliases, light)).toEqual([1, true]);
    expect(publish(aliases, temperature)).toEqual([2, true]);
  });

  it("[MQTT-3.3.2-7] die with the connection", () => {
    const aliases = new OutboundTopicAliases(4);
    aliases.reset(4);
    publish(aliases, temperature);
    publish(aliases, light);
    aliases.reset(4);
    expect(publish(aliases, light)).toEqual([1, true]);
  });

  it("are not spent on a topic that is as short as one", () => {
    const aliases = new OutboundTopicAliases(4);
    aliases.reset(4);
    expect(publish(aliases, encodeTopicName("a/b"))).toEqual([0, true]);
    expect(publish(aliases, encodeTopicName("a/bc"))).toEqual([1, true]);
  });

  it("are told apart where one topic begins with the other, and is 256 bytes longer", () => {
    const aliases = new OutboundTopicAliases(4);
    aliases.reset(4);
    const [short, long] = ["home", `home${"/temp".repeat(52).slice(0, 256)}`].map(encodeTopicName) as [
      Uint8Array,
      Uint8Array,
    ];
    expect(long.length - short.length).toBe(256);
    expect(publish(aliases, short)).toEqual([1, true]);
    expect(publish(aliases, long)).toEqual([2, true]);
    expect(publish(aliases, short)).toEqual([1, false]);
  });

  it("say what a table of last uses says, for a thousand publications", () => {
    const aliases = new OutboundTopicAliases(3);
    aliases.reset(3);
    const model: [topic: number, alias: number][] = [];
    for (let count = 0; count < 1000; count++) {
      const topic = (count * count * 7 + count) % 5;
      const index = model.findIndex(([known]) => known === topic);
      const full = model.length === 3 ? (model[2] as [number, number])[1] : model.length + 1;
      const alias = index < 0 ? full : (model[index] as [number, number])[1];
      if (index >= 0) model.splice(index, 1);
      else if (model.length === 3) model.pop();
      model.unshift([topic, alias]);
      expect(publish(aliases, encodeTopicName(`topic/${topic}`))).toEqual([alias, index < 0]);
    }
  });
});

describe("inbound Topic Aliases", () => {
  it("keep a copy of the topic, until it is replaced", () => {
    const aliases = new InboundTopicAliases(10, 1000);
    const scratch = Uint8Array.of(...temperature, 0xff, 0xff);
    expect(aliases.set(10, scratch, temperature.length)).toBe(true);
    scratch.fill(0);
    expect(aliases.get(10)).toEqual(temperature);
    expect(aliases.get(9)).toBeUndefined();
    expect(aliases.set(10, light, light.length)).toBe(true);
    expect(aliases.get(10)).toEqual(light);
    expect(aliases.byteLength).toBe(128 + light.length);
  });

  it("allocate nothing for a topic of the same length", () => {
    const aliases = new InboundTopicAliases(1, 200);
    aliases.set(1, temperature, temperature.length);
    const kept = aliases.get(1);
    const other = encodeTopicName("home/tent");
    aliases.set(1, other, other.length);
    expect(aliases.get(1)).toBe(kept);
    expect(kept).toEqual(other);
  });

  it("are bounded in bytes: what does not fit is refused, and changes nothing", () => {
    const aliases = new InboundTopicAliases(65_535, 2 * 128 + temperature.length + light.length);
    expect(aliases.set(1, temperature, temperature.length)).toBe(true);
    expect(aliases.set(65_535, light, light.length)).toBe(true);
    expect(aliases.set(2, camera, camera.length)).toBe(false);
    expect(aliases.set(1, camera, camera.length)).toBe(false);
    expect(aliases.get(1)).toEqual(temperature);
    expect(aliases.get(2)).toBeUndefined();
    expect(aliases.byteLength).toBe(aliases.limit);
    expect(aliases.set(1, light, light.length - 1)).toBe(true);
  });

  it("[MQTT-3.3.2-7] die with the connection, and give their memory back", () => {
    const aliases = new InboundTopicAliases(2, 128 + temperature.length);
    aliases.set(1, temperature, temperature.length);
    aliases.clear();
    expect([aliases.get(1), aliases.byteLength]).toEqual([undefined, 0]);
    expect(aliases.set(2, temperature, temperature.length)).toBe(true);
  });
});
