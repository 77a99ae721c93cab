// Level 1: from ink to text by the best symbol of each frame, and the two rules of collapsing.

const STAGES = ["best path", "merge", "drop"];

function collapseLevel(v) {
  const { n } = v;
  const inkHeight = v.scene.image ? clamp((v.scene.imageSize[1] / v.scene.imageSize[0]) * v.plot, 40, 96) : 0;
  const rowHeight = clamp(Math.floor((v.room - inkHeight - 190) / v.rows.length), 5, 44);
  const bars = emissions(v, inkHeight + 6, rowHeight);
  const y = bars.bottom + 20;
  const parts = [cursor(v, 0, y + 160), ink(v, 0, inkHeight), ...bars.parts, frameNumbers(v, y - 10)];
  const names = [["best path", y + 14], ["merged", y + 74], ["text", y + 138]];
  parts.push(names.filter((_, i) => i <= v.state.stage).map(([name, at]) => (
    v.narrow ? "" : words(v.left - 8, at, name, { size: 12, role: "muted", anchor: "end" }))).join(""));
  parts.push(chips(v, y, 28, n.path.map((k, t) => [k, t, t + 1])));
  if (v.state.stage > 0) {
    const runs = runsOf(n.path);
    const merged = runs.map(([k, from, to]) => {
      const [a, b] = [v.x(from) + 1, v.x(to) - 1];
      return painted(v, k, fall(a, b, y + 28, a, b, y + 60), to - from > 1 ? 0.45 : 0.2);
    });
    const dropping = v.state.stage > 1;
    parts.push(`<g class="ctcx-in">${merged.join("")}${chips(v, y + 60, 28, runs, (k) => !dropping || k !== BLANK)}</g>`);
    if (dropping) parts.push(droppedText(v, y + 88, runs.filter(([k]) => k !== BLANK)));
  }
  return { height: y + 160, zones: [bars.zone], parts: [...parts, ringed(v, inkHeight + 6, rowHeight)] };
}

// The letters that are left slide together
function droppedText(v, top, kept) {
  const size = clamp(v.plot / Math.max(kept.length, 1), 11, 30);
  const from = v.left + v.plot / 2 - (kept.length * size) / 2;
  return '<g class="ctcx-in">' + kept.map(([k, start, end], i) => {
    const x = from + i * size;
    return painted(v, k, fall(v.x(start) + 1, v.x(end) - 1, top, x + 1, x + size - 1, top + 34), 0.32) +
      words(x + size / 2, top + 50, v.name(k), { size: Math.min(28, size + 4), anchor: "middle", bold: true });
  }).join("") + "</g>";
}
