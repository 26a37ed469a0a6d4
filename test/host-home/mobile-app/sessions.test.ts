import { expect, test } from "vitest";
import { Sessions } from "../../../host-sim/home/mobile-app/sessions";
import { SignInLimit } from "../../../host-sim/home/mobile-app/sign-in-limit";

test("a session is found by its token, and by no other", () => {
  const sessions = new Sessions();
  const token = sessions.create("anna");
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(sessions.find(token)?.member).toBe("anna");
  expect(sessions.find(sessions.create("ben"))?.member).toBe("ben");
  expect(sessions.find(`${token}x`)).toBeUndefined();
  expect(sessions.find(undefined)).toBeUndefined();
});

test("a session ends when its time is over, and tells so once", () => {
  let now = 1_000;
  const sessions = new Sessions({ now: () => now, lifetime: 500 });
  const token = sessions.create("anna");
  let ends = 0;
  sessions.find(token)?.onEnd.add(() => {
    ends += 1;
  });
  now = 1_499;
  sessions.sweep();
  expect(sessions.find(token)).toBeDefined();
  now = 1_500;
  sessions.sweep();
  expect(ends).toBe(1);
  expect(sessions.find(token)).toBeUndefined();
  sessions.end(token);
  sessions.clear();
  expect(ends).toBe(1);
});

test("when there are too many sessions the oldest one ends", () => {
  const sessions = new Sessions({ capacity: 2 });
  const tokens = ["anna", "ben", "cleo"].map((name) => sessions.create(name));
  expect(tokens.map((token) => sessions.find(token)?.member)).toEqual([undefined, "ben", "cleo"]);
});

test("after five wrong passwords an address waits 30 s, then twice as long with each", async () => {
  let now = 0;
  const limit = new SignInLimit({ now: () => now });
  for (let count = 0; count < 5; count++) {
    expect(limit.delay("192.0.2.1")).toBe(0);
    await limit.attempt("192.0.2.1", async () => false);
  }
  expect(limit.delay("192.0.2.1")).toBe(30_000);
  expect(limit.delay("192.0.2.2")).toBe(0);
  now = 30_000;
  await limit.attempt("192.0.2.1", async () => false);
  expect(limit.delay("192.0.2.1")).toBe(60_000);
  for (let count = 0; count < 20; count++) await limit.attempt("192.0.2.1", async () => false);
  expect(limit.delay("192.0.2.1")).toBe(900_000);
});

test("a right password makes up for the wrong ones", async () => {
  const limit = new SignInLimit({ now: () => 0 });
  for (let count = 0; count < 4; count++) await limit.attempt("192.0.2.1", async () => false);
  expect(await limit.attempt("192.0.2.1", async () => true)).toBe(true);
  for (let count = 0; count < 4; count++) await limit.attempt("192.0.2.1", async () => false);
  expect(limit.delay("192.0.2.1")).toBe(0);
});

test("no more than two passwords are checked at one time", async () => {
  const limit = new SignInLimit();
  let finish: (value: boolean) => void = () => {};
  const check = (): Promise<boolean> => new Promise((resolve) => (finish = resolve));
  const first = limit.attempt("192.0.2.1", check);
  const finishFirst = finish;
  const second = limit.attempt("192.0.2.2", check);
  expect(await limit.attempt("192.0.2.3", check)).toBeUndefined();
  finishFirst(true);
  finish(false);
  expect([await first, await second]).toEqual([true, false]);
});
