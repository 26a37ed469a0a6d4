import { createHash } from "node:crypto";
import { hostRealm } from "../../host-sim/board/realm";
import { createResolver } from "../../host-sim/network/dns";
import { Link, type Peer } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { createTCP, type TCPClass } from "../../host-sim/network/tcp";
import { clock } from "../support/timer";

export interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** Reads the frame of a client that fills `bytes`, or says what is wrong with it. Written from RFC 6455 section 5.2 alone. */
export function readClientFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) & 0x70) throw new Error("reserved bits");
  if (!(view.getUint8(1) & 0x80)) throw new Error("not masked");
  const short = view.getUint8(1) & 0x7f;
  const keyAt = short < 126 ? 2 : short === 126 ? 4 : 10;
  const byteLength = short < 126 ? short : short === 126 ? view.getUint16(2) : Number(view.getBigUint64(2));
  if (bytes.length !== keyAt + 4 + byteLength) throw new Error(`${bytes.length} bytes are not one frame`);
  const key = bytes.subarray(keyAt, keyAt + 4);
  const payload = bytes.slice(keyAt + 4).map((byte, index) => byte ^ key[index % 4]!);
  return { final: view.getUint8(0) >= 0x80, opcode: view.getUint8(0) & 0x0f, payload };
}

/** A frame as servers send it. */
export function serverFrame(
  opcode: number,
  payload: Uint8Array | readonly number[],
  final = true,
): Uint8Array {
  const { length } = payload;
  const first = (final ? 0x80 : 0) | opcode;
  if (length < 126) return Uint8Array.of(first, length, ...payload);
  const header = new DataView(new ArrayBuffer(length < 65_536 ? 4 : 10));
  header.setUint8(0, first);
  header.setUint8(1, length < 65_536 ? 126 : 127);
  if (length < 65_536) header.setUint16(2, length);
  else header.setBigUint64(2, BigInt(length));
  return Buffer.concat([new Uint8Array(header.buffer), Uint8Array.from(payload)]);
}

/** The far end of a WebSocket, played by a test. */
export class WebSocketPeer {
  readonly peer: Peer;

  constructor(peer: Peer) {
    this.peer = peer;
  }

  /** What the client wrote first. */
  get request(): string {
    return Buffer.from(this.peer.writes[0] ?? []).toString();
  }

  /** One for each write of the client after the request: a write that is not exactly one frame throws. */
  get frames(): Frame[] {
    return this.peer.writes.slice(1).map(readClientFrame);
  }

  /** Answers the request as RFC 6455 section 4.2.2 wants it. */
  accept(): void {
    this.peer.send(Buffer.from(this.answer()));
  }

  answer(): string {
    const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(this.request)?.[1];
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    return (
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n`
    );
  }

  send(opcode: number, payload: Uint8Array | readonly number[], final = true): void {
    this.peer.send(serverFrame(opcode, payload, final));
  }
}

/** An in-memory network on the virtual clock of the test file, with a WebSocket server at port 8083. */
export class WebSocketBench {
  readonly link: Link = new Link({ clock, latency: 1 });
  readonly network: NetworkInterface = new NetworkInterface({ clock, network: this.link });
  readonly TCP: TCPClass;
  readonly dns: Record<string, unknown>;
  readonly peers: WebSocketPeer[] = [];

  constructor(sendBufferByteLength?: number) {
    const environment = { network: this.network, clock, realm: hostRealm };
    this.TCP = createTCP(sendBufferByteLength ? { ...environment, sendBufferByteLength } : environment);
    this.dns = { io: createResolver(environment), servers: ["1.1.1.1"], socket: { io: class {} } };
    this.link.addHost("broker.local", "10.0.0.1");
    this.link.listen(8083, (peer) => this.peers.push(new WebSocketPeer(peer)));
  }

  /** The connection made last. */
  get peer(): WebSocketPeer {
    return this.peers.at(-1) as WebSocketPeer;
  }
}
