/** Red, green and blue, 0 to 255 each. */
export type Color = readonly [red: number, green: number, blue: number];

/** Digits and a colon, three by five pixels: one number a row, its bit 2 the left pixel. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  "0": [7, 5, 5, 5, 7],
  "1": [2, 6, 2, 2, 7],
  "2": [7, 1, 7, 4, 7],
  "3": [7, 1, 3, 1, 7],
  "4": [5, 5, 7, 1, 1],
  "5": [7, 4, 7, 1, 7],
  "6": [7, 4, 7, 5, 7],
  "7": [7, 1, 2, 2, 2],
  "8": [7, 5, 7, 5, 7],
  "9": [7, 5, 7, 1, 7],
  ":": [0, 2, 0, 2, 0],
};
const GLYPH_WIDTH = 3;

/** Pixels in memory and a few shapes; what lies outside is cut off. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  /** Four bytes a pixel: red, green, blue, opacity. */
  readonly data: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height * 4).fill(255);
  }

  /** Colours every pixel of the rectangle. */
  rectangle(left: number, top: number, width: number, height: number, color: Color): void {
    const start = Math.max(0, Math.round(left));
    const end = Math.min(this.width, Math.round(left + width));
    const bottom = Math.min(this.height, Math.round(top + height));
    if (end <= start) return;
    const row = new Uint8Array((end - start) * 4);
    for (let at = 0; at < row.length; at += 4) row.set([...color, 255], at);
    for (let y = Math.max(0, Math.round(top)); y < bottom; y += 1)
      this.data.set(row, (y * this.width + start) * 4);
  }

  /** A disc whose opacity at the rim is `rim` and in the middle `opacity`. */
  disc(
    centerX: number,
    centerY: number,
    radius: number,
    color: Color,
    opacity = 1,
    rim: number = opacity,
  ): void {
    const top = Math.max(0, Math.ceil(centerY - radius));
    const bottom = Math.min(this.height - 1, Math.floor(centerY + radius));
    for (let y = top; y <= bottom; y += 1) {
      const half = Math.sqrt(radius * radius - (y - centerY) ** 2);
      const right = Math.min(this.width - 1, Math.floor(centerX + half));
      for (let x = Math.max(0, Math.ceil(centerX - half)); x <= right; x += 1) {
        const distance = Math.hypot(x - centerX, y - centerY) / radius;
        this.#mix(x, y, color, opacity + (rim - opacity) * distance);
      }
    }
  }

  /** Digits and colons; other characters leave a gap. `scale` pixels a dot. */
  text(left: number, top: number, text: string, scale: number, color: Color): void {
    [...text].forEach((character, index) => {
      const x = left + index * (GLYPH_WIDTH + 1) * scale;
      (GLYPHS[character] ?? []).forEach((row, line) => {
        for (let column = 0; column < GLYPH_WIDTH; column += 1)
          if ((row >> (GLYPH_WIDTH - 1 - column)) & 1)
            this.rectangle(x + column * scale, top + line * scale, scale, scale, color);
      });
    });
  }

  #mix(x: number, y: number, color: Color, opacity: number): void {
    const at = (y * this.width + x) * 4;
    for (let channel = 0; channel < 3; channel += 1) {
      const below = this.data[at + channel] as number;
      this.data[at + channel] = below + ((color[channel] as number) - below) * opacity;
    }
  }
}
