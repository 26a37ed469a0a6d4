import { describe, expect, it } from "vitest";
import { DEADLINE, LATEST, MUST } from "../../device/client/delivery";
import * as topics from "../../device/home/topics";

describe("the table of topics", () => {
  it("is the design's", () => {
    const { TEMPERATURE, LIGHT_STATE, LIGHT_COMMAND, CAMERA_EVENT, CAMERA_IMAGE, STATUS, LOG } = topics;
    expect(TEMPERATURE).toMatchObject({ topic: "home/temp", QoS: 1, retain: true, delivery: LATEST });
    expect(LIGHT_STATE).toMatchObject({ topic: "home/light", QoS: 1, retain: true, delivery: DEADLINE });
    expect(LIGHT_COMMAND).toMatchObject({
      topic: "home/light/set",
      QoS: 1,
      retain: false,
      delivery: DEADLINE,
    });
    expect(CAMERA_EVENT).toMatchObject({ topic: "home/camera", QoS: 2, retain: false, delivery: MUST });
    expect(CAMERA_IMAGE).toMatchObject({ topic: "home/camera/image", QoS: 0, retain: false });
    expect(STATUS).toMatchObject({ topic: "home/<id>/status", QoS: 1, retain: true, delivery: LATEST });
    expect(LOG).toMatchObject({ topic: "home/<id>/log", QoS: 0, retain: false });
  });

  it("gives every DEADLINE row a deadline, and no other row one", () => {
    for (const row of Object.values(topics) as topics.TopicRow[])
      if (typeof row === "object" && "delivery" in row)
        expect(row.deadline !== undefined, row.topic).toBe(row.delivery === DEADLINE);
  });

  it("is frozen, as preloaded modules are on the chip", () => {
    for (const row of Object.values(topics))
      expect(Object.isFrozen(row) || typeof row === "function").toBe(true);
  });
});

describe("a device's topics", () => {
  it("are the table's, or follow the device's own topic", () => {
    expect(topics.topicOf(topics.LIGHT_COMMAND, undefined)).toBe("home/light/set");
    expect(topics.topicOf(topics.LIGHT_COMMAND, "home/livingroom/light")).toBe("home/livingroom/light/set");
    expect(topics.topicOf(topics.LIGHT_STATE, "home/livingroom/light")).toBe("home/livingroom/light");
    expect(topics.topicOf(topics.CAMERA_IMAGE, "home/porch/camera")).toBe("home/porch/camera/image");
  });

  it("carry its id where the table says so", () => {
    expect(topics.deviceTopicOf(topics.STATUS, "smart-light")).toBe("home/smart-light/status");
    expect(topics.deviceTopicOf(topics.LOG, "a_1-B")).toBe("home/a_1-B/log");
  });
});
