import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach } from "vitest";
import { Board } from "../../host-sim/board/board";
import { createRandom } from "../../host-sim/board/random";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { DeviceProcess, type DeviceProcessOptions } from "../../host-sim/device-process";
import type { DeviceException } from "../../host-sim/embedded/device-exception";
import { compileFirmware, type Firmware } from "../../host-sim/firmware";
import { Link } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A firmware from TypeScript texts by specifier; `main` is its main module. All are preloaded. */
export function firmware(texts: Record<string, string>, platform?: readonly string[]): Promise<Firmware> {
  const folder = mkdtempSync(join(tmpdir(), "thimble-firmware-"));
  folders.push(folder);
  const files = new Map<string, string>();
  for (const [specifier, text] of Object.entries(texts)) {
    const path = join(folder, `${specifier}.ts`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    files.set(specifier, path);
  }
  return compileFirmware({
    name: "fixture",
    main: "main",
    files,
    ...(platform ? { platformSpecifiers: new Set(platform) } : {}),
    config: { greeting: "hello", nested: { list: [1, 2] } },
  });
}

export interface Bench {
  readonly clock: VirtualClock;
  readonly link: Link;
  readonly board: Board;
  readonly network: NetworkInterface;
  readonly device: DeviceProcess;
  /** What the firmware traced. */
  readonly traces: string[];
  readonly exceptions: DeviceException[];
}

/** A device on a board of its own, on a virtual clock and an in-memory network. */
export function bench(
  source: Firmware,
  options: Partial<DeviceProcessOptions> = {},
  clock: VirtualClock = new VirtualClock(),
): Bench {
  const link = new Link({ clock });
  const board = new Board({ clock });
  const network = new NetworkInterface({ clock, network: link });
  const traces: string[] = [];
  const exceptions: DeviceException[] = [];
  const device = new DeviceProcess({
    firmware: source,
    board,
    network,
    clock,
    random: createRandom(7),
    onTrace: (text) => traces.push(text),
    onException: (exception) => exceptions.push(exception),
    ...options,
  });
  return { clock, link, board, network, device, traces, exceptions };
}

/** Starts a main module and gives what it traced before its start returned. */
export async function traced(main: string, options: Partial<DeviceProcessOptions> = {}): Promise<string> {
  const { device, traces, exceptions } = bench(await firmware({ main }), options);
  await device.start();
  if (exceptions[0]) throw exceptions[0];
  device.kill();
  return traces.join("");
}
