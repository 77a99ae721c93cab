// Level 2: all paths of one target at once, over the ink.

const MODES = {
  river: ["River of paths", "Every way to spell the target, flowing over the ink. Where the river is wide, many probable paths run; the width is the posterior. Drag a bar below and watch it move."],
  posterior: ["Posterior", "Of all paths that spell the target, weighted by their probability, the share that runs through a node: that share is its posterior. Choose a node to see its sum."],
  alpha: ["Forward α", "α adds up all ways to get to a node from the start: the node's own probability times the α of the two or three nodes that lead to it."],
  beta: ["Backward β", "β adds up all ways to finish from a node. α times β, divided by p(target), is the posterior."],
  paths: ["Single paths", "The most probable paths one by one. Each spells the target after merging and dropping; p(target) is the sum over all of them, not the best one."],
  gradient: ["Gradient", "Training compares what the network says with the posterior, what the target asks for. Bars that point up will be raised, bars that point down lowered."],
  alignment: ["Alignment", "The best single path of the target says where each letter was found. The network peaks there; the letter's ink is often wider."],
};

function latticeLevel(v) {
  const { mode } = v.state;
  const count = mode === "gradient" ? 2 : 1;
  const rowHeight = clamp(Math.floor((v.room * (count === 2 ? 0.52 : 0.36)) / (v.rows.length * count)), 5, 40);
  const below = count * v.rows.length * rowHeight + 24 + (count === 2 ? 24 : 0);
  const room = Math.max(v.room - below, 120);
  const upper = v.n.status ? impossible(v, room) : PICTURES[mode](v, room);
  const top = upper.height + 8;
  const bars = emissions(v, top, rowHeight);
  const zones = [...upper.zones, bars.zone];
  let { bottom } = bars;
  const parts = [...upper.parts, ...bars.parts, ringed(v, top, rowHeight)];
  if (count === 2 && !v.n.status) {
    parts.push(words(v.left, bottom + 12, "posterior − softmax: what a step changes", { size: 12, role: "muted" }));
    parts.push(...gradientBars(v, bottom + 24, rowHeight));
    bottom += 24 + v.rows.length * rowHeight;
  }
  parts.push(frameNumbers(v, bottom + 11));
  return { parts: [cursor(v, 0, bottom), ...parts], zones, height: bottom + 22, callout: v.n.status ? null : upper.callout };
}

function impossible(v, room) {
  const height = v.scene.image ? Math.min(room, 150) : 4;
  return { zones: [], height, parts: [ink(v, 0, height, 0.5)] };
}

function grid(v, room) {
  const height = clamp((room - 12) / v.n.states.length, 2.5, 34);
  const top = 6; // The river is wider than its row
  return { height, top, y: (s) => top + (s + 0.5) * height, bottom: top + height * v.n.states.length };
}

function stateNames(v, g) {
  const every = 2 * Math.ceil(13 / (2 * g.height)); // Names of a long target would overlap
  return v.n.states.map((k, s) => ((k === BLANK ? g.height < 15 : (s - 1) % every) ? "" : words(v.left - 8, g.y(s), v.name(k), {
    size: clamp(g.height, 12, 15), anchor: "end", bold: k !== BLANK, role: k === BLANK ? "muted" : "ink",
  }))).join("");
}

const latticeZone = (v, g) => ({ kind: "lattice", x: v.left, y: g.top, dx: v.step, dy: g.height, cols: v.frames, rows: v.n.states.length,
  label: "Lattice, frames across, states of the target down: arrow keys move" });

function river(v, room) {
  const { n } = v;
  const g = grid(v, room);
  const thick = Math.min(g.height * 1.5, 44);
  const half = v.step * 0.22;
  const leaving = n.posterior.map((row) => row.map((p) => (-p * thick) / 2));
  const shapes = new Map(n.states.map((k) => [k, ""]));
  const add = (k, d) => shapes.set(k, shapes.get(k) + d);
  for (let t = 0; t < v.frames; t += 1) {
    n.states.forEach((k, s) => {
      const p = n.posterior[t][s];
      if (p * thick > 0.3) add(k, box(v.x(t + 0.5) - half, g.y(s) - (p * thick) / 2, 2 * half, p * thick));
      if (t === 0) return;
      let arriving = (-p * thick) / 2;
      for (const move of [2, 1, 0]) { // From the top down, so that no ribbons cross at a node
        const wide = flow(n, t, s, move) * thick;
        if (wide < 0.25) continue;
        const [from, to] = [g.y(s - move) + leaving[t - 1][s - move], g.y(s) + arriving];
        add(k, ribbon(v.x(t - 0.5) + half, from, from + wide, v.x(t + 0.5) - half, to, to + wide));
        leaving[t - 1][s - move] += wide;
        arriving += wide;
      }
    });
  }
  const ribbons = [...shapes].map(([k, d]) => painted(v, k, d, 0.82));
  return { parts: [ink(v, 0, g.bottom, 0.4), ...ribbons, stateNames(v, g), nodeRing(v, g)], height: g.bottom, zones: [latticeZone(v, g)], callout: callout(v, g) };
}

