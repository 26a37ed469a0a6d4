// Draws the app's icons anew, after a change of the mark: node host-sim/home/mobile-app/make-icons.mjs. Needs Chromium.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import { chromium } from "playwright-core";

const directory = fileURLToPath(new URL("page/public/icons/", import.meta.url));

const CLOTH = "#17403e";
const BRASS = "#dd9433";
const DIMPLE = "#7d450b";
const RIM = "#f4c56b";

const BODY = "M96 392 138 170c12-62 56-90 118-90s106 28 118 90l42 222z";
const RIM_SHAPE = '<rect x="68" y="368" width="376" height="74" rx="37"/>';
/** Height of a row of dimples, and where in it they are, from the middle. */
const ROWS = [
  [186, [-34, 34]],
  [232, [-68, 0, 68]],
  [278, [-98, -34, 34, 98]],
  [324, [-68, 0, 68]],
];

function dimples(radius) {
  return ROWS.flatMap(([y, row]) => row.map((x) => `<circle cx="${256 + x}" cy="${y}" r="${radius}"/>`)).join(
    "",
  );
}

/** The thimble, at a part of its size, on a ground of `corner` radius. */
function icon(scale, corner) {
  const place = `translate(${256 - 256 * scale} ${256 - 262 * scale}) scale(${scale})`;
  const ground = `<rect width="512" height="512"${corner > 0 ? ` rx="${corner}"` : ""} fill="${CLOTH}"/>`;
  return svg(
    `<title>Thimble</title>${ground}<g transform="${place}"><path fill="${BRASS}" d="${BODY}"/>` +
      `<g fill="${DIMPLE}">${dimples(15)}</g><g fill="${RIM}">${RIM_SHAPE}</g></g>`,
  );
}

/** One colour on nothing, as the status bar of a phone wants it. */
function badge() {
  const mask = `<mask id="m"><path fill="#fff" d="${BODY}"/><g fill="#000">${dimples(18)}</g></mask>`;
  return svg(
    `<defs>${mask}</defs><rect width="512" height="350" fill="#fff" mask="url(#m)"/><g fill="#fff">${RIM_SHAPE}</g>`,
  );
}

function svg(content) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">${content}</svg>\n`;
}

/** RGBA of the drawing, by Chromium. */
async function draw(page, drawing, size) {
  const base64 = await page.evaluate(
    async ([source, width]) => {
      const image = new Image(width, width);
      image.src = `data:image/svg+xml,${encodeURIComponent(source)}`;
      await image.decode();
      const canvas = new OffscreenCanvas(width, width).getContext("2d");
      canvas.drawImage(image, 0, 0, width, width);
      let text = "";
      for (const byte of canvas.getImageData(0, 0, width, width).data) text += String.fromCharCode(byte);
      return btoa(text);
    },
    [drawing, size],
  );
  return Buffer.from(base64, "base64");
}

/** Few colours and their blends: a palette says it shorter than true colour (PNG section 11.2.2, colour type 3). */
function encodePNG(pixels, size) {
  const palette = new Map();
  const rows = Buffer.alloc((size + 1) * size);
  for (let index = 0; index < size * size; index++) {
    const color = paletteColor([...pixels.subarray(index * 4, index * 4 + 4)]);
    if (!palette.has(color)) palette.set(color, palette.size);
    rows[index + Math.floor(index / size) + 1] = palette.get(color);
  }
  if (palette.size > 256) throw new Error(`${palette.size} colours are more than a palette takes`);
  const colors = [...palette.keys()].map((color) => color.split(",").map(Number));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 3], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(colors.flatMap((color) => color.slice(0, 3)))),
    chunk("tRNS", Buffer.from(colors.map((color) => color[3]))),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const FLAT = new Set(
  [CLOTH, BRASS, DIMPLE, RIM].map((color) => [...Buffer.from(color.slice(1), "hex"), 255].join()),
);

/** The drawing's own colours as they are; of their blends one in 17. */
function paletteColor(pixel) {
  if (pixel[3] === 0) return "0,0,0,0";
  return FLAT.has(pixel.join()) ? pixel.join() : pixel.map((value) => Math.round(value / 17) * 17).join();
}

function chunk(type, data) {
  const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type, "latin1"), data, Buffer.alloc(4)]);
  bytes.writeUInt32BE(data.length, 0);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage();
writeFileSync(`${directory}icon.svg`, icon(0.76, 116));
for (const [name, drawing, size] of [
  ["icon-192", icon(0.76, 116), 192],
  ["icon-512", icon(0.76, 116), 512],
  ["maskable-512", icon(0.6, 0), 512],
  ["apple-touch-icon", icon(0.72, 0), 180],
  ["badge-96", badge(), 96],
])
  writeFileSync(`${directory}${name}.png`, encodePNG(await draw(page, drawing, size), size));
await browser.close();
