import { generate, type IConnectPacket, parser } from "mqtt-packet";
import { expect, test } from "vitest";
import { ConnectGuard } from "../../../host-sim/home/mobile-app/connect-guard";

const PING = Buffer.from([0xc0, 0x00]);

function connect(change: Partial<IConnectPacket> = {}): Buffer {
  return generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    clientId: "app-anna-x1",
    keepalive: 20,
    ...change,
  } as IConnectPacket);
}

interface Outcome {
  passed: Buffer;
  refused: string[];
}

/** What comes out of the guard, and why it refuses. */
function guard(pieces: readonly Uint8Array[], user?: string, password?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const passed: Buffer[] = [];
    const refused: string[] = [];
    const stream = new ConnectGuard({
      idPrefix: "app-anna-",
      user,
      password,
      onRefused: (reason) => refused.push(reason),
    });
    stream.on("data", (chunk: Buffer) => passed.push(chunk));
    stream.on("end", () => resolve({ passed: Buffer.concat(passed), refused }));
    for (const piece of pieces) stream.write(piece);
    stream.end();
  });
}

test("passes a phone's bytes on as they are, in any pieces", async () => {
  const bytes = Buffer.concat([connect(), PING]);
  expect(await guard([bytes])).toEqual({ passed: bytes, refused: [] });
  const single = [...bytes].map((byte) => Uint8Array.of(byte));
  expect(await guard(single)).toEqual({ passed: bytes, refused: [] });
});

test.each([4, 5] as const)("tells the broker the user of its URL, in version %d", async (protocolVersion) => {
  const bytes = Buffer.concat([connect({ protocolVersion }), PING]);
  const { passed } = await guard([bytes], "home", "secret");
  const packets: { cmd: string; username?: string; password?: Buffer; clientId?: string }[] = [];
  const reader = parser();
  reader.on("packet", (packet) => packets.push(packet as (typeof packets)[number]));
  reader.parse(passed);
  expect(packets.map(({ cmd }) => cmd)).toEqual(["connect", "pingreq"]);
  expect(packets[0]).toMatchObject({ username: "home", clientId: "app-anna-x1", protocolVersion });
  expect(packets[0]?.password?.toString()).toBe("secret");
});

test.each([
  ["another's Client Identifier", connect({ clientId: "smart-light" }), /does not begin with app-anna-/],
  ["a wildcard in it", connect({ clientId: "app-anna-#" }), /does not begin with app-anna-/],
  ["no Keep Alive", connect({ keepalive: 0 }), /Keep Alive of 0 s is not 1 to 300/],
  ["an hour's Keep Alive", connect({ keepalive: 3_600 }), /Keep Alive of 3600 s/],
  [
    "a will",
    connect({ will: { topic: "home/light/set", payload: Buffer.from("x"), qos: 0, retain: false } }),
    /will/,
  ],
  ["credentials", connect({ username: "home", password: Buffer.from("x") }), /credentials/],
  ["another first packet", PING, /no CONNECT/],
  ["a long CONNECT", connect({ clientId: `app-anna-${"x".repeat(2_000)}` }), /longer than 1024 bytes/],
  ["a length that is none", Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff]), /longer than 1024 bytes/],
  ["a CONNECT of nothing", Buffer.from([0x10, 0x02, 0x00, 0x00]), /malformed/],
])("refuses %s, once, and passes nothing on, then or later", async (_name, bytes, reason) => {
  const { passed, refused } = await guard([bytes, connect(), PING]);
  expect(refused).toHaveLength(1);
  expect(refused[0]).toMatch(reason);
  expect(passed).toHaveLength(0);
});
