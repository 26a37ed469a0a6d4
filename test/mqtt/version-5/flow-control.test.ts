import { expect, test } from "vitest";
import { FlowControl } from "../../../device/mqtt/version-5/flow-control";

test("[MQTT-4.9.0-1] the send quota begins with the server's Receive Maximum, and with each connection anew", () => {
  const flow = new FlowControl(10);
  expect(flow.sendQuota).toBe(65_535);
  flow.begin(3);
  flow.sent();
  expect(flow.sendQuota).toBe(2);
  flow.begin(5);
  expect(flow.sendQuota).toBe(5);
});

test("an exchange that ends gives its quota back, never more than there was", () => {
  const flow = new FlowControl(10);
  flow.begin(2);
  flow.sent();
  flow.ended();
  flow.ended();
  expect(flow.sendQuota).toBe(2);
});

test("PUBRELs of an earlier connection count, so that the quota may fall below 0", () => {
  const flow = new FlowControl(10);
  flow.begin(1);
  flow.sent();
  flow.sent();
  expect(flow.sendQuota).toBe(-1);
});

test("one message more than the client's Receive Maximum is too much, and answering makes room", () => {
  const flow = new FlowControl(2);
  expect([flow.receive(), flow.receive(), flow.receive()]).toEqual([true, true, false]);
  flow.answered();
  flow.answered();
  expect(flow.receive()).toBe(true);
  flow.begin(1);
  flow.answered();
  expect([flow.receive(), flow.receive(), flow.receive()]).toEqual([true, true, false]);
});
