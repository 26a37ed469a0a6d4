import type { Figures } from "./client-figures";

/** One line of the table: figures of ours by their identifiers, and what is asked of them. */
export interface Row {
  readonly title: string;
  /** One for each column of its group; empty: nothing stands there. */
  readonly figures: readonly string[];
  /** Most that each column may show. */
  readonly goals?: readonly (number | undefined)[];
  /** Of others, as published: text for each column. */
  readonly published?: readonly string[];
  /** Why a goal is missed: the measured reason. */
  readonly reason?: (size: SizeOf) => string;
}

/** A figure as text, or the sum of several. */
type SizeOf = (...names: readonly string[]) => string;

export interface Group {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

const MQTT = "bytecode.device/mqtt/";
const CLIENT = "bytecode.device/client/";
const RELIABLE: string = `${CLIENT}reliable/`;

function message(client: string, step: string, title: string, more: Partial<Row> = {}): Row {
  const figures = ["work", "garbage", "writes"].map((figure) => `${client}.${step}.${figure}`);
  return { title, figures, ...more };
}

function memory(title: string, figure: string, more: Partial<Row> = {}): Row {
  return { title, figures: [figure], ...more };
}

function bytecode(title: string, name: string, more: Partial<Row> = {}): Row {
  return { title, figures: [`bytecode.modules.${name}`, `bytecode.bundle.${name}`], ...more };
}

/** Of others, see the note below the table. */
function published(title: string, ...cells: readonly string[]): Row {
  return { title, figures: [], published: cells };
}

export const GROUPS: readonly Group[] = [
  {
    title: "a message of 20 bytes to home/temp",
    columns: ["work", "garbage", "writes"],
    rows: [
      message("mqttClient", "publish0", "MQTTClient publishes, QoS 0", { goals: [undefined, 64, 1] }),
      message("mqttClient", "publish1", "  QoS 1, until PUBACK", { goals: [undefined, undefined, 1] }),
      message("mqttClient", "publish2", "  QoS 2, until PUBCOMP", { goals: [undefined, undefined, 2] }),
      message("mqttClient", "prepared0", "  prepared, QoS 0", { goals: [undefined, 0, 1] }),
      message("mqttClient", "prepared1", "  prepared, QoS 1", { goals: [undefined, undefined, 1] }),
      message("mqttClient", "prepared2", "  prepared, QoS 2", { goals: [undefined, undefined, 2] }),
      message("mqttClient", "receive0", "MQTTClient receives, QoS 0"),
      message("mqttClient", "receive1", "  QoS 1, and sends PUBACK"),
      message("mqttClient", "receive2", "  QoS 2, until PUBCOMP is sent"),
      message("reliableClient", "publish0", "ReliableClient publishes, QoS 0", { goals: [undefined, 64, 1] }),
      message("reliableClient", "publish1", "  QoS 1, kept until PUBACK", {
        goals: [undefined, undefined, 1],
      }),
      message("reliableClient", "publish2", "  QoS 2, kept until PUBCOMP", {
        goals: [undefined, undefined, 2],
      }),
      message("reliableClient", "prepared0", "  prepared, QoS 0", { goals: [undefined, 0, 1] }),
      message("reliableClient", "receive0", "ReliableClient receives, QoS 0"),
      message("reliableClient", "receive1", "  QoS 1, and sends PUBACK"),
      message("reliableClient", "receive2", "  QoS 2, until PUBCOMP is sent"),
      published("Moddable 419 publishes, QoS 0 (its figures)", "412", "660", "4"),
      published("  QoS 1, without PUBACK", "445", "784", "5"),
      published("  receives, QoS 0 / 1 / 2", "1,220 / 1,436 / 1,971", "", ""),
      published("Moddable's old client publishes, QoS 0", "379", "484", "1"),
    ],
  },
  {
    title: "memory, bytes",
    columns: ["bytes"],
    rows: [
      memory("MQTTClient, connected", "mqttClient.live", {
        goals: [1_500],
        reason: () =>
          "768 of it are its three buffers of 256, which the incumbent leaves to the socket; a property, of which its state has some 60, is 16 bytes",
      }),
      memory("  with buffers of 64 bytes", "mqttClient.liveSmall"),
      memory("  most allocated while connecting", "mqttClient.peak"),
      memory("  smallest arena, stack of 6,144 included", "mqttClient.arena"),
      memory("  growth over 10,000 messages each way", "mqttClient.growth", { goals: [0] }),
      memory("ReliableClient with session, connected", "reliableClient.live", {
        goals: [4_096],
        reason: (size) =>
          `4,608 of it are the default outbox (4,096) and the message received (512); with small ones it is ${size("reliableClient.liveSmall")}`,
      }),
      memory("  outbox of 512, message and buffers of 64", "reliableClient.liveSmall", {
        goals: [4_096],
        reason: () =>
          "1,152 of it are buffers; the rest is the client's own objects, some of them seldom needed",
      }),
      memory("  most allocated while connecting", "reliableClient.peak"),
      memory("  smallest arena, stack of 6,144 included", "reliableClient.arena"),
      memory("  growth over 10,000 messages each way", "reliableClient.growth", { goals: [0] }),
      memory("thermometer, smallest arena, stack of 10,240 included", "app.thermometer.arena"),
      memory("light", "app.light.arena"),
      memory("camera", "app.camera.arena"),
      published("Moddable 419, connected / while connecting", "1,916 / 4,616"),
      published("Moddable's old client", "896 / 2,712"),
    ],
  },
  {
    title: "bytecode, bytes",
    columns: ["modules", "one bundle"],
    rows: [
      bytecode("codec of 3.1.1", "codec", {
        goals: [undefined, 8_400],
        reason: (size) =>
          `of the modules the reader takes ${size(`${MQTT}packet-reader`)}, in any chunking and within limits; the writer ${size(`${MQTT}packet-writer`, `${MQTT}remaining-length`)}; rules of topics and UTF-8 ${size(`${MQTT}topic`, `${MQTT}utf8-string`)}; errors, limits and names ${size(`${MQTT}mqtt-error`, `${MQTT}limits`, `${MQTT}control-packet`)}`,
      }),
      bytecode("MQTTClient", "mqttClient"),
      bytecode("ReliableClient with session", "reliableClient", {
        goals: [undefined, 18_900],
        reason: (size) =>
          `of the modules the codec takes ${size("bytecode.modules.codec")}; keeping and resending messages ${size(`${RELIABLE}outbox`, `${RELIABLE}outgoing`, `${RELIABLE}enqueue`, `${RELIABLE}report`)}; subscriptions and reconnecting ${size(`${RELIABLE}subscriptions`, `${RELIABLE}reconnect`, `${RELIABLE}back-off`)}; options and their checks ${size(`${CLIENT}connection/connect-options`)}`,
      }),
      bytecode("  with 5.0", "reliableClient+5.0"),
      bytecode("thermometer", "thermometer"),
      bytecode("  with 5.0", "thermometer+5.0"),
      bytecode("light", "light"),
      bytecode("  with 5.0", "light+5.0"),
      bytecode("camera", "camera"),
      bytecode("  with 5.0", "camera+5.0"),
      published("Moddable 419 / with its MQTT.js-like layer", "9,359 / 18,873", ""),
      published("u8-mqtt, codec of 3.1.1 / 5.0 / all", "8,413 / 18,039 / 28,749", ""),
      published("tinyMQTT / Espruino", "2,363 / 6,441", ""),
      published("mqtt-packet / MQTT.js", "154,077 / 411,245", ""),
    ],
  },
];

export interface Miss {
  readonly title: string;
  readonly column: string;
  readonly value: number;
  readonly goal: number;
  readonly reason: string | undefined;
}

/** The goals that the figures miss. */
export function misses(figures: Figures): Miss[] {
  const size: SizeOf = (...names) =>
    names.reduce((sum, name) => sum + (figures[name] ?? Number.NaN), 0).toLocaleString("en-US");
  return GROUPS.flatMap(({ rows, columns }) => {
    let head = "";
    return rows.flatMap(({ title, figures: names, goals = [], reason }) => {
      if (!title.startsWith(" ")) head = title;
      const full = title.startsWith(" ") ? `${head}, ${title.trim()}` : title;
      return columns.flatMap((column, index) => {
        const goal = goals[index];
        const value = figures[names[index] ?? ""];
        if (goal === undefined || value === undefined || value <= goal) return [];
        return [{ title: full, column, value, goal, reason: reason?.(size) }];
      });
    });
  });
}
