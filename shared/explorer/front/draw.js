// What all levels draw with: SVG as text, the ink, the emissions; and how numbers are written.

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => ESCAPES[c]);
const OTHER = -1; // The row of all classes that have none of their own
const tidy = (v) => Math.round(v * 100) / 100;
const clamp = (v, low, high) => Math.min(Math.max(v, low), high);
const SUPERSCRIPTS = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((c, i) => [i, c])) };

// Where everything lies on a page `across` pixels wide and `room` high, one time axis for all
function layOut(given) {
  const { n, rows, colors, across } = given;
  const frames = n.logProbs.length;
  const narrow = across < 560;
  const left = narrow ? 46 : 92;
  const step = clamp((across - left - 8) / frames, 8, 110);
  const named = rows.filter((k) => k !== OTHER);
  const fold = (table, i) => table.map((row) => (rows[i] !== OTHER ? row[rows[i]]
    : row.reduce((sum, value) => sum + value, 0) - named.reduce((sum, k) => sum + row[k], 0)));
  return {
    ...given, frames, narrow, left, step, fold, plot: frames * step,
    width: Math.max(across, left + frames * step + 8),
    byRow: rows.map((_, i) => fold(probabilities(n.logProbs), i).map((p) => clamp(p, 0, 1))),
    color: (k) => (k === BLANK ? "var(--blank)" : k === OTHER ? "var(--muted)" : colors.get(k) ?? `var(--c${k % 6})`),
    x: (t) => left + t * step,
    rowOf: (k) => rows.indexOf(rows.includes(k) ? k : OTHER),
  };
}

// A probability as people write it: 0.42, 0.0031, 2.1·10⁻⁹
function chance(p) {
  if (!(p > 0)) return "0";
  if (p >= 0.001) return p.toFixed(p >= 0.0995 ? 2 : p >= 0.00995 ? 3 : 4);
  const [digits, power] = p.toExponential(1).split("e");
  return `${digits}·10${[...power.replace("+", "")].map((c) => SUPERSCRIPTS[c]).join("")}`;
}

function nats(value) {
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  return value.toFixed(2).replace("-", "−");
}

function tag(name, attributes, inside = "") {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? tidy(value) : value}"`);
  return `<${name}${written.join("")}>${inside}</${name}>`;
}

function words(x, y, content, { size = 13, role = "ink", anchor, bold, halo } = {}) {
  const style = halo
    ? { stroke: "var(--paper)", "stroke-width": 4, "paint-order": "stroke", "stroke-linejoin": "round" }
    : {};
  return tag("text", {
    x, y, dy: ".35em", "font-size": size, fill: `var(--${role})`, "text-anchor": anchor,
    "font-weight": bold ? 650 : undefined, ...style,
  }, escaped(content));
}

// A shape in the color of a class; the blank is hatched as well, so that color is never alone
function painted(v, k, d, opacity = 1) {
  const shape = tag("path", { d, fill: v.color(k), opacity });
  return k === BLANK ? shape + tag("path", { d, fill: `url(#${v.hatch})`, opacity }) : shape;
}

const box = (x, y, w, h) => `M${tidy(x)} ${tidy(y)}h${tidy(w)}v${tidy(h)}h${tidy(-w)}z`;

// A ribbon that bends from the interval [a, b] at x to [c, d] at z
function ribbon(x, a, b, z, c, d) {
  const m = tidy((x + z) / 2);
  const [p, q, r, s, t, u] = [x, a, b, z, c, d].map(tidy);
  return `M${p} ${q}C${m} ${q} ${m} ${t} ${s} ${t}V${u}C${m} ${u} ${m} ${r} ${p} ${r}Z`;
}

// The same downwards: from the interval [a, b] at y to [c, d] at z
function fall(a, b, y, c, d, z) {
  const m = tidy((y + z) / 2);
  const [p, q, r, s, t, u] = [a, b, y, c, d, z].map(tidy);
  return `M${p} ${r}C${p} ${m} ${s} ${m} ${s} ${u}H${t}C${t} ${m} ${q} ${m} ${q} ${r}Z`;
}

