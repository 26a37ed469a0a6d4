import { hostRealm } from "../../host-sim/board/realm";
import type { ScheduledCallback } from "../../host-sim/clock/clock";
import { createResolver } from "../../host-sim/network/dns";
import { Link, type Peer } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { createTCP, type TCPOptions, type TCPSocket } from "../../host-sim/network/tcp";
import { clock } from "../support/timer";
import { type Allocation, counted, countingInto, uncounted } from "./allocation";
import { piecesOf } from "./arbitraries/stream";
import { assert } from "./fuzz-property";

/** Most callbacks of the clock in one case: a client that goes round for ever comes to it soon. */
const TURN_LIMIT = 60_000;
/** Pieces of one stream at most: smaller ones would only take time. */
const PIECE_LIMIT = 150;

let turns = 0;
/** After a failure: nothing that waits may run any more. */
let dropping = false;

// The clock that `timer` uses is one for the process. What the code under test schedules runs as code under test.
const { schedule } = clock;
clock.schedule = (callback: () => void, delay: number): ScheduledCallback => {
  const allocation = countingInto();
  const run = (): void => {
    if (dropping) return;
    turns += 1;
    if (turns > TURN_LIMIT) throw new Error(`hangs: more than ${TURN_LIMIT} turns`);
    counted(allocation, callback);
  };
  return uncounted(() => schedule.call(clock, run, delay));
};

/** A network in memory with a server that is played by the case, and sockets that are counted. Used for many cases. */
export class Simulation {
  readonly network: NetworkInterface;
  readonly dns: Record<string, unknown>;
  readonly socket: Record<string, unknown>;
  readonly link: Link;
  /** Sockets that the code under test has not closed. */
  openSockets = 0;
  /** Into which the code under test counts. */
  allocation: Allocation = { byteLength: 0, largest: 0 };

  constructor(sendBufferByteLength: number) {
    this.link = new Link({ clock, latency: 1 });
    this.network = new NetworkInterface({ clock, network: this.link, random: () => 0.5 });
    const environment = { network: this.network, clock, realm: hostRealm, sendBufferByteLength };
    this.link.addHost("broker.local", "10.0.0.1");
    this.dns = { io: createResolver(environment), servers: ["1.1.1.1"], socket: { io: Object } };
    this.socket = { io: countedSocket(createTCP(environment), this) };
  }

  /** Timers of the test. */
  readonly #timers = new Set<ScheduledCallback>();

  /** Calls back when the case has not ended until then. @param delay - ms */
  later(delay: number, run: () => void): void {
    const timer = clock.schedule(() => {
      this.#timers.delete(timer);
      run();
    }, delay);
    this.#timers.add(timer);
  }

  /** The case has ended. */
  end(): void {
    for (const timer of this.#timers) clock.cancel(timer);
    this.#timers.clear();
    this.network.close();
    clock.advance(5);
  }

  /** Runs code under test. */
  run<Result>(code: () => Result): Result {
    return counted(this.allocation, code);
  }
}

type Callback = (this: TCPSocket, ...parameters: never[]) => void;

function countedSocket(TCP: ReturnType<typeof createTCP>, simulation: Simulation): unknown {
  const open = new WeakSet<object>();

  function wrap(options: TCPOptions): TCPOptions {
    const wrapped: Record<string, unknown> = { ...options };
    for (const name of ["onReadable", "onWritable", "onError"] as const) {
      const callback = options[name] as Callback | undefined;
      if (callback)
        wrapped[name] = function (this: TCPSocket, ...parameters: never[]): void {
          simulation.run(() => callback.apply(this, parameters));
        };
    }
    return wrapped as unknown as TCPOptions;
  }

  class CountedSocket extends TCP {
    constructor(options: TCPOptions) {
      super(options);
      open.add(this);
      simulation.openSockets += 1;
    }

    override read(target?: number | ArrayBufferLike | ArrayBufferView): number | ArrayBuffer | undefined {
      return uncounted(() => super.read(target));
    }

    override write(data: number | ArrayBufferLike | ArrayBufferView): number | undefined {
      return uncounted(() => super.write(data));
    }

    override close(): void {
      if (open.delete(this)) simulation.openSockets -= 1;
      uncounted(() => super.close());
    }
  }

  // No arrow function: it is called with `new`.
  function construct(options: TCPOptions): TCPSocket {
    return uncounted(() => new CountedSocket(wrap(options)));
  }
  return construct;
}

const simulations = new Map<number, Simulation>();

/** Runs a case, and sees to it that nothing is left of it afterwards. */
export function simulate<Result>(
  sendBufferByteLength: number,
  run: (simulation: Simulation) => Result,
): Result {
  const simulation = simulations.get(sendBufferByteLength) ?? new Simulation(sendBufferByteLength);
  simulations.set(sendBufferByteLength, simulation);
  simulation.allocation = { byteLength: 0, largest: 0 };
  turns = 0;
  try {
    const result = run(simulation);
    simulation.end();
    assert(clock.pending === 0, `${clock.pending} timers are left`);
    assert(simulation.network.connectionCount === 0, "a connection is left");
    return result;
  } catch (error) {
    simulations.clear();
    dropping = true;
    clock.advance(1e9);
    dropping = false;
    throw error;
  }
}

export interface Sending {
  cuts: readonly number[];
  /** Time between two pieces, ms. */
  gap: number;
  /** What follows them. */
  end: "silence" | "finish" | "reset";
}

/** Sends a stream in pieces. @returns how long that takes, ms */
export function sendPieces(
  simulation: Simulation,
  peer: Peer,
  stream: Uint8Array,
  { cuts, gap, end }: Sending,
): number {
  const total = cuts.reduce((sum, length) => sum + length, 0);
  const scale = Math.ceil((stream.length * cuts.length) / total / PIECE_LIMIT) || 1;
  const pieces = piecesOf(stream, scale === 1 ? cuts : cuts.map((length) => length * scale));
  for (let index = 0; index < pieces.length; index++)
    simulation.later(index * gap, () => {
      if (peer.open) peer.send(pieces[index]!);
    });
  const duration = pieces.length * gap;
  simulation.later(duration, () => {
    if (!peer.open) return;
    if (end === "finish") peer.finish();
    else if (end === "reset") peer.reset();
  });
  return duration;
}
