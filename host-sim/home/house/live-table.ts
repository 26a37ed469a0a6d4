import Table, { type TableConstructorOptions } from "cli-table3";
import { describePayload } from "./house-event";
import type { MachineReport } from "./report";

/** One device at this moment. */
export interface DeviceView {
  readonly id: string;
  /** Its pin or sensor, for people: `TMP117 21.50 °C`. */
  readonly value: string;
  /** Why it cannot be reached, if so. */
  readonly state: "" | "offline" | "network cut" | "stopped";
  readonly reconnects: number;
  /** What it has published, in the order of first appearance. */
  readonly topics: readonly TopicView[];
  /** What its XS machine has used. */
  readonly machine?: MachineReport | undefined;
}

export interface TopicView {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly QoS: number;
  readonly messages: number;
}

export interface HouseView {
  /** ms since the start. */
  readonly time: number;
  readonly broker: string;
  /** The room, for people: `21.4 °C, lamp 12 %`. */
  readonly room: string;
  readonly devices: readonly DeviceView[];
  /** Messages that the independent subscriber has received. */
  readonly received: number;
  /** Acknowledged and not seen by it so far; a message under way counts for a moment. */
  readonly missing: number;
  /** The last events that are no messages, oldest first. */
  readonly events: readonly string[];
}

/** What a terminal has at least. */
const MINIMUM_COLUMNS = 80;

/** Characters of device, value, topic, QoS, messages, reconnects; the payload takes what is left. */
const WIDTHS = [12, 12, 18, 3, 5, 8] as const;

const NO_LINES: NonNullable<TableConstructorOptions["chars"]> = Object.fromEntries(
  "top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle"
    .split(" ")
    .map((name) => [name, ""]),
);

/**
 * The house as a table of at most `columns` characters a line, 80 at least.
 * Long cells are wrapped, except payloads, which are cut.
 */
export function renderTable(view: HouseView, columns: number = MINIMUM_COLUMNS): string {
  const width = Math.max(MINIMUM_COLUMNS, columns);
  const gaps = WIDTHS.length;
  const payloadWidth = Math.min(64, width - WIDTHS.reduce<number>((sum, one) => sum + one, gaps));
  const [device, value, topic, qos, messages, reconnects] = WIDTHS;
  const table = new Table({
    chars: NO_LINES,
    // One space between columns; cli-table3 counts it to the column's width.
    style: { head: [], border: [], "padding-left": 0, "padding-right": 1 },
    colWidths: [device + 1, value + 1, topic + 1, payloadWidth + 1, qos + 1, messages + 1, reconnects + 1],
    colAligns: ["left", "left", "left", "left", "right", "right", "right"],
    head: ["Device", "Pin or\nsensor", "Topic", "Last payload", "QoS", "Mes-\nsages", "Re-\nconnects"],
  });
  for (const one of view.devices) table.push(...deviceRows(one, payloadWidth));
  const lines = table.toString().split("\n");
  const status = `${clockTime(view.time)}  ${view.broker}  ${view.room}`;
  const delivery = `subscriber: ${view.received} received, ${view.missing} missing`;
  const machines = machineLines(view.devices);
  const events = view.events.map((line) => cut(line, width));
  return [cut(status, width), "", ...lines, "", ...machines, delivery, ...events]
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Of the machines' table, in characters: device, slots, peak, chunk bytes, peak, collections, work, deaths. */
const MACHINE_WIDTHS = [18, 10, 5, 15, 6, 4, 7, 5] as const;

/** Memory in use of what the manifest gives the machine, garbage included, and work a message. */
function machineLines(devices: readonly DeviceView[]): string[] {
  if (!devices.some(({ machine }) => machine)) return [];
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 1 },
    colWidths: MACHINE_WIDTHS.map((width) => width + 1),
    colAligns: ["left", "right", "right", "right", "right", "right", "right", "right"],
    head: ["XS machine", "Slots", "Peak", "Chunk bytes", "Peak", "GCs", "Work a\nmessage", "Died"],
  });
  for (const { id, machine } of devices) {
    if (!machine) continue;
    const { slots, heap, peakSlots, chunkBytes, chunk, peakChunkBytes, garbageCollections } = machine;
    table.push([
      id,
      `${slots} of ${heap}`,
      String(peakSlots),
      `${count(chunkBytes)} of ${count(chunk)}`,
      count(peakChunkBytes),
      String(garbageCollections),
      count(machine.workPerMessage),
      String(machine.restarts),
    ]);
  }
  return [...table.toString().split("\n"), ""];
}

function count(value: number): string {
  return value.toLocaleString("en");
}

/** One line a topic; the device's own cells stand beside all of them. */
function deviceRows(device: DeviceView, payloadWidth: number): string[][] {
  const cells = device.topics.flatMap((topic) => topicLines(topic, payloadWidth));
  const names = [...wrap(device.id, WIDTHS[0]), ...(device.state === "" ? [] : [`(${device.state})`])];
  const values = wrap(device.value, WIDTHS[1]);
  const height = Math.max(cells.length, names.length, values.length);
  const rows: string[][] = [];
  for (let line = 0; line < height; line += 1) {
    const [topic = "", payload = "", qos = "", messages = ""] = cells[line] ?? [];
    const reconnects = line === 0 ? String(device.reconnects) : "";
    rows.push([names[line] ?? "", values[line] ?? "", topic, payload, qos, messages, reconnects]);
  }
  return rows;
}

function topicLines(topic: TopicView, payloadWidth: number): string[][] {
  const [first = "", ...rest] = wrap(topic.topic, WIDTHS[2]);
  const payload = cut(describePayload(topic.payload), payloadWidth);
  return [[first, payload, String(topic.QoS), String(topic.messages)], ...rest.map((part) => [part])];
}

/** Breaks after a space, `-` or `/`, or where the line is full. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const at = Math.max(...[" ", "-", "/"].map((mark) => rest.lastIndexOf(mark, width - 1) + 1));
    const end = at > 0 ? at : width;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  lines.push(rest);
  return lines;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** `00:01:05` */
function clockTime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  return [seconds / 3_600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, "0"))
    .join(":");
}
