// Level 3: prefix beam search, one frame at a time, and what a wider beam would have found.

const WIDTHS = [1, 2, 4, 8, 16];
const LISTED = 24; // Dropped prefixes kept for the picture, more than fit
const FLOOR = -7; // Symbols below this log-probability, 1 in 1,100, are not tried

function beamLevel(v) {
  const rowHeight = clamp(Math.floor((v.room * 0.26) / v.rows.length), 5, 34);
  const bars = emissions(v, 4, rowHeight);
  const parts = [cursor(v, 0, bars.bottom), ...bars.parts, ringed(v, 4, rowHeight), frameNumbers(v, bars.bottom + 11)];
  const top = bars.bottom + 30;
  const steps = v.beam(v.state.width);
  const t = v.at.t;
  const before = t ? steps[t - 1].kept : [{ prefix: [], blank: 0, letter: -Infinity, score: 0, parents: [] }];
  const { kept, dropped } = steps[t];
  const most = Math.max(Math.floor((v.room - top - 62) / 25), 5);
  const shown = [...kept, ...dropped].slice(0, most);
  const from = before.slice(0, most);
  const tall = 26;
  const wide = v.narrow ? (v.width - 56) / 2 : Math.min(380, v.width * 0.36);
  const right = v.width - wide - 4;
  const y = (i) => top + 22 + i * tall;
  let svg = words(4, top + 6, t ? `kept after frame ${t - 1}` : "at the start", { role: "muted" });
  svg += words(right, top + 6, `after frame ${t}, best first`, { role: "muted" });
  const place = new Map(from.map((one, i) => [one.prefix.join(), i]));
  shown.forEach((one, i) => {
    for (const parent of one.parents) {
      const at = place.get(parent.join());
      if (at === undefined) continue;
      const [a, b] = [y(at) + tall / 2, y(i) + tall / 2];
      const meets = one.parents.length > 1;
      svg += tag("path", {
        d: `M${tidy(4 + wide)} ${tidy(a)}C${tidy(right - 30)} ${tidy(a)} ${tidy(4 + wide + 30)} ${tidy(b)} ${tidy(right)} ${tidy(b)}`,
        fill: "none", stroke: meets ? "var(--flow)" : "var(--edge)", "stroke-width": meets ? 3 : 1.2,
        opacity: i < kept.length ? 1 : 0.5,
      });
    }
  });
  const best = Math.max(...shown.map((one) => one.score));
  const bestBefore = Math.max(...from.map((one) => one.score));
  svg += from.map((one, i) => prefixBox(v, one, 4, y(i), wide, tall - 5, bestBefore, null, true)).join("");
  svg += shown.map((one, i) => prefixBox(v, one, right, y(i), wide, tall - 5, best,
    Math.exp(forward(v.n.logProbs.slice(0, t + 1), one.prefix).logP + one.bonus), i < kept.length)).join("");
  if (dropped.length && shown.length > kept.length) {
    const cut = y(kept.length) - 2.5;
    svg += tag("path", { d: `M${tidy(right - 14)} ${tidy(cut)}h${tidy(wide + 14)}`, stroke: "var(--warn)", "stroke-width": 2, "stroke-dasharray": "5 4" });
  }
  const height = y(Math.max(shown.length, from.length)) + 4;
  const zone = { kind: "beam", x: 0, y: top, dx: v.width, dy: height - top, cols: 1, rows: 1,
    label: "Beam: left and right arrow step, up and down change the width" };
  return { parts: [...parts, svg], height, zones: [bars.zone, zone] };
}

function spelled(v, prefix, most = 40) {
  const text = prefix.map((k) => v.name(k)).join("");
  return prefix.length === 0 ? "(nothing)" : text.length > most ? `…${text.slice(1 - most)}` : text;
}

// A prefix with its two scores as one bar: paths that end in its letter, and in a blank
function prefixBox(v, one, x, y, wide, tall, best, exact, isKept) {
  const room = wide - 12;
  const scale = (logP) => room * Math.exp(logP + (one.bonus ?? 0) - best);
  const [letter, blank] = [scale(one.letter), scale(one.blank)];
  const last = one.prefix[one.prefix.length - 1] ?? BLANK;
  const meets = one.parents.length > 1 && exact !== null;
  let drawn = tag("rect", {
    x, y, width: wide, height: tall, rx: 5, fill: "var(--panel)",
    stroke: meets ? "var(--flow)" : "var(--edge)", "stroke-width": meets ? 2.4 : 1,
  });
  drawn += painted(v, last, box(x + 6, y + tall - 7, letter, 5)) + painted(v, BLANK, box(x + 6 + letter, y + tall - 7, blank, 5));
  if (exact !== null) {
    const at = x + 6 + Math.min(room, room * exact * Math.exp(-best));
    drawn += tag("path", { d: `M${tidy(at)} ${tidy(y + tall - 9)}v9`, stroke: "var(--ink)", "stroke-width": 2 });
  }
  drawn += words(x + 7, y + (tall - 7) / 2 + 0.5, spelled(v, one.prefix, v.narrow ? 11 : 26), { size: clamp(tall - 10, 12, 15), bold: true });
  drawn += words(x + wide - 6, y + (tall - 7) / 2 + 0.5, chance(Math.exp(logAdd(one.blank, one.letter))), { size: 12, role: "muted", anchor: "end" });
  return tag("g", { opacity: isKept ? 1 : 0.5 }, drawn);
}

// What each width reads, and how probable that text is, all of its paths counted
function readings(v) {
  return WIDTHS.map((width) => {
    const steps = v.beam(width);
    const { prefix } = steps[steps.length - 1].kept[0];
    return { width, prefix, p: Math.exp(forward(v.n.logProbs, prefix).logP) };
  });
}

function widthTable(v) {
  const found = readings(v);
  const best = Math.max(...found.map((one) => one.p));
  const cells = found.map(({ width, prefix, p }) => {
    const top = p > best * (1 - 1e-9);
    return `<button type="button" data-width="${width}" aria-pressed="${width === v.state.width}">` +
      `width ${width}: <b>${escaped(spelled(v, prefix, 16))}</b> p ${chance(p)}${top ? " ★" : ""}</button>`;
  });
  return cells.join("");
}

// What happens in this step, in words: who meets, and who is lost
function beamSentence(v) {
  const step = v.beam(v.state.width)[v.at.t];
  const meeting = step.kept.find((one) => one.parents.length > 1);
  const parts = [`After frame ${v.at.t}: ${step.kept.length} prefixes stay, ${step.lost} are dropped.`];
  if (meeting) {
    const parents = meeting.parents.map((one) => spelled(v, one)).join(" and ");
    parts.push(`${parents} both become ${spelled(v, meeting.prefix)}: two ways meet, and their probabilities add up.`);
  }
  return parts.join(" ");
}
