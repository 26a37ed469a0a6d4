import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Debian puts brokers into /usr/sbin, which is not in everybody's PATH. */
const DIRECTORIES: readonly string[] = [
  ...(process.env.PATH ?? "").split(delimiter),
  "/usr/sbin",
  "/usr/local/sbin",
  "/usr/bin",
];

/** The referees: programs nobody here wrote, which the interop tests judge Thimble with. */
export interface Referees {
  readonly mosquitto: string;
  readonly mosquittoPub: string;
  readonly mosquittoSub: string;
  /** A Python 3 that can import paho.mqtt. */
  readonly python: string;
}

/**
 * The referees of this machine, or `undefined` where one is missing: its tests then report themselves skipped, and this
 * prints what to install.
 * @throws {Error} instead, when CI=true: there a missing referee fails the run
 */
export const referees: Referees | undefined = findReferees();

function findReferees(): Referees | undefined {
  const found = {
    mosquitto: findProgram("mosquitto"),
    mosquittoPub: findProgram("mosquitto_pub"),
    mosquittoSub: findProgram("mosquitto_sub"),
    python: findPython(),
  };
  const packages = [
    ...(found.mosquitto ? [] : ["mosquitto"]),
    ...(found.mosquittoPub && found.mosquittoSub ? [] : ["mosquitto-clients"]),
    ...(found.python ? [] : ["python3-paho-mqtt"]),
  ];
  if (packages.length === 0) return found as Referees;
  const message = `a referee of the interop tests is missing: apt-get install ${packages.join(" ")}`;
  if (process.env.CI === "true") throw new Error(message);
  process.stderr.write(`skipped: ${message}\n`);
  return undefined;
}

function findProgram(name: string): string | undefined {
  return findPrograms(name)[0];
}