// Symbols in boxes, one box for each [class, first frame, frame after the last]
function chips(v, y, height, runs, strong = () => true) {
  return runs.map(([k, from, to], i) => {
    const [x, w] = [v.x(from) + 0.75, (to - from) * v.step - 1.5];
    const frame = tag("rect", {
      x, y, width: w, height, rx: Math.min(4, w / 3), stroke: v.color(k), "stroke-width": 1.4,
      fill: "none", "stroke-dasharray": strong(k, i) ? undefined : "3 3",
    });
    const fits = w >= 7 && strong(k, i);
    const name = fits
      ? words(x + w / 2, y + height / 2, v.name(k), { size: clamp(w, 11, 15), anchor: "middle", bold: k !== BLANK })
      : "";
    return (strong(k, i) ? painted(v, k, box(x, y, w, height), 0.26) : "") + frame + name;
  }).join("");
}

function runsOf(path) {
  const runs = [];
  path.forEach((k, t) => {
    if (t && k === path[t - 1]) runs[runs.length - 1][2] = t + 1;
    else runs.push([k, t, t + 1]);
  });
  return runs;
}

// The line's picture under the time axis, at its own proportions, in the middle of the height
function ink(v, top, height, opacity = 1) {
  if (!v.scene.image) return "";
  const tall = Math.min(height, (v.scene.imageSize[1] / v.scene.imageSize[0]) * v.plot);
  return tag("image", {
    class: "ctcx-ink", x: v.left, y: top + (height - tall) / 2, width: v.plot, height: tall,
    preserveAspectRatio: "none", opacity, href: `data:image/png;base64,${v.scene.image}`,
  });
}

function frameNumbers(v, y) {
  const every = [1, 2, 5, 10, 20, 50, 100].find((n) => n * v.step >= 26);
  let drawn = words(v.left - 8, y, "frame", { size: 12, role: "muted", anchor: "end" });
  for (let t = 0; t < v.frames; t += every) {
    drawn += words(v.x(t + 0.5), y, t, { size: 12, role: "muted", anchor: "middle" });
  }
  return drawn;
}

function rowNames(v, classes, top, height) {
  const shown = height >= 11 ? 1 : Math.ceil(11 / height);
  return classes.map((k, i) => (i % shown ? "" : words(v.left - 8, top + (i + 0.5) * height, v.name(k), {
    size: k === OTHER ? 12 : clamp(height, 12, 15), anchor: "end", bold: k > 0, role: k > 0 ? "ink" : "muted",
  }))).join("");
}

// What the network says: a bar for each symbol and frame, as high as it is probable.
// A picture is a list of parts, so that only those that changed are drawn anew.
function emissions(v, top, height) {
  const { rows, step } = v;
  const bottom = top + height * rows.length;
  const parts = [tag("rect", { x: v.left, y: top, width: v.plot, height: bottom - top, fill: "var(--panel)" })];
  rows.forEach((k, i) => {
    const base = top + (i + 1) * height;
    const bars = v.byRow[i].map((p, t) => (p * height < 0.05 ? "" : box(v.x(t) + 0.5, base - p * (height - 2), step - 1, p * (height - 2))));
    parts.push(painted(v, k, bars.join("")) + tag("path", { d: `M${v.left} ${base}h${v.plot}`, stroke: "var(--faint)" }));
  });
  const frames = v.n.path.map((k, t) => box(v.x(t) + 0.75, top + v.rowOf(k) * height + 0.75, step - 1.5, height - 1.5));
  parts.push(tag("path", { d: frames.join(""), fill: "none", stroke: "var(--ink)", "stroke-width": 1.3, "stroke-linejoin": "round" }));
  parts.push(rowNames(v, rows, top, height));
  const zone = { kind: "emissions", x: v.left, y: top, dx: step, dy: height, cols: v.frames, rows: rows.length,
    label: "What the network says, frames across, symbols down: arrow keys move, plus and minus change a bar" };
  return { parts, bottom, zone };
}

// A vertical band through everything at the chosen frame, and a ring around the chosen bar
function cursor(v, top, bottom) {
  return tag("rect", { x: v.x(v.at.t), y: top, width: v.step, height: bottom - top, fill: "var(--select)", opacity: 0.08 });
}

function ringed(v, top, height) {
  if (v.at.row < 0) return "";
  const place = { x: v.x(v.at.t) - 1, y: top + v.at.row * height - 1, width: v.step + 2, height: height + 2, fill: "none", rx: 3 };
  return tag("rect", { ...place, stroke: "var(--paper)", "stroke-width": 4 }) +
    tag("rect", { ...place, stroke: "var(--flow)", "stroke-width": 2.4 });
}
