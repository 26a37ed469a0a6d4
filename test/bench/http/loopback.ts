import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What the loopback interface has carried: IP packets, and their bytes with the headers of IP and TCP. */
export interface Carried {
  readonly packets: number;
  readonly bytes: number;
}

/**
 * Reads the kernel's counters. They count everybody's packets: measure several times and take the smallest.
 * @throws {Error} on systems other than Linux and macOS
 */
export function carried(): Carried {
  if (process.platform === "linux") return parseLinux(readFileSync("/proc/net/dev", "utf8"));
  if (process.platform === "darwin")
    return parseDarwin(execFileSync("netstat", ["-b", "-n", "-I", "lo0"], { encoding: "utf8" }));
  throw new Error(`${process.platform}: only Linux and macOS count what loopback carries`);
}

/** `lo: bytes packets errs drop ...`; loopback has no link header (checked: an empty ACK with timestamps counts 52 bytes). */
export function parseLinux(text: string): Carried {
  const [bytes, packets] = /^\s*lo:\s*(\d+)\s+(\d+)/m.exec(text)?.slice(1).map(Number) ?? [];
  if (bytes === undefined || packets === undefined) throw new Error("/proc/net/dev has no line of lo");
  return { packets, bytes };
}

/** `Name Mtu Network [Address] Ipkts Ierrs Ibytes ...`; the line of the link has no address. */
export function parseDarwin(text: string): Carried {
  const [packets, bytes] =
    /^lo0\s+\d+\s+<Link#\d+>\s+(\d+)\s+\d+\s+(\d+)/m.exec(text)?.slice(1).map(Number) ?? [];
  if (packets === undefined || bytes === undefined) throw new Error("netstat has no line of lo0's link");
  return { packets, bytes };
}

export function difference(after: Carried, before: Carried): Carried {
  return { packets: after.packets - before.packets, bytes: after.bytes - before.bytes };
}
