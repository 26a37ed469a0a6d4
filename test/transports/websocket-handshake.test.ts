import { describe, expect, test } from "vitest";
import {
  acceptOf,
  UpgradeResponse,
  upgradeRequest,
} from "../../device/client/transports/websocket/handshake";
import { INVALID_OPTION } from "../../device/mqtt/mqtt-error";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const HEADERS: readonly string[] = [
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${acceptOf(KEY)}`,
  "Sec-WebSocket-Protocol: mqtt",
];

/** Feeds an answer to its end or to its first error. @returns the answer, and what was left of the text */
function feed(text: string): { response: UpgradeResponse; rest: string } {
  const response = new UpgradeResponse(KEY, new Uint8Array(128));
  const bytes = Buffer.from(text);
  let position = 0;
  while (position < bytes.length && !response.feed(bytes[position++]!));
  return { response, rest: bytes.subarray(position).toString() };
}

function answer(headers: readonly string[], status = "101 Switching Protocols"): string {
  return `HTTP/1.1 ${status}\r\n${headers.map((line) => `${line}\r\n`).join("")}\r\n`;
}

describe("the request", () => {
  test("asks for a WebSocket with the subprotocol mqtt [MQTT-6.0.0-3]", () => {
    const headers = new Map([["Authorization", "Bearer abc"]]);
    const request = Buffer.from(upgradeRequest("broker.local", 8083, "/mqtt?a=b", KEY, headers)).toString();
    expect(request.split("\r\n")).toEqual([
      "GET /mqtt?a=b HTTP/1.1",
      "Host: broker.local:8083",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${KEY}`,
      "Sec-WebSocket-Protocol: mqtt",
      "Authorization: Bearer abc",
      "",
      "",
    ]);
  });

  test("an IPv6 address stands in brackets", () => {
    const request = Buffer.from(upgradeRequest("::1", 80, "/", KEY, undefined)).toString();
    expect(request).toContain("\r\nHost: [::1]:80\r\n");
  });

  test.each([
    ["a path without /", "broker", "mqtt", undefined],
    ["a path with a line break", "broker", "/\r\nX: y", undefined],
    ["a path with a space", "broker", "/a b", undefined],
    ["a host with a line break", "broker\r\nX: y", "/", undefined],
    ["a header with a line break", "broker", "/", new Map([["X", "y\r\nZ: 1"]])],
  ])("%s is refused: it would write headers of its own", (_name, host, path, headers) => {
    expect(() => upgradeRequest(host, 80, path, KEY, headers)).toThrow(
      expect.objectContaining({ code: INVALID_OPTION }),
    );
  });
});

describe("the answer", () => {
  test("is read to its empty line and not further", () => {
    const { response, rest } = feed(`${answer(HEADERS)}\u0082\u0000`);
    expect(response).toMatchObject({ error: undefined, status: 101 });
    expect(rest).toBe("\u0082\u0000");
  });

  test("names and tokens are taken in any case, with other headers and long lines between", () => {
    const { response } = feed(
      answer([
        `Server: ${"x".repeat(1_000)}`,
        "UPGRADE: WebSocket",
        "connection: keep-alive, upgrade",
        `sec-websocket-accept:${acceptOf(KEY)}  `,
        "sec-websocket-protocol: mqtt",
      ]),
    );
    expect(response.error).toBeUndefined();
  });

  test("lines may end without carriage return", () => {
    expect(feed(answer(HEADERS).replaceAll("\r", "")).response.error).toBeUndefined();
  });

  test.each([
    ["no Upgrade", answer(HEADERS.slice(1)), "no header Upgrade"],
    ["no Connection", answer(HEADERS.filter((_, index) => index !== 1)), "no header Connection"],
    ["no accept", answer(HEADERS.filter((_, index) => index !== 2)), "Sec-WebSocket-Accept"],
    ["the accept of another key", answer(HEADERS).replace("=\r", "A\r"), "Sec-WebSocket-Accept"],
    ["no subprotocol [MQTT-6.0.0-4]", answer(HEADERS.slice(0, 3)), 'subprotocol "" instead of "mqtt"'],
    ["another subprotocol", answer([...HEADERS.slice(0, 3), "Sec-WebSocket-Protocol: mqttv3.1"]), "mqttv3.1"],
    [
      "an extension",
      answer([...HEADERS, "Sec-WebSocket-Extensions: permessage-deflate"]),
      "permessage-deflate",
    ],
    ["an MQTT packet", "\u0020\u0002\u0000\u0000\n", "not HTTP"],
    ["an SSH banner", "SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"],
    ["headers without end", `HTTP/1.1 101 OK\r\n${"X: y\r\n".repeat(2_000)}`, "over 8192 bytes"],
    ["a line without end", "x".repeat(9_000), "over 8192 bytes"],
  ])("%s is refused, and the text says what is wrong", (_name, text, error) => {
    expect(feed(text).response.error).toContain(error);
  });

  test("another status is told with its text, at once", () => {
    const { response, rest } = feed("HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n");
    expect(response).toMatchObject({ error: "HTTP status 404 Not Found instead of 101", status: 404 });
    expect(rest).toBe("Server: x\r\n\r\n");
  });
});