function findPrograms(name: string): string[] {
  const paths = [...new Set(DIRECTORIES)].filter((path) => path !== "").map((path) => join(path, name));
  return paths.filter((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The first python3 may be one that does not see Debian's packages. */
function findPython(): string | undefined {
  return findPrograms("python3").find((path) => {
    try {
      execFileSync(path, ["-c", "import paho.mqtt.client"], { stdio: "ignore", timeout: 10_000 });
      return true;
    } catch {
      return false;
    }
  });
}

/** One more way in, on a free loopback port of its own. */
export interface Listener {
  /** Default "mqtt". */
  readonly protocol?: "mqtt" | "websockets";
  /** The broker's certificate, with that of its authority behind it, and its key. Default: no TLS. */
  readonly secure?: { readonly chain: string; readonly key: string };
  /** Clients must have a certificate of this authority; its common name becomes their user name. Needs `secure`. */
  readonly clientAuthority?: string;
}

export interface MosquittoOptions {
  /** 1 to 65535; default a free one. */
  readonly port?: number;
  /** Keep sessions and retained messages over `restart()`, as an installed broker does. Default false. */
  readonly persistence?: boolean;
  /** More lines of mosquitto.conf. */
  readonly configuration?: string;
  /** By name, for `portOf`. Certificates and keys are PEM. */
  readonly listeners?: Readonly<Record<string, Listener>>;
}

/** A real mosquitto of its own: free loopback port, temporary directory, no part in any system service. */
export class Mosquitto {
  readonly host: string = "127.0.0.1";
  readonly port: number;
  readonly #program: string;
  readonly #directory: string;
  readonly #ports = new Map<string, number>();
  /** Whether the directory is the broker's own, and goes with it. */
  #isTemporary = true;
  #process: ChildProcess | undefined;
  #log = "";

  private constructor(program: string, directory: string, port: number) {
    this.#program = program;
    this.#directory = directory;
    this.port = port;
  }

  get url(): string {
    return `mqtt://${this.host}:${this.port}`;
  }

  /** The port of one of the listeners. */
  portOf(listener: string): number {
    const port = this.#ports.get(listener);
    if (port === undefined) throw new Error(`mosquitto was started without a listener ${listener}`);
    return port;
  }

  get processId(): number {
    if (this.#process?.pid === undefined) throw new Error("mosquitto is not running");
    return this.#process.pid;
  }

  /** What mosquitto has printed. */
  get log(): string {
    return this.#log;
  }

  /** Starts one and waits until it accepts connections. */
  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    if (!referees) throw new Error("mosquitto is not installed; skip with describe.skipIf(!referees)");
    const port = options.port ?? (await freePort());
    const directory = await mkdtemp(join(tmpdir(), "thimble-mosquitto-"));
    const lines = [
      `listener ${port} 127.0.0.1`,
      "allow_anonymous true",
      // Without it every PUBACK waits for a delayed acknowledgement of the packet before.
      "set_tcp_nodelay true",
      "log_dest stderr",
      // mosquitto as root becomes the user `mosquitto`, who cannot write here.
      ...(process.getuid?.() === 0 ? ["user root"] : []),
      ...(options.persistence
        ? [
            "persistence true",
            `persistence_location ${directory}/`,
            "autosave_interval 1",
            "autosave_on_changes true",
          ]
        : ["persistence false"]),
      options.configuration ?? "",
    ];
    const broker = new Mosquitto(referees.mosquitto, directory, port);
    for (const [name, listener] of Object.entries(options.listeners ?? {}))
      lines.push(...(await broker.#addListener(name, listener)));
    await writeFile(join(directory, "mosquitto.conf"), `${lines.join("\n")}\n`);
    await broker.restart();
    return broker;
  }

  /**
   * Starts one with the mosquitto.conf in a directory, as an installed one is started.
   * @param ports - its listeners, all on this machine
   */
  static async startIn(directory: string, ports: readonly [number, ...number[]]): Promise<Mosquitto> {
    if (!referees) throw new Error("mosquitto is not installed; skip with describe.skipIf(!referees)");
    const broker = new Mosquitto(referees.mosquitto, directory, ports[0]);
    for (const port of ports) broker.#ports.set(String(port), port);
    broker.#isTemporary = false;
    await broker.restart();
    return broker;
  }

  /** @returns its lines of mosquitto.conf */
  async #addListener(name: string, { protocol, secure, clientAuthority }: Listener): Promise<string[]> {
    const port = await freePort();
    const write = async (option: string, pem: string): Promise<string> => {
      const file = join(this.#directory, `${port}-${option}.pem`);
      await writeFile(file, pem, { mode: 0o600 });
      return `${option} ${file}`;
    };
    this.#ports.set(name, port);
    const lines = [`listener ${port} ${this.host}`, `protocol ${protocol ?? "mqtt"}`];
    if (secure) lines.push(await write("certfile", secure.chain), await write("keyfile", secure.key));
    if (clientAuthority) {
      lines.push(await write("cafile", clientAuthority));
      lines.push("require_certificate true", "use_identity_as_username true");
    }
    return lines;
  }

  /** Starts it again on the same port with the same configuration. */
  async restart(): Promise<void> {
    const child = spawn(this.#program, ["-c", join(this.#directory, "mosquitto.conf")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    // A test that fails may not get as far as stop(); Vitest ends its workers with SIGTERM.
    const end = (): boolean => child.kill("SIGKILL");
    const terminate = (): never => process.exit(end() ? 143 : 1);
    process.once("exit", end);
    process.once("SIGTERM", terminate);
    child.once("exit", () => {
      process.off("exit", end);
      process.off("SIGTERM", terminate);
    });
    child.stderr?.on("data", (data: Buffer) => {
      this.#log += data;
    });
    await this.#ready(child);
  }

  /** SIGKILL: as when its machine loses power. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Freezes it: connections stay open and nothing is answered. It can still be ended. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  /** SIGTERM, then removes its directory. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
    if (this.#isTemporary) await rm(this.#directory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    child.kill("SIGCONT"); // a frozen process takes no SIGTERM
    await exited;
  }

  async #ready(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + 10_000;
    for (const port of [this.port, ...this.#ports.values()])
      while (!(await accepts(this.host, port))) {
        if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}:\n${this.#log}`);
        if (Date.now() > deadline) throw new Error(`mosquitto does not listen on ${port}:\n${this.#log}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** A loopback port that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
