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

/** Feeds an answer until it is complete, or wrong. @returns the answer, and what was left of the text, or `undefined` when the text ended */
function feed(text: string | Uint8Array): { response: UpgradeResponse; rest: string | undefined } {
  const response = new UpgradeResponse(KEY, new Uint8Array(128));
  const bytes = Buffer.from(text as string);
  for (let position = 0; position < bytes.length; position++)
    if (response.feed(bytes[position]!)) return { response, rest: bytes.subarray(position + 1).toString() };
  return { response, rest: undefined };
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
    ["a path without /", "broker", "mqtt", undefined, "path mqtt"],
    ["a path that is no text", "broker", 5 as unknown as string, undefined, "path 5"],
    ["a path with a line break", "broker", "/\r\nX: y", undefined, "path /"],
    ["a path with a space", "broker", "/a b", undefined, "path /a b is not one that begins with /"],
    ["a path with DEL", "broker", "/\u007f", undefined, "path /"],
    ["a path beyond ASCII", "broker", "/\u00e4", undefined, "path /\u00e4"],
    ["a host with a line break", "broker\r\nX: y", "/", undefined, "has a character that no name has"],
    ["a host without a name", "", "/", undefined, "has a character that no name has"],
    ["a header with a line break", "broker", "/", new Map([["X", "y\r\nZ: 1"]]), "header X has a control"],
    ["a header with a space in its name", "broker", "/", new Map([["X Y", "z"]]), "header X Y has a control"],
  ])("%s is refused: it would not be the request that was meant", (_name, host, path, headers, message) => {
    expect(() => upgradeRequest(host, 80, path, KEY, headers)).toThrow(
      expect.objectContaining({ code: INVALID_OPTION, message: expect.stringContaining(message) }),
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
    const { response, rest } = feed(
      answer([
        `Server: ${"x".repeat(1_000)}`,
        "UPGRADE: WebSocket",
        "connection: keep-alive, upgrade",
        `sec-websocket-accept:${acceptOf(KEY)}  `,
        "sec-websocket-protocol: mqtt",
      ]),
    );
    expect([response.error, rest]).toEqual([undefined, ""]);
  });

  test("lines may end without carriage return", () => {
    const { response, rest } = feed(answer(HEADERS).replaceAll("\r", ""));
    expect([response.error, rest]).toEqual([undefined, ""]);
  });

  test("headers that are not UTF-8 say nothing, and an empty list of extensions is none", () => {
    const text = answer(["Server: M\u00fcller", ...HEADERS, "Sec-WebSocket-Extensions:"]);
    const { response, rest } = feed(Buffer.from(text, "latin1"));
    expect([response.error, rest]).toEqual([undefined, ""]);
  });

  test("8,192 bytes are the most", () => {
    const spare = 8_192 - answer([...HEADERS, "X: "]).length;
    const { response, rest } = feed(answer([...HEADERS, `X: ${"y".repeat(spare)}`]));
    expect([response.error, rest]).toEqual([undefined, ""]);
    const longer = feed(answer([...HEADERS, `X: ${"y".repeat(spare + 1)}`]));
    expect([longer.response.error, longer.rest]).toEqual(["an HTTP answer of over 8192 bytes", ""]);
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
    ["another protocol with a status", "RTSP/1.0 101 OK\r\n", "not HTTP"],
    ["an empty line", "\r\nHTTP/1.1 101 OK\r\n", "not HTTP"],
    ["a first line that is not UTF-8", Buffer.from("HTTP/1.1 101 \u00fc\r\n", "latin1"), "not HTTP"],
    ["status 99", "HTTP/1.1 99 Low\r\n", "not HTTP"],
    ["status 100", "HTTP/1.1 100 Continue\r\n", "HTTP status 100 Continue instead of 101"],
    ["status 599", "HTTP/1.1 599 High\r\n", "HTTP status 599 High instead of 101"],
    ["status 600", "HTTP/1.1 600 Over\r\n", "not HTTP"],
    ["another Upgrade", answer(["Upgrade: h2c", ...HEADERS.slice(1)]), "no header Upgrade"],
    [
      "another Connection",
      answer([HEADERS[0]!, "Connection: keep-alive", ...HEADERS.slice(2)]),
      "no header Connection",
    ],
    [
      "an extension with a long name",
      answer([...HEADERS, `Sec-WebSocket-Extensions: ${"x".repeat(200)}`]),
      "the extension xxx",
    ],
    ["headers without end", `HTTP/1.1 101 OK\r\n${"X: y\r\n".repeat(2_000)}`, "over 8192 bytes"],
    ["a line without end", "x".repeat(9_000), "over 8192 bytes"],
  ])("%s is refused, and the text says what is wrong", (_name, text, error) => {
    const { response, rest } = feed(text);
    expect([response.error, typeof rest]).toEqual([expect.stringContaining(error), "string"]);
  });

  test("another status is told with its text, at once", () => {
    const { response, rest } = feed("HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n");
    expect(response).toMatchObject({ error: "HTTP status 404 Not Found instead of 101", status: 404 });
    expect(rest).toBe("Server: x\r\n\r\n");
  });
});
