import { expect, it } from "vitest";
import * as mqttErrors from "../../device/mqtt/mqtt-error";
import {
  assertInteger,
  CONNECTION_REFUSED,
  INVALID_TOPIC,
  MALFORMED_PACKET,
  MQTTError,
  mqttError,
  OUTBOX_FULL,
  PEER,
  RESOURCE,
  USAGE,
} from "../../device/mqtt/mqtt-error";

it("an error is an Error with a code, a family and a text", () => {
  const error = mqttError(MALFORMED_PACKET, "PUBLISH with QoS 3");
  expect(error).toBeInstanceOf(MQTTError);
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe("MQTTError");
  expect(error.message).toBe("PUBLISH with QoS 3");
  expect(error.code).toBe(100);
  expect(error.family).toBe(PEER);
  expect(String(error)).toBe("MQTTError: PUBLISH with QoS 3");
});

it("the family tells who must act: the peer, our limits, or the caller", () => {
  expect(mqttError(CONNECTION_REFUSED, "").family).toBe(PEER);
  expect(mqttError(OUTBOX_FULL, "").family).toBe(RESOURCE);
  expect(mqttError(INVALID_TOPIC, "").family).toBe(USAGE);
});

it("a refused connection carries the return code, other errors have no such field", () => {
  expect(mqttError(CONNECTION_REFUSED, "bad user name or password", 4).returnCode).toBe(4);
  expect("returnCode" in mqttError(MALFORMED_PACKET, "")).toBe(false);
});

it("no two codes are the same, and each belongs to one of the three families", () => {
  const codes = Object.values<unknown>(mqttErrors).filter((value) => Number(value) >= 100) as number[];
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect([PEER, RESOURCE, USAGE]).toContain(Math.floor(code / 100));
});

it("a whole number in its range passes, anything else is refused with the code, the value and the range", () => {
  for (const value of [1, 2, 3]) assertInteger(value, 1, 3, INVALID_TOPIC, "level");
  for (const value of [0, 4, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32 + 1])
    expect(() => assertInteger(value, 1, 3, INVALID_TOPIC, "level")).toThrow(
      expect.objectContaining({ code: INVALID_TOPIC, message: `level ${value} is not 1 to 3` }),
    );
});
