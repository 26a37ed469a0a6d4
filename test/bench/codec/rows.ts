import { bytesPerOperation } from "../allocation";
import { interleave, type Subject } from "../interleave";
import type { Row, Target } from "../row";
import { median, pairedRatio, significant } from "../statistics";
import { decodeSubjects, streamSubjects } from "./decode";
import { encodeSubjects, TOPIC } from "./encode";
import { publishPackets, streamOf } from "./stream";

const KIB = 1024;
const MQTT_PACKET = "mqtt-packet";

interface Wanted {
  readonly subject: Subject;
  readonly id: string;
  readonly title: string;
  readonly target?: Target;
  readonly bytesTarget?: number;
}

type Progress = (what: string) => void;

/** Compares the codec with mqtt-packet's and mqtts's. */
export function codecRows(progress: Progress): Row[] {
  return [...encodeRows(progress), ...decodeRows(progress), ...streamRows(progress)];
}

function encodeRows(progress: Progress): Row[] {
  return ([0, 1] as const).flatMap((QoS) => {
    const { thimble, inPlace, mqttPacket, mqtts } = encodeSubjects(QoS);
    const target = { atLeast: 6 };
    const what = `encode QoS ${QoS}`;
    progress(what);
    return compare(
      [
        { subject: thimble, id: `encode-${QoS}`, title: `${what}, new buffer`, target, bytesTarget: 300 },
        {
          subject: inPlace,
          id: `encode-${QoS}-in-place`,
          title: `${what}, own buffer`,
          target,
          bytesTarget: 0,
        },
      ],
      [mqttPacket, mqtts],
    );
  });
}

function decodeRows(progress: Progress): Row[] {
  const target = { atLeast: 6 };
  const bytesTarget = 300;
  const rows = ([0, 1] as const).flatMap((QoS) => {
    const { thimble, topic, payload, mqttPacket, mqtts } = decodeSubjects(
      publishPackets(16, 20, QoS, [TOPIC]),
    );
    const what = `decode QoS ${QoS}`;
    progress(what);
    return compare(
      [
        { subject: thimble, id: `decode-${QoS}`, title: what, target, bytesTarget },
        { subject: topic, id: `decode-${QoS}-topic`, title: `${what}, topic`, target, bytesTarget },
        {
          subject: payload,
          id: `decode-${QoS}-payload`,
          title: `${what}, topic and payload`,
          target,
          bytesTarget,
        },
      ],
      [mqttPacket, mqtts],
    );
  });
  const topics = [TOPIC, "home/light", "home/camera", "home/temperature-sensor/status"];
  const changing = decodeSubjects(publishPackets(16, 20, 1, topics));
  const title = "decode QoS 1, changing topic";
  progress(title);
  return [
    ...rows,
    ...compare(
      [{ subject: changing.topic, id: "decode-topics", title }],
      [changing.mqttPacket, changing.mqtts],
    ),
  ];
}

interface StreamCase {
  readonly id: string;
  readonly title: string;
  readonly count: number;
  readonly byteLength: number;
  readonly maximum: number;
  readonly atLeast: number;
}

const STREAMS: readonly StreamCase[] = [
  { id: "stream-20", title: "stream of 20 bytes", count: 2000, byteLength: 20, maximum: 1500, atLeast: 3 },
  { id: "stream-1k", title: "stream of 1 KiB", count: 200, byteLength: KIB, maximum: 1500, atLeast: 3 },
  { id: "stream-64k", title: "stream of 64 KiB", count: 16, byteLength: 64 * KIB, maximum: 1500, atLeast: 1 },
  {
    id: "stream-20-8",
    title: "stream of 20 bytes, chunks 1..8",
    count: 500,
    byteLength: 20,
    maximum: 8,
    atLeast: 1,
  },
];

/** Chunks of 1 to 1,500 bytes, unless the title says so. Times are for one packet. */
function streamRows(progress: Progress): Row[] {
  const rows = STREAMS.map(({ id, title, count, byteLength, maximum, atLeast }) => {
    progress(title);
    const stream = streamOf(publishPackets(count, byteLength, 1, [TOPIC]), byteLength, maximum);
    const { thimble, mqttPacket, mqtts } = streamSubjects(stream);
    // mqtts copies what it has at every chunk: with large packets one pass takes minutes.
    const peers = byteLength > KIB || maximum < 100 ? [mqttPacket] : [mqttPacket, mqtts];
    return compareStream({ subject: thimble, id, title, target: { atLeast } }, peers, count);
  });
  progress("linear in packet size");
  return [...rows, linearRow()];
}

/**
 * Time for a byte of a 1 MiB packet to that of a 16 KiB one: 1 when decoding is linear in packet size. Both put their payloads into 1 MiB,
 * or the processor's caches would be compared.
 */
function linearRow(): Row {
  const [small, large] = [16 * KIB, KIB * KIB].map((byteLength) => {
    const packets = publishPackets((KIB * KIB) / byteLength, byteLength, 1, [TOPIC]);
    const { thimble, mqttPacket } = streamSubjects(streamOf(packets, byteLength, 1500, KIB * KIB));
    return { thimble, mqttPacket };
  });
  const times = interleave(
    [
      { name: "small", run: (count) => small!.thimble.run(count) },
      { name: "large", run: (count) => large!.thimble.run(count) },
      { name: MQTT_PACKET, run: (count) => large!.mqttPacket.run(count) },
    ],
    { rounds: 15, milliseconds: 8 },
  );
  return {
    id: "stream-linear",
    group: "codec",
    title: "byte of 1 MiB to byte of 16 KiB",
    unit: "ns",
    time: significant(median(times.get("large")!) / KIB / KIB),
    others: { [MQTT_PACKET]: significant(median(times.get(MQTT_PACKET)!) / KIB / KIB) },
    ratio: significant(pairedRatio(times.get("large")!, times.get("small")!)),
    target: { atMost: 1.5 },
  };
}

function compare(wanted: readonly Wanted[], peers: readonly Subject[]): Row[] {
  const times = interleave([...wanted.map(({ subject }) => subject), ...peers]);
  return wanted.map((each) => ({
    ...rowOf(each, peers, times, 1),
    bytes: bytesPerOperation(each.subject),
    ...(each.bytesTarget !== undefined && { bytesTarget: each.bytesTarget }),
  }));
}

/** @param packets - how many are in one operation of the subjects */
function compareStream(wanted: Wanted, peers: readonly Subject[], packets: number): Row {
  return rowOf(wanted, peers, interleave([wanted.subject, ...peers]), packets);
}

function rowOf(
  { subject, id, title, target }: Wanted,
  peers: readonly Subject[],
  times: ReadonlyMap<string, readonly number[]>,
  packets: number,
): Row {
  const timeOf = ({ name }: Subject) => significant(median(times.get(name)!) / packets);
  return {
    id,
    group: "codec",
    title,
    unit: "ns",
    time: timeOf(subject),
    others: Object.fromEntries(peers.map((peer) => [peer.name, timeOf(peer)])),
    ratio: significant(pairedRatio(times.get(MQTT_PACKET)!, times.get(subject.name)!)),
    ...(target && { target }),
  };
}
