import { createServer, type Server, type Socket } from "node:net";
import { DebuggedMachine, type MachineEvents } from "./debugger";
import { type Breakpoint, readMessages } from "./protocol";
import { DocumentReader, MalformedDocument } from "./xml";

export interface XsbugServerOptions {
  readonly events: MachineEvents;
  /** What a machine gets when it comes. */
  readonly breakpoints: () => readonly Breakpoint[];
  /** A connection that never said it is a machine, and what it said instead. */
  readonly stranger: (address: string, trouble: string) => void;
}

/** Where XS machines connect to their debugger, each by a TCP connection of its own. */
export class XsbugServer {
  /** Those that are there, and those that have gone. */
  readonly machines: DebuggedMachine[] = [];
  readonly #options: XsbugServerOptions;
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();

  constructor(options: XsbugServerOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** @returns the port */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        resolve(typeof address === "object" && address ? address.port : port);
      });
    });
  }

  /** Lets all machines go on without us. */
  async close(): Promise<void> {
    for (const machine of this.machines) if (machine.connected) machine.logout();
    const gone = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroySoon();
    await gone;
  }

  get connected(): DebuggedMachine[] {
    return this.machines.filter((machine) => machine.connected);
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const { events } = this.#options;
    const machine = new DebuggedMachine(
      (text) => {
        if (socket.writable) socket.write(text);
      },
      { ...bound(events), login: (one) => this.#login(one) },
      this.#options.breakpoints,
    );
    const reader = new DocumentReader();
    let trouble: string | undefined;
    socket.on("data", (bytes) => {
      try {
        for (const document of reader.read(bytes)) machine.receive(readMessages(document));
      } catch (error) {
        if (!(error instanceof MalformedDocument)) throw error;
        trouble = `malformed XML: ${error.message}`;
        if (machine.label === "") this.#options.stranger(socket.remoteAddress ?? "", trouble);
        socket.destroy();
      }
    });
    socket.on("error", () => {
      trouble ??= "the connection was lost";
    });
    socket.on("close", () => {
      this.#sockets.delete(socket);
      if (reader.partial) trouble ??= "it vanished in the middle of a document";
      machine.disconnected(trouble);
    });
    // Half-open: what is left to say to a machine that has closed its end goes nowhere.
    socket.on("end", () => socket.end());
  }

  /** Two machines of one name that are there at the same time are told apart. */
  #login(machine: DebuggedMachine): void {
    const taken = new Set(this.connected.filter((other) => other !== machine).map(({ label }) => label));
    const { label } = machine;
    for (let number = 2; taken.has(machine.label); number += 1) machine.label = `${label}#${number}`;
    this.machines.push(machine);
    this.#options.events.login(machine);
  }
}

/** The methods of an object whose prototype has them. */
function bound(events: MachineEvents): MachineEvents {
  return {
    login: (machine) => events.login(machine),
    log: (machine, line, position) => events.log(machine, line, position),
    stop: (machine, stop) => events.stop(machine, stop),
    sample: (machine) => events.sample(machine),
    bubble: (machine, bubble) => events.bubble(machine, bubble),
    import: (machine, path) => events.import(machine, path),
    end: (machine, end) => events.end(machine, end),
  };
}