// Alpha or beta as a share of its frame, so that small numbers can be seen
function shares(v) {
  const values = { alpha: v.n.alpha, beta: v.n.beta }[v.state.mode];
  if (!values) return v.n.posterior;
  return values.map((row) => {
    const top = Math.max(...row);
    const total = row.reduce((sum, value) => sum + Math.exp(value - top), 0);
    return row.map((value) => (top === -Infinity ? 0 : Math.exp(value - top) / total));
  });
}

// What is there whatever the numbers are: each way that is allowed, as long lines, and its nodes
let netKept = {};
function net(v, g, reached) {
  const { n } = v;
  const inside = n.alpha.map((row, t) => row.map((_, s) => reached(t, s)));
  const key = JSON.stringify([v.hatch, v.step, v.left, g, n.states, inside.map((row) => [row.indexOf(true), row.lastIndexOf(true)])]);
  if (netKept.key === key) return netKept.parts;
  const leads = (t, s, move) => t > 0 && s >= move && inside[t]?.[s] && inside[t - 1][s - move] && (move < 2 || n.canSkip[s]);
  const at = (t, s) => `${tidy(v.x(t + 0.5))} ${tidy(g.y(s))}`;
  let [lines, dots, crosses] = ["", "", ""];
  inside.forEach((row, t) => row.forEach((is, s) => {
    if (!is) return;
    const apart = g.height >= 5; // Closer, dots and slanted lines would cover everything
    if (apart) dots += `M${at(t, s)}h0`;
    for (const move of apart ? [0, 1, 2] : [0]) {
      if (!leads(t, s, move) || leads(t - 1, s - move, move)) continue;
      let far = 1;
      while (leads(t + far, s + far * move, move)) far += 1;
      lines += `M${at(t - 1, s - move)}L${at(t + far - 1, s + (far - 1) * move)}`;
    }
    if (t > 0 && s > 1 && s % 2 && !n.canSkip[s] && inside[t - 1][s - 2] && v.step > 9) {
      crosses += `M${tidy(v.x(t + 0.5) - v.step / 3 - 3)} ${tidy(g.y(s) - (2 * g.height) / 3 - 3)}l6 6m0 -6l-6 6`;
    }
  }));
  const small = { fill: "none", stroke: "var(--muted)", "stroke-width": 2.4, "stroke-linecap": "round" };
  const parts = [tag("path", { d: lines, stroke: "var(--edge)", "stroke-width": 0.8 }),
    tag("path", { d: crosses, stroke: "var(--warn)", "stroke-width": 1.6 }), tag("path", { d: dots, ...small })];
  netKept = { key, parts };
  return parts;
}

