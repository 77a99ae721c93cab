// What a person chose: one object, written into the page's address and read back from it.

const LEVELS = ["collapse", "lattice", "beam"];
const START = {
  level: "collapse", mode: "river", target: "", stage: 2, bias: 0, temperature: 1, width: 4, bonus: 0,
  rate: 1, snapshot: -1, puzzle: 0, typed: "", t: -1, k: -1, s: -1,
};

function numbersOf(packed, frames) {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const flat = Array.from(new Float32Array(bytes.buffer));
  const classes = flat.length / frames;
  return Array.from({ length: frames }, (_, t) => flat.slice(t * classes, (t + 1) * classes));
}

// The line that Python sent, with its logits as lists
function unpack(data) {
  const snapshots = (data.snapshots ?? []).map((one) => ({ ...one, logits: numbersOf(one.logits, data.frames) }));
  return { ...data, logits: numbersOf(data.logits, data.frames), snapshots };
}

// Actions are replayed, so that undo and a link are exact: an edit of one bar, a step of training.
// A drag changes the last action alone, and what the others made is kept with them.
const made = new WeakMap();
function replayed(scene, state, actions) {
  return actions.reduce((logits, action) => {
    if (made.get(action)?.from !== logits) {
      const to = action.rate === undefined
        ? logits.map((row, t) => (t === action.t ? row.map((v, k) => (k === action.k ? action.value : v)) : row))
        : stepDown(logits, action);
      made.set(action, { from: logits, to });
    }
    return made.get(action).to;
  }, scene.snapshots?.[state.snapshot]?.logits ?? scene.logits);
}

// What the softmax sees, after the blank's bias and the temperature
function effective(logits, { bias, temperature }) {
  return bias === 0 && temperature === 1 ? logits : logits.map((row) => row.map((v, k) => (v + (k === BLANK ? bias : 0)) / temperature));
}

// One step of gradient descent on the logits themselves
function stepDown(logits, { rate, label, bias = 0, temperature = 1 }) {
  const { gradient } = compute(effective(logits, { bias, temperature }), label);
  return logits.map((row, t) => row.map((v, k) => v - (rate * gradient[t][k]) / temperature));
}

// What differs from how the line or the puzzle begins, and what was done
function toFragment(state, first, actions) {
  const found = new URLSearchParams();
  for (const key of ["typed", "puzzle"]) if (state[key]) found.set(key, state[key]);
  for (const [key, value] of Object.entries(state)) if (value !== first[key]) found.set(key, value);
  const done = actions.map((a) => (a.rate === undefined
    ? `e${a.t}.${a.k}.${tidy(a.value)}` : `s${[a.rate, tidy(a.bias), a.temperature, ...a.label].join("_")}`));
  if (done.length) found.set("do", done.join("~"));
  return found.toString();
}

// Read a link; what it says wrongly is left out, and the number of such parts is told
function fromFragment(fragment, beginning, classes, frames) {
  const given = new URLSearchParams(fragment);
  const state = beginning(Number(given.get("puzzle") ?? 0));
  const LOW_HIGH = { stage: [0, 2], bias: [-8, 8], temperature: [0.25, 4], width: [1, 16], bonus: [0, 2], rate: [0.05, 50], puzzle: [0, PUZZLES.length] };
  let ignored = 0;
  for (const [key, text] of given) {
    if (key === "do") continue;
    const value = typeof START[key] === "number" ? Number(text) : text;
    const [low, high] = LOW_HIGH[key] ?? [-Infinity, Infinity];
    const known = key in START && !Number.isNaN(value) && !(value < low || value > high) &&
      (key !== "level" || LEVELS.includes(value)) && (key !== "mode" || Object.hasOwn(MODES, value));
    if (!known) ignored += 1;
    else if (key !== "puzzle" && key !== "typed") state[key] = value;
  }
  const inside = (v, count) => Number.isInteger(v) && v >= 0 && v < count;
  const actions = (given.get("do") ?? "").split("~").filter(Boolean).flatMap((text) => {
    const parts = text.slice(1).split(text[0] === "e" ? "." : "_");
    if (text[0] === "e") {
      const [t, k, value] = [Number(parts[0]), Number(parts[1]), Number(parts.slice(2).join("."))];
      if (inside(t, frames(state)) && inside(k, classes(state)) && Number.isFinite(value)) return [{ t, k, value }];
    } else {
      const [rate, bias, temperature, ...label] = parts.map(Number);
      const fits = label.every((k) => k > 0 && inside(k, classes(state)));
      if (rate > 0 && rate <= 50 && Number.isFinite(bias) && temperature > 0 && fits) return [{ rate, bias, temperature, label }];
    }
    ignored += 1;
    return [];
  });
  return { state, actions, ignored };
}

// Classes with a bar of their own: the blank, the target's, greedy's, then the likeliest
function chooseRows(logProbs, label, limit) {
  const rows = new Set([BLANK, ...label, ...collapse(logProbs.map(argmax))]);
  const top = logProbs[0].map((_, k) => Math.max(...logProbs.map((row) => row[k])));
  const ranked = top.map((_, k) => k).sort((a, b) => top[b] - top[a]);
  for (const k of ranked) if (rows.size < Math.max(limit, rows.size)) rows.add(k);
  if (top.length - rows.size === 1) ranked.forEach((k) => rows.add(k));
  return [...rows];
}
