import { expect, test } from "vitest";
import { TopicCache } from "../../device/client/reliable/topic-cache";
import { encodeTopicName } from "../../device/mqtt/topic";

const topics = Array.from({ length: 8 }, (_, index) => `home/${index}`);

test("the eight topics last used are encoded once", () => {
  const cache = new TopicCache();
  const encoded = topics.map((topic) => cache.encode(topic));
  expect(encoded).toEqual(topics.map((topic) => encodeTopicName(topic)));
  for (const [index, topic] of topics.entries()) expect(cache.encode(topic)).toBe(encoded[index]);
});

test("a ninth takes the place of the oldest, and of no other", () => {
  const cache = new TopicCache();
  const encoded = topics.map((topic) => cache.encode(topic));
  const ninth = cache.encode("home/8");
  for (let index = 1; index < 8; index++) expect(cache.encode(topics[index]!)).toBe(encoded[index]);
  expect(cache.encode("home/8")).toBe(ninth);
  expect(cache.encode("home/0")).not.toBe(encoded[0]);
  expect(cache.encode("home/0")).toEqual(encoded[0]);
});

test("what is no Topic Name is not kept", () => {
  const cache = new TopicCache();
  for (let count = 0; count < 2; count++) expect(() => cache.encode("home/#")).toThrow("home/#");
  expect(cache.topics).toEqual([]);
});