function nodes(v, room) {
  const { n } = v;
  const g = grid(v, room);
  const largest = Math.min(v.step, g.height) * 0.48;
  const reached = (t, s) => n.alpha[t][s] > -Infinity && n.beta[t][s] > -Infinity;
  const edges = ["", "", ""];
  const discs = new Map(n.states.map((k) => [k, ""]));
  const size = shares(v);
  for (let t = 0; t < v.frames; t += 1) {
    n.states.forEach((k, s) => {
      if (!reached(t, s)) return;
      const r = Math.sqrt(size[t][s]) * largest;
      if (r > 1.2) discs.set(k, `${discs.get(k)}M${tidy(v.x(t + 0.5) - r)} ${tidy(g.y(s))}a${tidy(r)} ${tidy(r)} 0 1 0 ${tidy(2 * r)} 0a${tidy(r)} ${tidy(r)} 0 1 0 ${tidy(-2 * r)} 0z`);
      if (!t || n.posterior[t][s] < 0.02) return;
      for (let move = 0; move <= Math.min(s, 2); move += 1) {
        const strength = Math.ceil(flow(n, t, s, move) * 3 - 0.06);
        if (strength > 0) edges[Math.min(3, strength) - 1] += `M${tidy(v.x(t - 0.5))} ${tidy(g.y(s - move))}L${tidy(v.x(t + 0.5))} ${tidy(g.y(s))}`;
      }
    });
  }
  const strong = edges.map((d, i) => tag("path", { d, stroke: "var(--flow)", "stroke-width": 1.4 * (i + 1), opacity: 0.55 }));
  const rim = Math.max(largest, 4) + 1.5;
  const ends = [[0, 0], [0, 1], [v.frames - 1, n.states.length - 1], [v.frames - 1, n.states.length - 2]].filter(([, s]) => s >= 0 && s < n.states.length);
  const rims = ends.map(([t, s]) => tag("circle", { cx: v.x(t + 0.5), cy: g.y(s), r: rim, fill: "none", stroke: "var(--ink)", "stroke-width": 1.3 }));
  return { height: g.bottom, zones: [latticeZone(v, g)], callout: callout(v, g), parts: [ink(v, 0, g.bottom, 0.16), ...net(v, g, reached), ...strong,
    ...[...discs].map(([k, d]) => painted(v, k, d)), rims.join(""), stateNames(v, g), nodeRing(v, g)] };
}

function nodeRing(v, g) {
  const { t, s } = v.at;
  const [x, y] = [v.x(t + 0.5), g.y(s)];
  const ways = v.state.mode === "beta" ? departures(v.n, t, s).map((one) => [t + 1, one.after]) : arrivals(v.n, t, s).map((one) => [t - 1, one.before]);
  const lines = ways.map(([u, other]) => `M${tidy(v.x(u + 0.5))} ${tidy(g.y(other))}L${tidy(x)} ${tidy(y)}`);
  return tag("path", { d: lines.join(""), stroke: "var(--select)", "stroke-width": 1.8, opacity: 0.8 }) +
    tag("circle", { cx: x, cy: y, r: Math.max(Math.min(v.step, g.height) / 2, 5) + 2, fill: "none", stroke: "var(--select)", "stroke-width": 2.2 });
}

// Where the paths go from state s at frame t
function departures(n, t, s) {
  if (t + 1 >= n.alpha.length) return [];
  return MOVES.flatMap((kind, move) => {
    const after = s + move;
    if (after >= n.states.length || (move === 2 && !n.canSkip[after])) return [];
    return [{ kind, after, p: Math.exp(n.logProbs[t + 1][n.states[after]]), beta: Math.exp(n.beta[t + 1][after]) }];
  });
}

// The sum that makes the chosen node, in numbers, to stand at the node
function explainNode(v) {
  const { n, at: { t, s }, state: { mode } } = v;
  const name = v.name(n.states[s]);
  const [alpha, beta, p] = [Math.exp(n.alpha[t][s]), Math.exp(n.beta[t][s]), Math.exp(n.logProbs[t][n.states[s]])];
  const lines = [`frame ${t}, ${name}: posterior ${n.posterior[t][s].toFixed(3)}`];
  if (mode === "alpha") {
    const ways = arrivals(n, t, s);
    if (t === 0) lines.push(s < 2 ? `α = p(${name}) = ${chance(p)}: a path may start here` : "no path starts here");
    else {
      lines.push(`α = p(${name}) × (${ways.map((one) => `${one.kind} ${v.name(n.states[one.before])}`).join(" + ")})`);
      lines.push(`= ${chance(p)} × (${ways.map((one) => chance(Math.exp(one.logAlpha))).join(" + ")}) = ${chance(alpha)}`);
    }
  } else if (mode === "beta") {
    const ways = departures(n, t, s);
    if (!ways.length) lines.push(`β = ${beta}: ${beta ? "a path may end here" : "no path ends here"}`);
    else {
      lines.push(`β = ${ways.map((one) => `p(${v.name(n.states[one.after])}) β(${one.kind})`).join(" + ")}`);
      lines.push(`= ${ways.map((one) => `${chance(one.p)} × ${chance(one.beta)}`).join(" + ")} = ${chance(beta)}`);
    }
  } else {
    lines.push("α × β ÷ p(target)");
    lines.push(`= ${chance(alpha)} × ${chance(beta)} ÷ ${chance(Math.exp(n.logP))} = ${n.posterior[t][s].toFixed(3)}`);
  }
  if (s > 1 && s % 2 && !n.canSkip[s]) lines.push(`No skip: the letter before is ${name} too, ϵ keeps them apart.`);
  return lines;
}

