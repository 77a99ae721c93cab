// CTC as the page computes it: the formulas of shared/ctc.py, natural logarithms, time first.
// logProbs[t][k] has a row for each frame; class 0 is the blank; a label is a list of classes.

const BLANK = 0;
const MOVES = ["stay", "step", "skip"];

function logAdd(a, b, c = -Infinity) {
  const top = Math.max(a, b, c);
  if (top === -Infinity) return top; // Nothing arrives, and minus infinity less itself is NaN
  return top + Math.log(Math.exp(a - top) + Math.exp(b - top) + Math.exp(c - top));
}

// Rows of numbers are never changed, so that what was made of one need not be made again
function ofEachRow(make) {
  const made = new WeakMap();
  return (rows) => rows.map((row) => made.get(row) ?? made.set(row, make(row)).get(row));
}

const logSoftmax = ofEachRow((row) => {
  const top = Math.max(...row);
  const norm = top + Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0));
  return row.map((v) => v - norm);
});
const probabilities = ofEachRow((row) => row.map(Math.exp));

function argmax(values) {
  return values.reduce((best, v, i) => (v > values[best] ? i : best), 0);
}

// What collapsing does with each frame of a path: emit a letter, merge a repeat, drop a blank
function collapseTrace(path) {
  return path.map((k, t) => (k === BLANK ? "blank" : k === path[t - 1] ? "merged" : "emit"));
}

function collapse(path) {
  const trace = collapseTrace(path);
  return path.filter((_, t) => trace[t] === "emit");
}

// The fewest frames a label fits into: one a letter, and a blank between two equal ones
function minFrames(label) {
  return label.length + label.filter((k, i) => i > 0 && k === label[i - 1]).length;
}

// A blank before, between and after the letters, and which state may be entered by a skip
function extendLabel(label) {
  const states = [BLANK, ...label.flatMap((k) => [k, BLANK])];
  const canSkip = states.map((k, s) => s > 1 && k !== BLANK && k !== states[s - 2]);
  return { states, canSkip };
}

// alpha[t][s]: log-probability of all beginnings that are in state s at frame t
function forward(logProbs, label) {
  const { states, canSkip } = extendLabel(label);
  const alpha = [states.map((k, s) => (s < 2 ? logProbs[0][k] : -Infinity))];
  for (let t = 1; t < logProbs.length; t += 1) {
    const before = alpha[t - 1];
    alpha.push(states.map((k, s) => {
      const step = s > 0 ? before[s - 1] : -Infinity;
      const skip = canSkip[s] ? before[s - 2] : -Infinity;
      return logProbs[t][k] + logAdd(before[s], step, skip);
    }));
  }
  const last = alpha[alpha.length - 1];
  return { alpha, logP: logAdd(...last.slice(-2), -Infinity) };
}

// beta[t][s]: log-probability of all endings after frame t, which is in state s
function backward(logProbs, label) {
  const { states, canSkip } = extendLabel(label);
  const count = states.length;
  const beta = logProbs.map(() => states.map((_, s) => (s >= count - 2 ? 0 : -Infinity)));
  for (let t = logProbs.length - 2; t >= 0; t -= 1) {
    const onward = states.map((k, s) => logProbs[t + 1][k] + beta[t + 1][s]);
    beta[t] = states.map((_, s) => {
      const step = s + 1 < count ? onward[s + 1] : -Infinity;
      const skip = canSkip[s + 2] ? onward[s + 2] : -Infinity;
      return logAdd(onward[s], step, skip);
    });
  }
  return beta;
}

// The k best paths of a label, best first, each with its states; the first is the alignment
function bestPaths(logProbs, label, k = 1) {
  const { states, canSkip } = extendLabel(label);
  let ends = states.map((c, s) => (s < 2 ? [{ logP: logProbs[0][c], s, before: null }] : []));
  for (const row of logProbs.slice(1)) {
    const previous = ends;
    ends = states.map((c, s) => {
      // Longest move first: of two equal paths the one in the earlier state wins
      const ways = [...(canSkip[s] ? previous[s - 2] : []), ...(previous[s - 1] ?? []), ...previous[s]];
      const best = ways.sort((a, b) => b.logP - a.logP).slice(0, k);
      return best.map((before) => ({ logP: before.logP + row[c], s, before }));
    });
  }
  const ranked = ends.slice(-2).flat().sort((a, b) => b.logP - a.logP);
  return ranked.filter((end) => end.logP > -Infinity).slice(0, k).map((end) => {
    const visited = [];
    for (let node = end; node; node = node.before) visited.unshift(node.s);
    return { logP: end.logP, visited, path: visited.map((s) => states[s]) };
  });
}

// How many paths of T frames collapse to the label: C(T + U - r, 2 U), exact
function countAlignments(frames, label) {
  if (frames < minFrames(label)) return 0n;
  const chosen = 2 * label.length;
  const all = frames + 2 * label.length - minFrames(label);
  let count = 1n;
  for (let i = 1; i <= chosen; i += 1) count = (count * BigInt(all - chosen + i)) / BigInt(i);
  return count;
}

