// Just enough PNG to keep small goldens: reads what Chromium writes (8 bit, RGB or RGBA) and what this file writes (8 bit,
// palette), in the standard's own five filters (PNG, third edition, §9).
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGN = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function* chunks(file) {
  if (!file.subarray(0, 8).equals(SIGN)) throw new Error('no PNG');
  for (let at = 8; at < file.length;) {
    const size = file.readUInt32BE(at);
    yield [file.toString('latin1', at + 4, at + 8), file.subarray(at + 8, at + 8 + size)];
    at += size + 12;
  }
}

function unfilter(raw, width, height, n) {
  const row = width * n, out = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) {
    const type = raw[y * (row + 1)], from = y * (row + 1) + 1, to = y * row;
    for (let x = 0; x < row; x++) {
      const a = x < n ? 0 : out[to + x - n], b = y ? out[to + x - row] : 0, c = x < n || !y ? 0 : out[to + x - row - n];
      let p = 0;
      if (type === 1) p = a;
      else if (type === 2) p = b;
      else if (type === 3) p = (a + b) >> 1;
      else if (type === 4) {
        const pa = Math.abs(b - c), pb = Math.abs(a - c), pc = Math.abs(a + b - 2 * c);
        p = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      }
      out[to + x] = raw[from + x] + p;
    }
  }
  return out;
}

// decode gives { width, height, n, data, palette }: n bytes per pixel, palette as triples when n is 1.
export function decode(file) {
  let width, height, n, palette, parts = [];
  for (const [type, data] of chunks(file)) {
    if (type === 'IHDR') {
      [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
      n = { 2: 3, 3: 1, 6: 4 }[data[9]];
      if (data[8] !== 8 || !n || data[12]) throw new Error('a kind of PNG that is not read here');
    } else if (type === 'PLTE') palette = data;
    else if (type === 'IDAT') parts.push(data);
  }
  return { width, height, n, palette, data: unfilter(inflateSync(Buffer.concat(parts)), width, height, n) };
}

function chunk(type, data) {
  const b = Buffer.alloc(data.length + 12);
  b.writeUInt32BE(data.length, 0);
  b.write(type, 4, 'latin1');
  data.copy(b, 8);
  b.writeUInt32BE(crc32(b.subarray(4, 8 + data.length)), 8 + data.length);
  return b;
}

const bucket = (d, i) => ((d[i] >> 3) << 10) | ((d[i + 1] >> 3) << 5) | (d[i + 2] >> 3);

// choose gives the picture's most frequent colours, at most max.
function choose({ data, n }, max) {
  const count = new Uint32Array(1 << 15), sum = new Float64Array(3 << 15);
  for (let i = 0; i < data.length; i += n) {
    const k = bucket(data, i);
    count[k]++;
    for (let c = 0; c < 3; c++) sum[3 * k + c] += data[i + c];
  }
  const best = [...count.keys()].filter(k => count[k]).sort((a, b) => count[b] - count[a]).slice(0, max);
  return Buffer.from(best.flatMap(k => [0, 1, 2].map(c => Math.round(sum[3 * k + c] / count[k]))));
}

// mapper gives a function from a pixel to the nearest colour of the palette.
function mapper(palette, { data, n }) {
  const known = new Int16Array(1 << 15).fill(-1);
  return i => {
    const k = bucket(data, i);
    if (known[k] < 0) {
      let least = Infinity;
      for (let p = 0; p < palette.length; p += 3) {
        const d = (palette[p] - data[i]) ** 2 + (palette[p + 1] - data[i + 1]) ** 2 + (palette[p + 2] - data[i + 2]) ** 2;
        if (d < least) [least, known[k]] = [d, p / 3];
      }
    }
    return known[k];
  };
}

// shrink writes a picture with few colours.
export function shrink(picture, colours = 16) {
  const { width, height, n } = picture, palette = choose(picture, colours), near = mapper(palette, picture);
  const raw = Buffer.alloc((width + 1) * height), head = Buffer.alloc(13);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) raw[y * (width + 1) + 1 + x] = near((y * width + x) * n);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([SIGN, chunk('IHDR', head), chunk('PLTE', palette), chunk('IDAT', deflateSync(raw, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

// differing gives the part of pixels that differ from the golden by more than the tolerance in any colour, 0 to 1. Both are seen
// through the golden's colours.
export function differing(golden, picture, tolerance = 40) {
  if (golden.width !== picture.width || golden.height !== picture.height) return 1;
  const { palette } = golden, near = mapper(palette, picture);
  let bad = 0;
  for (let i = 0; i < golden.data.length; i++) {
    const a = 3 * golden.data[i], b = 3 * near(i * picture.n);
    if (a !== b && (Math.abs(palette[a] - palette[b]) > tolerance || Math.abs(palette[a + 1] - palette[b + 1]) > tolerance || Math.abs(palette[a + 2] - palette[b + 2]) > tolerance)) bad++;
  }
  return bad / golden.data.length;
}
