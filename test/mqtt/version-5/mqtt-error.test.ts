import { expect, it } from "vitest";
import { MQTTError, PEER, RESOURCE } from "../../../device/mqtt/mqtt-error";
import { DISCONNECTED, NOT_SUPPORTED, ReasonError } from "../../../device/mqtt/version-5/mqtt-error";
import { RETAIN_NOT_SUPPORTED, USE_ANOTHER_SERVER } from "../../../device/mqtt/version-5/reason-code";

it("an error of version 5 has what the broker says: why, in its words, and where to go", () => {
  const error = new ReasonError(DISCONNECTED, "disconnected", USE_ANOTHER_SERVER, "maintenance", "b:1883");
  expect(error).toBeInstanceOf(MQTTError);
  expect([error.code, error.family, error.message]).toEqual([123, PEER, "disconnected: maintenance"]);
  expect([error.reasonCode, error.returnCode]).toEqual([0x9c, 0x9c]);
  expect([error.reasonString, error.serverReference]).toEqual(["maintenance", "b:1883"]);
});

it("what the broker does not say is no field of the error, and not in its text", () => {
  const error = new ReasonError(NOT_SUPPORTED, "retain", RETAIN_NOT_SUPPORTED);
  expect([error.family, error.message, error.reasonCode]).toEqual([RESOURCE, "retain", 0x9a]);
  expect(["reasonString" in error, "serverReference" in error]).toEqual([false, false]);
  expect(new ReasonError(NOT_SUPPORTED, "retain", RETAIN_NOT_SUPPORTED, "").message).toBe("retain");
});
