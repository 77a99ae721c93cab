// What the picture shows, as numbers and in words; mirrors words.py for cells pointed at.

const HEAT = ["emissions", "occupancy", "gradient"];
const LATTICE = ["lattice", "overview"];

function unpack(scene) {
  const tables = {};
  for (const [name, packed] of Object.entries(scene.values ?? {})) {
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    tables[name] = new Float32Array(bytes.buffer);
  }
  const cols = scene.frames;
  const rowOf = scene.states.map((k) => scene.rows.indexOf(k));
  const at = (name, row, t) =>
    name === "state_p" ? tables.p[rowOf[row] * cols + t] : tables[name][row * cols + t];
  return { at, cols, tables };
}

function nats(value) {
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  return value.toFixed(2).replace("-", "−");
}

function arrivals(scene, values, t, s) {
  if (t === 0) return [];
  const found = [];
  const here = values.at("alpha", s, t);
  ["stay", "step", "skip"].forEach((kind, move) => {
    if (s < move || (move === 2 && !scene.can_skip[s])) return;
    const before = values.at("alpha", s - move, t - 1) + Math.log(values.at("state_p", s, t));
    found.push({ kind, before: s - move, share: here > -Infinity ? Math.exp(before - here) : 0 });
  });
  return found;
}

function whyNoSkip(scene, s) {
  if (s < 2 || scene.can_skip[s]) return "";
  const name = scene.state_names[s];
  return s % 2
    ? `Skip forbidden: the letter before is also ${name}, and the blank keeps them apart.`
    : "Skip forbidden: from blank to blank it would jump over a letter.";
}

function explainNode(scene, values, t, s) {
  const name = scene.state_names[s];
  const alpha = values.at("alpha", s, t);
  const lines = [
    `Frame ${t}, state ${s} (${name}): posterior ${values.at("posterior", s, t).toFixed(3)}`,
    `ln α = ${nats(alpha)}, ln β = ${nats(values.at("beta", s, t))}, ` +
      `ln p(target) = ${nats(-scene.loss)}; posterior = exp(ln α + ln β − ln p).`,
    `p(${name}) in this frame: ${values.at("state_p", s, t).toFixed(3)}.`,
  ];
  if (t === 0) {
    lines.push(s < 2 ? "A path may start here." : "No path starts here: only in states 0 and 1.");
  } else if (alpha === -Infinity) {
    lines.push("No path reaches this node yet.");
  } else {
    const ways = arrivals(scene, values, t, s).map(
      ({ kind, before, share }) =>
        `${kind} ${kind === "stay" ? "in" : "from"} ${scene.state_names[before]} ` +
        `(${before}) ${share.toFixed(2)}`,
    );
    lines.push(`Arrives by ${ways.join(", ")}.`);
  }
  lines.push(t === 0 ? "" : whyNoSkip(scene, s));
  return lines;
}

function explainCell(scene, values, t, row) {
  const parts = [`frame ${t}, ${scene.names[row]}`, `p ${values.at("p", row, t).toFixed(3)}`];
  const logit = values.at("logit", row, t);
  if (!Number.isNaN(logit)) parts.push(`logit ${nats(logit)}`);
  if (scene.loss !== null) {
    parts.push(`asked for ${values.at("occupancy", row, t).toFixed(3)}`);
    parts.push(`gradient ${values.at("gradient", row, t).toFixed(3).replace("-", "−")}`);
  }
  return parts.join(" · ");
}

function spoken(scene, values, at, kind) {
  if (!LATTICE.includes(kind) || scene.loss === null) {
    return explainCell(scene, values, at.t, at.row).replaceAll(" · ", ", ");
  }
  const ways = arrivals(scene, values, at.t, at.s).length;
  const count = ["no", "one", "two", "three"][ways];
  const why = whyNoSkip(scene, at.s).replace("Skip forbidden: ", "skip forbidden because ");
  return (
    `frame ${at.t}, row ${scene.state_names[at.s]}, posterior ` +
    `${values.at("posterior", at.s, at.t).toFixed(2)}, ${count} incoming ` +
    `edge${ways === 1 ? "" : "s"}${why ? `, ${why}` : ""}`
  );
}

const TABLES = {
  p: ["Probabilities", "row"],
  logit: ["Logits", "row"],
  occupancy: ["Posterior by symbol", "row"],
  gradient: ["Gradient", "row"],
  alpha: ["ln α", "state"],
  beta: ["ln β", "state"],
  posterior: ["Posterior by state", "state"],
};

function numberTable(scene, values, name) {
  const [title, by] = TABLES[name];
  const heads = by === "row" ? scene.names : scene.state_names.map((n, s) => `${s} ${n}`);
  const cell = (v) => (Number.isFinite(v) ? v.toFixed(3).replace("-", "−") : Number.isNaN(v) ? "" : "−∞");
  const frames = [...Array(values.cols).keys()];
  const head = frames.map((t) => `<th scope="col">${t}</th>`).join("");
  const body = heads.map((row, i) => {
    const cells = frames.map((t) => `<td>${cell(values.at(name, i, t))}</td>`).join("");
    return `<tr><th scope="row">${escaped(row)}</th>${cells}</tr>`;
  });
  return (
    `<table><caption>${title}, frames across</caption><thead><tr><th scope="col">frame</th>` +
    `${head}</tr></thead><tbody>${body.join("")}</tbody></table>`
  );
}
