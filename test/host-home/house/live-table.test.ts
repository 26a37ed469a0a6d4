import { expect, test } from "vitest";
import { type HouseView, renderTable } from "../../../host-sim/home/house/live-table";

const bytes = (text: string): Uint8Array => Buffer.from(text);

const view: HouseView = {
  time: 65_400,
  broker: "mqtt://127.0.0.1:1883",
  room: "21.4 °C, lamp 22 %",
  received: 142,
  missing: 0,
  events: ["   3.000 s  scenario  motion", `   4.000 s  smart-light  error: ${"x".repeat(100)}`],
  devices: [
    {
      id: "temperature-sensor",
      value: "TMP117 21.50 °C",
      state: "",
      reconnects: 2,
      topics: [
        { topic: "home/temperature-sensor/status", payload: bytes("online"), QoS: 1, messages: 3 },
        { topic: "home/temp", payload: bytes("21.5"), QoS: 1, messages: 120 },
      ],
    },
    {
      id: "smart-light",
      value: "PWM 25: 22.0 %",
      state: "",
      reconnects: 0,
      topics: [
        { topic: "home/light", payload: bytes('{"state":"ON","brightness":128}'), QoS: 1, messages: 9 },
      ],
    },
    {
      id: "security-camera",
      value: "PIR 2: quiet",
      state: "offline",
      reconnects: 0,
      topics: [
        { topic: "home/camera/image", payload: new Uint8Array(12_345).fill(255), QoS: 0, messages: 10 },
      ],
    },
  ],
};

test("the house fits into 80 columns", () => {
  expect(renderTable(view, 80).split("\n")).toMatchInlineSnapshot(`
    [
      "00:01:05  mqtt://127.0.0.1:1883  21.4 °C, lamp 22 %",
      "",
      "Device       Pin or       Topic              Last payload     QoS  Mes-      Re-",
      "             sensor                                               sages connects",
      "temperature- TMP117       home/temperature-  online             1     3        2",
      "sensor       21.50 °C     sensor/status",
      "                          home/temp          21.5               1   120",
      "smart-light  PWM 25:      home/light         {"state":"ON","…   1     9        0",
      "             22.0 %",
      "security-    PIR 2: quiet home/camera/image  <12,345 bytes>     0    10        0",
      "camera",
      "(offline)",
      "",
      "subscriber: 142 received, 0 missing",
      "   3.000 s  scenario  motion",
      "   4.000 s  smart-light  error: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…",
    ]
  `);
});

test("a narrow terminal does not make it narrower, a wide one gives the payloads room", () => {
  expect(renderTable(view, 40)).toBe(renderTable(view, 80));
  expect(renderTable(view, 120)).toContain('{"state":"ON","brightness":128}');
  const widest = Math.max(
    ...renderTable(view, 120)
      .split("\n")
      .map((line) => line.length),
  );
  expect(widest).toBeLessThanOrEqual(120);
});

test("no line is longer than 80 characters, whatever is published", () => {
  const topics = [
    { topic: `home/${"x".repeat(200)}`, payload: bytes("y".repeat(900)), QoS: 2, messages: 99_999 },
  ];
  const devices = [
    { ...view.devices[0]!, id: "z".repeat(100), value: "v".repeat(50), reconnects: 99_999_999, topics },
  ];
  for (const line of renderTable({ ...view, devices }, 80).split("\n"))
    expect(line.length).toBeLessThanOrEqual(80);
});

test("a house that has published nothing yet has its devices", () => {
  const devices = view.devices.map((device) => ({ ...device, state: "offline" as const, topics: [] }));
  expect(renderTable({ ...view, devices })).toContain("(offline)");
});

test("XS machines have a table of their own: memory in use of what the manifest gives, and work", () => {
  const machine = {
    slots: 612,
    peakSlots: 767,
    heap: 768,
    chunkBytes: 5_732,
    peakChunkBytes: 9_564,
    chunk: 16_384,
    peakStack: 521,
    stack: 640,
    keys: 1,
    garbageCollections: 1_234,
    work: 197_970,
    workPerMessage: 8_689,
    restarts: 2,
  };
  const devices = view.devices.map((device) => ({ ...device, machine }));
  const lines = renderTable({ ...view, devices }, 80).split("\n");
  const start = lines.findIndex((line) => line.startsWith("XS machine"));
  expect(lines.slice(start, start + 4)).toMatchInlineSnapshot(`
    [
      "XS machine              Slots  Peak     Chunk bytes   Peak  GCs  Work a  Died",
      "                                                                message",
      "temperature-sensor 612 of 768   767 5,732 of 16,384  9,564 1234   8,689     2",
      "smart-light        612 of 768   767 5,732 of 16,384  9,564 1234   8,689     2",
    ]
  `);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});
