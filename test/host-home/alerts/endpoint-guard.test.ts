import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import {
  guardedLookup,
  isAllowedAddress,
  refuseEndpoint,
} from "../../../host-sim/home/alerts/endpoint-guard";
import { HttpPoster } from "../../../host-sim/home/alerts/http-post";

test.each([
  "https://fcm.googleapis.com/fcm/send/abc",
  "https://updates.push.services.mozilla.com/wpush/v2/abc",
  "https://web.push.apple.com/abc",
  "https://wns2-par02p.notify.windows.com/w/?token=abc",
  "https://push.example.org:8443/abc",
])("%s is a push endpoint", (endpoint) => {
  expect(refuseEndpoint(endpoint, {})).toBeUndefined();
});

test.each([
  ["http://push.example.org/abc", "the endpoint is not an https URL"],
  ["file:///etc/passwd", "the endpoint is not an https URL"],
  ["push", "the endpoint is not a URL"],
  ["https://user:password@push.example.org/", "the endpoint has a user or a fragment"],
  ["https://localhost/abc", "the endpoint's host is not a public one"],
  ["https://router/abc", "the endpoint's host is not a public one"],
  ["https://a.localhost/abc", "the endpoint's host is not a public one"],
  ["https://127.0.0.1/abc", "the endpoint's host is not a public one"],
  ["https://2130706433/abc", "the endpoint's host is not a public one"],
  ["https://0x7f.1/abc", "the endpoint's host is not a public one"],
  ["https://192.168.1.1/abc", "the endpoint's host is not a public one"],
  ["https://169.254.169.254/latest/meta-data", "the endpoint's host is not a public one"],
  ["https://[::1]/abc", "the endpoint's host is not a public one"],
  ["https://[fd00::1]/abc", "the endpoint's host is not a public one"],
  ["https://[::ffff:10.0.0.1]/abc", "the endpoint's host is not a public one"],
  [`https://push.example.org/${"x".repeat(2_048)}`, "the endpoint has 2073 characters, more than 2048"],
])("%.60s is refused: %s", (endpoint, reason) => {
  expect(refuseEndpoint(endpoint, {})).toBe(reason);
});

test("for tests endpoints may be on this machine, and nowhere else that is private", () => {
  const policy = { loopback: true };
  expect(refuseEndpoint("http://127.0.0.1:1234/abc", policy)).toBeUndefined();
  expect(refuseEndpoint("https://localhost:1234/abc", policy)).toBeUndefined();
  expect(refuseEndpoint("http://[::1]:1234/abc", policy)).toBeUndefined();
  expect(refuseEndpoint("https://10.0.0.1/abc", policy)).toBe("the endpoint's host is not a public one");
  expect(refuseEndpoint("http://push.example.org/abc", policy)).toBe("the endpoint is not an https URL");
});

test.each([
  ["8.8.8.8", true],
  ["2607:f8b0:4004:800::200a", true],
  ["10.1.2.3", false],
  ["100.64.0.1", false],
  ["172.31.255.255", false],
  ["172.32.0.1", true],
  ["0.0.0.0", false],
  ["255.255.255.255", false],
  ["::ffff:127.0.0.1", false],
  ["::ffff:8.8.8.8", false],
  ["64:ff9b::7f00:1", false],
  ["2002:7f00:1::", false],
  ["fe80::1", false],
  ["localhost", false],
])("a name that leads to %s is followed: %s", (address, allowed) => {
  expect(isAllowedAddress(address, {})).toBe(allowed);
});

describe("at the connection", () => {
  test("a public name that leads to this machine is not followed", async () => {
    const server = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const guarded = new HttpPoster({ lookup: guardedLookup({}) });
    const open = new HttpPoster({ lookup: guardedLookup({ loopback: true }) });
    const request = { url: `http://localhost:${port}/secret`, headers: {}, body: Buffer.alloc(0) };
    try {
      await expect(guarded.post(request)).rejects.toThrow("the push service's address is private");
      expect((await open.post(request)).status).toBe(200);
    } finally {
      guarded.close();
      open.close();
      server.close();
    }
  });

  test("redirects are not followed, and who never answers is left", async () => {
    const server = createServer((request, response) => {
      if (request.url === "/redirect") response.writeHead(307, { location: "/elsewhere" }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const poster = new HttpPoster({ timeout: 100 });
    const post = (path: string): ReturnType<HttpPoster["post"]> =>
      poster.post({ url: `http://127.0.0.1:${port}${path}`, headers: {}, body: Buffer.from("x") });
    try {
      expect((await post("/redirect")).status).toBe(307);
      await expect(post("/silence")).rejects.toThrow("no answer within 0.1 s");
    } finally {
      poster.close();
      server.closeAllConnections();
      server.close();
    }
  });
});
