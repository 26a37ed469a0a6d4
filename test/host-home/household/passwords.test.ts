import { expect, test } from "vitest";
import {
  hashPassword,
  isSame,
  machinePassword,
  mosquittoHash,
  NOBODY,
  personPassword,
  verifyPassword,
} from "../../../host-sim/home/household/passwords";

test("a machine's password has 192 bits, a person's 80 in four groups without letters that look alike", () => {
  expect(Buffer.from(machinePassword(), "base64url")).toHaveLength(24);
  expect(personPassword()).toMatch(/^([0-9abcdefghjkmnpqrstvwxyz]{4}-){3}[0-9abcdefghjkmnpqrstvwxyz]{4}$/);
});

test("the hash of a password tells that password from others, and has a salt", async () => {
  const hash = hashPassword("secret");
  expect(hash).not.toContain("secret");
  expect(hashPassword("secret")).not.toBe(hash);
  expect(await verifyPassword("secret", hash)).toBe(true);
  expect(await verifyPassword("Secret", hash)).toBe(false);
  expect(await verifyPassword("", NOBODY)).toBe(false);
});

test("texts of different length are different, too", () => {
  expect([isSame("a", "a"), isSame("a", "b"), isSame("a", "ab")]).toEqual([true, false, false]);
});

test("mosquitto's hash has its form", () => {
  expect(mosquittoHash("secret")).toMatch(/^\$7\$1000\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==$/);
});