// Why a label has no path, in a sentence; nothing when it has one
function whyImpossible(logProbs, label, logP) {
  const missing = minFrames(label) - logProbs.length;
  if (missing > 0) {
    return `The target needs ${missing} more time step${missing > 1 ? "s" : ""}: ` +
      `${minFrames(label)} at least, and there are ${logProbs.length}.`;
  }
  if (logP > -Infinity) return "";
  return "The target has probability zero: a logit it needs is minus infinity.";
}

// Found when it is first asked for: no picture shows everything
function lazily(n, found) {
  for (const [name, find] of Object.entries(found)) {
    const get = () => {
      Object.defineProperty(n, name, { value: find(), enumerable: true });
      return n[name];
    };
    Object.defineProperty(n, name, { get, enumerable: true, configurable: true });
  }
  return n;
}

// Everything that the pictures show of one line and one target
function compute(logits, label) {
  const logProbs = logSoftmax(logits);
  const path = logProbs.map(argmax);
  const { states, canSkip } = extendLabel(label);
  const { alpha, logP } = forward(logProbs, label);
  const status = whyImpossible(logProbs, label, logP);
  const n = {
    logits, logProbs, label, path, trace: collapseTrace(path), greedy: collapse(path),
    greedyLogP: path.reduce((sum, k, t) => sum + logProbs[t][k], 0), states, canSkip, alpha, logP, status,
  };
  return lazily(n, {
    beta: () => backward(logProbs, label),
    posterior: () => alpha.map((row, t) => row.map((a, s) => (status ? 0 : Math.exp(a + n.beta[t][s] - logP)))),
    occupancy: () => n.posterior.map((row) => {
      const found = logProbs[0].map(() => 0);
      states.forEach((k, s) => { found[k] += row[s]; });
      return found;
    }),
    gradient: () => probabilities(logProbs).map((row, t) => row.map((p, k) => (status ? 0 : p - n.occupancy[t][k]))),
    alignment: () => (status ? null : bestPaths(logProbs, label)[0].visited),
  });
}

// What enters state s at frame t: the kind of move, the state before, its alpha, its share
function arrivals(n, t, s) {
  if (t === 0) return [];
  return MOVES.flatMap((kind, move) => {
    if (s < move || (move === 2 && !n.canSkip[s])) return [];
    const logAlpha = n.alpha[t - 1][s - move];
    const share = Math.exp(logAlpha + n.logProbs[t][n.states[s]] - n.alpha[t][s]);
    return [{ kind, before: s - move, logAlpha, share: Number.isNaN(share) ? 0 : share }];
  });
}

// Probability, given the target, that the paths run from s - move at frame t - 1 to s at t
function flow(n, t, s, move) {
  if (n.status || s < move || (move === 2 && !n.canSkip[s])) return 0;
  return Math.exp(n.alpha[t - 1][s - move] + n.logProbs[t][n.states[s]] + n.beta[t][s] - n.logP);
}

// The one array that is this prefix and a letter more, so that prefixes that meet are the same
const grown = new WeakMap();
function longer(prefix, k) {
  if (!grown.has(prefix)) grown.set(prefix, []);
  const children = grown.get(prefix);
  return (children[k] ??= [...prefix, k]);
}

function comparePrefixes(a, b) {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

// Prefix beam search, every step kept: { kept, dropped } of { prefix, blank, letter, bonus,
// parents, score }, and how many were lost.  A prefix has two scores: its paths that end in a
// blank, and in its letter.  The search goes on after the steps that are known already.
function beamSteps(logProbs, width, bonus = () => 0, floor = -Infinity, { known = [], listed = Infinity } = {}) {
  const start = { prefix: [], blank: 0, letter: -Infinity, bonus: 0, parents: [], score: 0 };
  let beam = known.at(-1)?.kept ?? [start];
  return known.concat(logProbs.slice(known.length).map((row) => {
    const merged = new Map();
    const grow = (parent, k, ending, logP, extra = 0) => {
      if (logP === -Infinity) return;
      let { prefix } = parent;
      if (k !== BLANK) prefix = longer(prefix, k);
      let one = merged.get(prefix);
      if (!one) {
        one = { prefix, blank: -Infinity, letter: -Infinity, bonus: parent.bonus + extra, parents: [] };
        merged.set(prefix, one);
      }
      one[ending] = one[ending] === -Infinity ? logP : logAdd(one[ending], logP);
      if (!one.parents.includes(parent.prefix)) one.parents.push(parent.prefix);
    };
    for (const parent of beam) {
      const { prefix } = parent;
      const either = logAdd(parent.blank, parent.letter);
      const last = prefix[prefix.length - 1];
      grow(parent, BLANK, "blank", either + row[BLANK]);
      row.forEach((logP, k) => {
        if (k === BLANK || !(logP > floor)) return;
        // A repeat goes on with the same letter, and begins anew after a blank
        if (k === last) grow(parent, BLANK, "letter", parent.letter + logP);
        const started = k === last ? parent.blank : either;
        grow(parent, k, "letter", started + logP, bonus(prefix, k));
      });
    }
    const ranked = [...merged.values()];
    for (const one of ranked) one.score = logAdd(one.blank, one.letter) + one.bonus;
    ranked.sort((a, b) => b.score - a.score || comparePrefixes(a.prefix, b.prefix));
    beam = ranked.slice(0, width);
    return { kept: beam, dropped: ranked.slice(width, width + listed), lost: Math.max(ranked.length - width, 0) };
  }));
}
