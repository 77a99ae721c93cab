// Ink for the small reader, as shared/preparation.py makes it for lines that are level already:
// 32 rows, ink 255 on paper 0, the letters' bodies of one height on one line.

const [ROWS, CORE, CAPITALS, CORE_BOTTOM, EDGE] = [32, 12.5, 16, 23, 4];
const NEAREST = 1.5; // Paper that stays free above and below what the pen writes
const X_HEIGHT = 10.5; // Of the pens' lines, in rows of the reader
const PEN_WIDTH = 1.3; // Of a stroke drawn by hand, in the same rows

// Numbers from 0 to 1 that follow from a text, so that a link writes the same letters again
function chances(text) {
  let seed = [...text].reduce((sum, c) => Math.imul(sum ^ c.codePointAt(0), 0x01000193), 0x811c9dc5);
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// A text in the letters of one hand, each varied a little; strokes are lists of points [x, y]
function writeText(text, hand) {
  const chance = chances(text);
  const about = (spread) => spread * (2 * chance() - 1);
  const strokes = [];
  let x = 0;
  for (const c of text) {
    if (c === " ") { x += hand.wordGap * (0.8 + 0.4 * chance()); continue; }
    const { left, right, lines } = hand.glyphs[c];
    const [size, rise, turn] = [1 + about(hand.size), about(hand.wander), about(hand.rotation)];
    for (const line of lines) {
      strokes.push(line.map(([u, v]) => {
        const y = size * v + turn * u + rise;
        return [x + size * (u - left) - turn * v + hand.slant * y, y];
      }));
    }
    x += size * (right - left) + hand.letterGap + about(hand.gap);
  }
  const all = strokes.flat();
  const [low, high] = [Math.min(...all.map(([, y]) => y)), Math.max(...all.map(([, y]) => y))];
  const first = Math.min(...all.map(([u]) => u));
  const scale = Math.min(hand.xHeight, (ROWS - 2 * NEAREST) / (high - low + hand.pen));
  const edge = NEAREST + (hand.pen * scale) / 2;
  const baseline = clamp(CORE_BOTTOM - 1, edge + high * scale, ROWS - edge + low * scale);
  return framed(strokes.map((line) => line.map(([u, v]) => [(u - first) * scale + edge + EDGE, baseline - v * scale])), hand.pen * scale);
}

// Strokes with paper around them, up to a whole frame of the reader
function framed(strokes, pen) {
  const last = Math.max(...strokes.flat().map(([x]) => x));
  return { strokes, pen, width: Math.ceil((last + pen / 2 + EDGE) / 4) * 4 };
}

// Draw strokes: a pixel is as dark as the round pen covers it
function drawStrokes({ strokes, pen, width }, zoom = 1) {
  const [wide, tall, reach] = [width * zoom, ROWS * zoom, (pen * zoom) / 2 + 0.5];
  const ink = new Uint8Array(wide * tall);
  for (const line of strokes) {
    line.forEach((to, i) => {
      const [a, b] = [line[Math.max(i - 1, 0)], to].map(([x, y]) => [x * zoom - 0.5, y * zoom - 0.5]);
      const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
      const length = dx * dx + dy * dy || 1;
      for (let y = Math.max(Math.floor(Math.min(a[1], b[1]) - reach), 0); y <= Math.min(Math.max(a[1], b[1]) + reach, tall - 1); y += 1) {
        for (let x = Math.max(Math.floor(Math.min(a[0], b[0]) - reach), 0); x <= Math.min(Math.max(a[0], b[0]) + reach, wide - 1); x += 1) {
          const along = clamp(((x - a[0]) * dx + (y - a[1]) * dy) / length, 0, 1);
          const far = Math.hypot(x - a[0] - along * dx, y - a[1] - along * dy);
          ink[y * wide + x] = Math.max(ink[y * wide + x], Math.round(255 * clamp(reach - far, 0, 1)));
        }
      }
    });
  }
  return ink;
}

// The value below which a share of the numbers lies, between two of them by their distance
function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

// Rows between x-height and baseline, the last one excluded: the band that holds most of the ink
function coreBand(ink, width) {
  const height = ink.length / width;
  const sums = Array.from({ length: height }, (_, y) => ink.subarray(y * width, (y + 1) * width).reduce((sum, v) => sum + v, 0));
  const span = Math.max(1, Math.floor(height / 24));
  const profile = sums.map((_, y) => {
    let sum = 0;
    for (let j = 0; j < span; j += 1) sum += sums[y + Math.floor((span - 1) / 2) - j] ?? 0;
    return sum / span;
  });
  const level = 0.5 * quantile(profile, 0.9);
  const runs = [];
  profile.forEach((v, y) => {
    if (v < level) return;
    const run = runs.at(-1);
    if (run && y - run.last <= 1 + Math.floor(height / 16)) Object.assign(run, { last: y, sum: run.sum + v });
    else runs.push({ first: y, last: y, sum: v });
  });
  const best = runs.reduce((a, b) => (b.sum > a.sum ? b : a));
  return [best.first, best.last + 1];
}

// By what factor a line is scaled, and on which row it then begins
function placeLine(ink, width) {
  const height = ink.length / width;
  const [top, bottom] = coreBand(ink, width);
  const rows = bottom - top;
  const wanted = height < 6 || rows < 3 ? 2 / Math.max(rows, 2) : (height > 1.45 * rows ? CORE : CAPITALS) / rows;
  const scale = Math.min(wanted, (ROWS - 2) / height);
  return { scale, row: clamp(CORE_BOTTOM - Math.round(bottom * scale), 1, ROWS - 1 - Math.max(1, Math.round(height * scale))) };
}

// Strokes drawn between two guides, at the size and on the row that the reader knows
function placeStrokes(drawn, { baseline, xHeight }) {
  const all = drawn.flat();
  const [left, top] = [0, 1].map((i) => Math.min(...all.map((p) => p[i])));
  const bottom = Math.max(...all.map((p) => p[1]));
  const room = ROWS - 2 * NEAREST - PEN_WIDTH;
  const scale = Math.min(X_HEIGHT / xHeight, room / Math.max(bottom - top, 1));
  const highest = NEAREST + PEN_WIDTH / 2 - top * scale;
  const shift = clamp(CORE_BOTTOM - 1 - baseline * scale, highest, highest + room - (bottom - top) * scale);
  return framed(drawn.map((line) => line.map(([x, y]) => [(x - left) * scale + EDGE + 1, y * scale + shift])), PEN_WIDTH);
}

// The part of the picture that has ink; nothing when there is none
function cropInk(ink, width) {
  const height = ink.length / width;
  let [left, right, top, bottom] = [width, -1, height, -1];
  ink.forEach((v, i) => {
    if (v <= 90) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  });
  if (right < 0) return null;
  [left, top] = [Math.max(left - 1, 0), Math.max(top - 1, 0)];
  const wide = right + 1 - left;
  const cut = new Uint8Array(wide * (bottom + 1 - top));
  for (let y = top; y <= bottom; y += 1) cut.set(ink.subarray(y * width + left, y * width + right + 1), (y - top) * wide);
  return { ink: cut, width: wide };
}

// Each new pixel the mean of those it covers
function shrink(ink, width, newWidth, newHeight) {
  const height = ink.length / width;
  const found = new Uint8Array(newWidth * newHeight);
  const cover = (n, size, count) => [(n * size) / count, ((n + 1) * size) / count];
  for (let y = 0; y < newHeight; y += 1) {
    for (let x = 0; x < newWidth; x += 1) {
      const [[x0, x1], [y0, y1]] = [cover(x, width, newWidth), cover(y, height, newHeight)];
      let sum = 0;
      for (let v = Math.floor(y0); v < y1; v += 1) {
        for (let u = Math.floor(x0); u < x1; u += 1) {
          sum += ink[v * width + u] * (Math.min(u + 1, x1) - Math.max(u, x0)) * (Math.min(v + 1, y1) - Math.max(v, y0));
        }
      }
      found[y * newWidth + x] = Math.round(sum / ((x1 - x0) * (y1 - y0)));
    }
  }
  return found;
}

// A gray picture of one level line on even paper, from 0, black, to 255: prepared ink, or nothing
function prepareGray(gray, width) {
  const paper = quantile(gray, 0.5);
  let apart = Float64Array.from(gray, (v) => paper - v);
  if (-quantile(apart, 0.01) > quantile(apart, 0.99)) apart = apart.map((v) => -v); // White on black
  const noise = 1.5 * quantile(apart.map(Math.abs), 0.5);
  const least = Math.max(0.4 * quantile(apart, 0.99), 8);
  const strong = apart.filter((v) => v > least);
  if (strong.length < 4) return null;
  const full = quantile(strong, 0.75);
  const low = Math.min(noise + 0.06 * full, 0.4 * full);
  const cut = cropInk(Uint8Array.from(apart, (v) => clamp(((v - low) / (full - low)) * 255, 0, 255)), width);
  if (!cut || cut.width > 40 * (cut.ink.length / cut.width)) return null;
  const { scale, row } = placeLine(cut.ink, cut.width);
  const [wide, tall] = [Math.max(2, Math.round(cut.width * scale)), Math.max(1, Math.round((cut.ink.length / cut.width) * scale))];
  const small = shrink(cut.ink, cut.width, wide, tall);
  const dark = small.filter((v) => v > 64);
  const gain = dark.length ? 255 / Math.max(1, quantile(dark, 0.8)) : 1;
  const line = { width: Math.ceil((wide + 2 * EDGE) / 4) * 4 };
  line.ink = new Uint8Array(ROWS * line.width);
  small.forEach((v, i) => { line.ink[(row + Math.floor(i / wide)) * line.width + EDGE + (i % wide)] = Math.min(255, v * gain); });
  return line;
}
