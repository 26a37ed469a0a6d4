import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestApp } from "./support";

let now: number;
let house: TestApp;
beforeEach(async () => {
  now = 1_000_000;
  const trends = new Hono();
  trends.get("/", (context) => context.text("trends"));
  trends.get("/api/devices", (context) =>
    context.json({ member: (context as unknown as { get(name: string): string }).get("member") }),
  );
  trends.post("/api/devices", (context) => context.text("done"));
  trends.get("/broken", () => {
    throw new Error("secret path /root");
  });
  house = await TestApp.start({ services: { trends }, now: () => now });
});
afterEach(() => house.stop());

describe("signing in", () => {
  test("nobody is signed in at first, and the house says who it is for", async () => {
    const response = await house.fetch("/api/session");
    expect(await response.json()).toEqual({ member: null, locked: false, trends: true, alerts: false });
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("the guest comes in with the code, typed as people type, and gets a cookie that scripts cannot read", async () => {
    expect(house.app.guestCode).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/);
    const response = await house.signIn("guest", house.app.guestCode!.toLowerCase().replace("-", " "));
    expect(response.status).toBe(200);
    const port = new URL(house.url).port;
    expect(response.headers.get("set-cookie")).toMatch(
      new RegExp(`^thimble-${port}=[\\w-]{43}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Strict$`),
    );
    expect(await response.json()).toMatchObject({ member: "guest" });
  });

  test.each([
    ["guest", "AAAA-AAAA", 401],
    ["anna", "right", 401],
    ["", "x", 400],
    ["guest", "x".repeat(257), 400],
    ["x".repeat(65), "x", 400],
    ["guest", "x".repeat(1_200), 413],
  ])("%s with %s is refused", async (name, password, status) => {
    const response = await house.signIn(name, password === "right" ? house.app.guestCode! : password);
    expect(response.status).toBe(status);
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  test.each(["", "[]", '{"name":1,"password":2}', '"guest"', "{"])(
    "a request that is no request (%j) is refused",
    async (body) => {
      const response = await house.fetch("/api/session", { method: "POST", body });
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: "Name and password are needed." });
    },
  );

  test("after five wrong codes even the right one waits", async () => {
    for (let count = 0; count < 5; count++) await house.signIn("guest", "wrong");
    const response = await house.signIn("guest", house.app.guestCode!);
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("30");
    now += 30_000;
    expect((await house.signIn("guest", house.app.guestCode!)).status).toBe(200);
  });

  test("another site's page cannot sign anybody in or out", async () => {
    const headers = { origin: "https://evil.example" };
    expect((await house.signIn("guest", house.app.guestCode!, headers)).status).toBe(403);
    expect((await house.fetch("/api/session", { method: "DELETE", headers })).status).toBe(403);
    expect((await house.signIn("guest", house.app.guestCode!, { origin: house.url })).status).toBe(200);
  });

  test("who signs out is out", async () => {
    const cookie = await house.guestCookie();
    const signedIn = await house.fetch("/api/session", { headers: { cookie } });
    expect(await signedIn.json()).toMatchObject({ member: "guest" });
    const response = await house.fetch("/api/session", { method: "DELETE", headers: { cookie } });
    expect(response.status).toBe(204);
    expect(response.headers.get("set-cookie")).toContain("Max-Age=0");
    const after = await house.fetch("/api/session", { headers: { cookie } });
    expect(await after.json()).toMatchObject({ member: null });
  });

  test("a session lasts 30 days", async () => {
    const cookie = await house.guestCookie();
    now += 30 * 24 * 3_600_000 - 1;
    expect((await house.fetch("/trends/", { headers: { cookie } })).status).toBe(200);
    now += 1;
    expect((await house.fetch("/trends/", { headers: { cookie } })).status).toBe(401);
  });
});

describe("the other services", () => {
  test("are for members only, who are led to the sign-in", async () => {
    expect((await house.fetch("/trends/api/devices")).status).toBe(401);
    const page = await house.fetch("/trends/", { headers: { accept: "text/html" } });
    expect([page.status, page.headers.get("location")]).toEqual([302, "/"]);
  });

  test("know the member, and get their pages with relative addresses", async () => {
    const cookie = await house.guestCookie();
    const response = await house.fetch("/trends/api/devices", { headers: { cookie } });
    expect(await response.json()).toEqual({ member: "guest" });
    const page = await house.fetch("/trends", { headers: { cookie } });
    expect([page.status, page.headers.get("location")]).toEqual([302, "/trends/"]);
  });

  test("change nothing for another site's page", async () => {
    const cookie = await house.guestCookie();
    const send = (origin: string): Promise<Response> =>
      house.fetch("/trends/api/devices", { method: "POST", headers: { cookie, origin } });
    expect((await send("http://127.0.0.1:1")).status).toBe(403);
    expect((await send(house.url)).status).toBe(200);
  });

  test("that are not there are not found, and a defect tells nothing", async () => {
    expect((await house.fetch("/alerts/")).status).toBe(404);
    const cookie = await house.guestCookie();
    const response = await house.fetch("/trends/broken", { headers: { cookie } });
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"error":"The house could not do that."}');
  });
});

describe("the page", () => {
  test("comes with headers that keep others out, as does everything", async () => {
    for (const path of ["/", "/api/session", "/nothing"]) {
      const { headers } = await house.fetch(path);
      const policy = headers.get("content-security-policy");
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("x-frame-options")).toBe("DENY");
    }
  });

  test("is asked for again with its tag, and its hashed files are kept for ever", async () => {
    const page = await house.fetch("/");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const tag = page.headers.get("etag") ?? "";
    const again = await house.fetch("/", { headers: { "if-none-match": tag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const asset = await house.fetch("/assets/index-ABCD.js");
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(asset.headers.get("content-encoding")).toBe("gzip");
    expect(await asset.text()).toBe("console.log(1);\n".repeat(100));
    const plain = await house.fetch("/assets/index-ABCD.js", { headers: { "accept-encoding": "identity" } });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(await plain.text()).toBe("console.log(1);\n".repeat(100));
    expect((await house.fetch("/icon.png")).headers.get("content-encoding")).toBeNull();
  });

  test.each([
    "/../package.json",
    "/%2e%2e/package.json",
    "/assets/",
    "/assets",
    "//etc/passwd",
    "/index.html.1",
  ])("%s is not there", async (path) => {
    expect((await house.fetch(path)).status).toBe(404);
  });
});