const callout = (v, g) => ({ x: v.x(v.at.t + 0.5), y: g.y(v.at.s), lines: explainNode(v) });

function singlePaths(v, room) {
  const height = clamp(Math.floor(room / 7) - 6, 16, 26);
  const rows = bestPaths(v.n.logProbs, v.n.label, clamp(Math.floor(room / (height + 6)) - 1, 3, 7));
  const listed = rows.reduce((sum, one) => sum + Math.exp(one.logP - v.n.logP), 0);
  let drawn = "";
  rows.forEach((one, i) => {
    drawn += chips(v, i * (height + 6), height, one.path.map((k, t) => [k, t, t + 1]));
    drawn += words(v.left - 8, i * (height + 6) + height / 2, `${(100 * Math.exp(one.logP - v.n.logP)).toFixed(v.narrow ? 0 : 1)} %`, { size: 12, anchor: "end" });
  });
  const bottom = rows.length * (height + 6);
  const count = countAlignments(v.frames, v.n.label);
  const many = count > 10n ** 12n ? chance(1).slice(1) + `10${[...String(String(count).length - 1)].map((c) => SUPERSCRIPTS[c]).join("")} and more` : count.toLocaleString("en");
  drawn += words(v.left, bottom + 8, `${many} path${count === 1n ? "" : "s"} in all; the ${rows.length} listed hold ${(100 * listed).toFixed(1)} % of p(target)`, { size: 13 });
  return { parts: [drawn], height: bottom + 20, zones: [] };
}

function gradientBars(v, top, height) {
  const drawn = [tag("rect", { x: v.left, y: top, width: v.plot, height: height * v.rows.length, fill: "var(--panel)" })];
  v.rows.forEach((k, i) => {
    const middle = top + (i + 0.5) * height;
    const parts = ["", ""];
    v.fold(v.n.gradient, i).forEach((value, t) => {
      const tall = (-value * (height - 2)) / 2;
      if (Math.abs(tall) > 0.1) parts[Number(value > 0)] += box(v.x(t) + 0.5, middle - Math.max(tall, 0), v.step - 1, Math.abs(tall));
    });
    drawn.push(tag("path", { d: parts[0], fill: "var(--c0)" }) + tag("path", { d: parts[1], fill: "var(--c1)" }) +
      tag("path", { d: `M${v.left} ${middle}h${v.plot}`, stroke: "var(--edge)", "stroke-width": 0.7 }));
  });
  return [...drawn, rowNames(v, v.rows, top, height)];
}

function alignment(v, room) {
  const { n } = v;
  const height = clamp(room - 64, 60, v.scene.image ? (v.scene.imageSize[1] / v.scene.imageSize[0]) * v.plot : 60);
  let drawn = ink(v, 0, height);
  n.label.forEach((k, u) => {
    const steps = n.alignment.flatMap((s, t) => (s === 2 * u + 1 ? [t] : []));
    const [from, to] = [v.x(steps[0]), v.x(steps[steps.length - 1] + 1)];
    const mean = steps.reduce((sum, t) => sum + n.logProbs[t][k], 0) / steps.length;
    drawn += painted(v, k, box(from, 0, to - from, height), 0.3);
    drawn += tag("path", { d: `M${tidy(from)} ${tidy(height + 4)}v6h${tidy(to - from)}v-6`, stroke: v.color(k), "stroke-width": 2.4, fill: "none" });
    drawn += words((from + to) / 2, height + 24, v.name(k), { size: 17, bold: true, anchor: "middle" });
    drawn += words((from + to) / 2, height + 44, chance(Math.exp(mean)), { size: 12, role: "muted", anchor: "middle" });
  });
  return { parts: [drawn], height: height + 58, zones: [] };
}

const PICTURES = { river, posterior: nodes, alpha: nodes, beta: nodes, paths: singlePaths, gradient: river, alignment };
