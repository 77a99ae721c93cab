// The explorer in a page or a notebook: keeps the state, computes, draws, listens.  No kernel.

const KEY_STEP = 0.25;
const DRAG_PIXELS = 16; // Of a vertical drag for a nat
const LEADS = {
  collapse: ["From frames to text", "Each column is a frame of the line; a bar says how probable a symbol is there. ϵ, the blank, means: no new letter. " +
    "Greedy takes the tallest bar of each frame, merges equal neighbors, then drops ϵ. Only a ϵ keeps two equal letters apart. Drag a bar up or down."],
  beam: ["Many paths, one text", "The best path need not give the best text: a text is as probable as all its paths together. A beam keeps the best beginnings, " +
    "adds up the paths that meet in one, and drops the rest. Tick: the true probability, which the bar can only fall short of."],
};
const CONTROLS = {
  collapse: `
<span class="ctcx-snap"><label>Training <input name="snapshot" type="range" min="0" step="1"></label><button type="button" name="play">Play</button><svg class="ctcx-curves" width="170" height="30" aria-hidden="true"></svg><output name="update"></output></span>
<span class="ctcx-choice" role="group" aria-label="How far the collapse goes" data-field="stage"></span>
<label>ϵ bias <input name="bias" type="range" min="-8" max="8" step="0.1"></label>
<label>Temperature <input name="heat" type="range" min="-2" max="2" step="0.05"></label>`,
  lattice: `
<label>Target <input name="target" type="text" size="14" spellcheck="false" autocomplete="off" autocapitalize="off"></label>
<label>Show <select name="mode"></select></label>
<span class="ctcx-steps"><label>Rate <input name="rate" type="number" min="0.05" max="50" step="any"></label>
<button type="button" name="down">One gradient step</button></span>`,
  beam: `
<button type="button" name="back" aria-label="One frame back">◀</button><button type="button" name="next" aria-label="One frame on">▶</button>
<button type="button" name="run">Play</button>
<label>Width <input name="width" type="number" min="1" max="16" step="1"></label>
<label>Language model <input name="bonus" type="range" min="0" max="2" step="0.1"></label>`,
};
const BODY = `
<div class="ctcx-top"><span class="ctcx-choice ctcx-levels" role="group" aria-label="Level"></span>
<span class="ctcx-tools"><button type="button" name="undo">Undo</button><button type="button" name="reset">Reset</button>
<button type="button" name="numbers" aria-expanded="false">Numbers</button><button type="button" name="own" aria-expanded="false" hidden>Own line</button>
<button type="button" name="link" hidden>Copy link</button></span></div>
<div class="ctcx-own" hidden></div>
<p class="ctcx-lead"><b></b> <span></span></p>
<form class="ctcx-form"></form>
<p class="ctcx-result"></p>
<p class="ctcx-error" role="alert" hidden></p>
<div class="ctcx-scroll"><div class="ctcx-stage"><svg class="ctcx-picture" role="img"><defs><pattern width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M1 0V5" stroke="var(--hatch)" stroke-width="1.6"/></pattern></defs><g class="ctcx-layers"></g></svg><div class="ctcx-zones"></div>
<div class="ctcx-callout" hidden></div></div></div>
<p class="ctcx-status"><span aria-live="polite"></span> <label>logit <input name="logit" type="number" step="0.25"></label></p>
<div class="ctcx-widths" role="group" aria-label="Beam widths compared" hidden></div>
<div class="ctcx-puzzles"><span>Puzzles</span><span class="ctcx-choice" role="group" aria-label="Puzzles"></span><span class="ctcx-ask" aria-live="polite"></span></div>
<p class="ctcx-note" hidden></p>
<div class="ctcx-tables" hidden></div>`;

let mounted = 0;

// The page is touched only where something is different: what is equal costs nothing to draw
const written = new WeakMap();
function setHtml(node, html) {
  if (written.get(node) !== html) node.innerHTML = html;
  written.set(node, html);
}
const setText = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const setChanged = (node, key, value) => { if (node.getAttribute(key) !== value) node.setAttribute(key, value); };

function mount(el, data, { inPage = false } = {}) {
  const root = document.createElement("div");
  root.className = "ctcx";
  root.innerHTML = BODY;
  root.dataset.lmSuppressShortcuts = "true"; // Jupyter's own keys stay out of the figure
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);
  const one = (selector) => root.querySelector(selector);
  const field = (name) => root.querySelector(`[name="${name}"]`);
  const hatch = `ctcx-hatch-${(mounted += 1)}`;
  one("pattern").id = hatch;
  let line = unpack(data);
  // How the line, or a puzzle, looks before anything was done to it
  const beginning = (number) => (PUZZLES[number - 1]
    ? { ...START, mode: "river", ...PUZZLES[number - 1].opens, puzzle: number, target: scenes[number].target }
    : { ...START, target: line.target, typed: line.typed ?? "", level: data.level, mode: data.mode, snapshot: line.snapshots.length - 1 });
  const scenes = [line, ...PUZZLES.map((puzzle) => puzzle.line())];
  const kept = new Map(); // What was done to each line, so that none is lost for another
  const solved = new Set();
  const looks = new Map(); // Rows and colors of each line, fixed for its life
  let state = beginning(data.puzzle ?? 0);
  let actions = [];
  let refusal = "";
  let playing = null;
  let n = null;
  let logits = null;
  let at = { t: 0, row: 0, s: 0 };
  const beams = new Map(); // The last search of each width
  let comparing = null;
  let zones = [];
  let due = 0;

  const scene = () => scenes[state.puzzle] ?? line;
  const encode = (text) => [...text].map((c) => scene().characters.indexOf(c) + 1);
  const text = (label) => label.map((k) => scene().characters[k - 1]).join("");
  const name = (k) => (k === OTHER ? "other" : k === BLANK ? "ϵ" : scene().characters[k - 1].replace(" ", "␣"));

  function look() {
    if (!looks.has(state.puzzle)) {
      const shown = scene().snapshots?.at(-1)?.logits ?? scene().logits;
      const rows = chooseRows(logSoftmax(shown), encode(scene().target), 7);
      const colors = new Map(rows.filter((k) => k !== BLANK).map((k, i) => [k, `var(--c${i % 6})`]));
      looks.set(state.puzzle, { rows, colors });
    }
    const found = looks.get(state.puzzle);
    for (const k of n?.label ?? []) if (!found.rows.includes(k)) found.rows.push(k);
    return { ...found, rows: found.rows.length < scene().characters.length + 1 ? [...found.rows, OTHER] : found.rows };
  }

  function recompute() {
    logits = replayed(scene(), state, actions);
    n = compute(effective(logits, state), encode(state.target));
  }

  // The frames before the first one that changed are not searched again
  function beam(width) {
    const lm = state.bonus ? (prefix, k) => state.bonus * languageBonus(line.bigrams, scene().characters, prefix, k) : undefined;
    const of = `${state.puzzle} ${state.bonus} ${scene().characters}`;
    const before = beams.get(width);
    const change = before?.of === of ? n.logProbs.findIndex((row, t) => row !== before.logProbs[t]) : 0;
    if (change < 0) return before.steps;
    const steps = beamSteps(n.logProbs, width, lm, FLOOR, { known: before?.steps.slice(0, change), listed: LISTED });
    beams.set(width, { of, logProbs: n.logProbs, steps });
    return steps;
  }

  function makeView() {
    return layOut({
      n, state, at, beam, hatch, name, ...look(), scene: scene(), across: one(".ctcx-scroll").clientWidth || 860,
      room: inPage ? clamp(innerHeight - 290, 400, 540) : 412,
    });
  }

  function placeSelection() {
    const { rows } = look();
    const best = n.alignment ?? n.path.map(() => 1);
    const doubled = n.states.findIndex((k, s) => s > 2 && s % 2 && !n.canSkip[s]);
    const s = state.s >= 0 ? state.s : doubled > 0 ? doubled : Math.min(2 * Math.floor(n.label.length / 2) + 1, n.states.length - 1);
    const t = state.t >= 0 ? state.t : Math.max(best.indexOf(s), 0);
    at = { t: clamp(Math.round(t), 0, n.logProbs.length - 1), s: clamp(Math.round(s), 0, n.states.length - 1), row: 0 };
    const wanted = state.k >= 0 ? state.k : n.states[at.s];
    at.row = Math.max(rows.indexOf(wanted), 0);
  }

  // Once for each frame of the screen is enough
  function draw() {
    placeSelection();
    due ||= requestAnimationFrame(() => { due = 0; paint(); });
  }

  function paint() {
    root.dataset.theme = themeName();
    root.dataset.level = state.level;
    const v = makeView();
    const picture = { collapse: collapseLevel, lattice: latticeLevel, beam: beamLevel }[state.level](v);
    const svg = one(".ctcx-picture");
    const shape = { viewBox: `0 0 ${tidy(v.width)} ${tidy(picture.height)}`, width: tidy(v.width), height: tidy(picture.height), "aria-label": summary() };
    for (const [key, value] of Object.entries(shape)) setChanged(svg, key, String(value));
    const layers = one(".ctcx-layers");
    while (layers.children.length < picture.parts.length) layers.append(document.createElementNS(svg.namespaceURI, "g"));
    while (layers.children.length > picture.parts.length) layers.lastChild.remove();
    picture.parts.forEach((part, i) => setHtml(layers.children[i], part));
    placeZones(picture.zones);
    placeCallout(picture.callout, v);
    show(v);
  }

  function refresh() {
    recompute();
    const puzzle = PUZZLES[state.puzzle - 1];
    if (puzzle && !solved.has(state.puzzle)) {
      const cells = new Set(actions.filter((a) => a.rate === undefined).map((a) => `${a.t},${a.k}`));
      const untouched = state.bias === 0 && state.temperature === 1;
      const did = { edited: cells.size, steps: actions.filter((a) => a.rate !== undefined).length };
      if (untouched && puzzle.done(n, did, text)) solved.add(state.puzzle);
    }
    draw();
    remember();
  }

  function change(changed) {
    Object.assign(state, changed);
    refusal = "";
    refresh();
  }

  function edit(value) {
    const k = look().rows[at.row];
    if (k === OTHER || !Number.isFinite(value)) return;
    const last = actions[actions.length - 1];
    const action = { t: at.t, k, value: clamp(value, -40, 40) };
    if (last && last.rate === undefined && last.t === at.t && last.k === k) actions[actions.length - 1] = action;
    else actions.push(action);
    Object.assign(state, { t: at.t, k, s: at.s });
    refresh();
  }

  function setTarget(wanted) {
    const unknown = [...wanted].find((c) => !scene().characters.includes(c));
    refusal = unknown === undefined ? "" :
      `“${unknown}” has no class here, so the target stays ${state.target || "empty"}. The characters are: ${[...scene().characters].slice(0, 40).join(" ")}${scene().characters.length > 40 ? " …" : ""}`;
    if (unknown === undefined) Object.assign(state, { target: wanted, s: -1, t: -1, k: -1 });
    refresh();
  }

  // A line of one's own takes the place of the one that came with the page
  function takeLine(own) {
    const { level, mode } = state;
    stop();
    kept.set(state.puzzle, { state: { ...state }, actions });
    line = { ...line, ...own, snapshots: [], note: "", own: "" };
    scenes[0] = line;
    for (const memory of [kept, looks]) memory.delete(0);
    ({ state, actions } = { state: { ...beginning(0), level, mode }, actions: [] });
    field("link").hidden = !inPage || line.local;
    change({});
  }

  function openPuzzle(number) {
    kept.set(state.puzzle, { state: { ...state }, actions });
    ({ state, actions } = kept.get(number) ?? { state: beginning(number), actions: [] });
    stop();
    change({});
  }

  function summary() {
    const greedy = text(n.greedy) || "nothing";
    const loss = n.status || `p of the target ${chance(Math.exp(n.logP))}`;
    return `CTC explorer, level ${state.level}: ${n.logProbs.length} frames. Greedy reads ${greedy}. Target ${state.target || "empty"}: ${loss}.`;
  }

  // A search at a time, so that a hand that goes on moving need not wait for all
  function compareWidths(v, left) {
    if (!left.length) { setHtml(one(".ctcx-widths"), widthTable(v)); return; }
    v.beam(left[0]);
    comparing = setTimeout(() => compareWidths(v, left.slice(1)));
  }

  // Headline, controls and status follow from the state, so that none of them can be stale
  function show(v) {
    const [title, lead] = state.level === "lattice" ? MODES[state.mode] : LEADS[state.level];
    setText(one(".ctcx-lead b"), title);
    setText(one(".ctcx-lead span"), lead);
    const p = Math.exp(n.logP);
    const reads = (who, label) => `${who} reads <b>${escaped(label.map(name).join("") || "(nothing)")}</b>`;
    const greedy = reads("greedy", n.greedy);
    const big = (html) => `<span class="ctcx-big">${html}</span>`;
    const target = `p(<b>${escaped(state.target.replaceAll(" ", "␣") || "empty")}</b>) = <b class="ctcx-p">${chance(p)}</b>`;
    setHtml(one(".ctcx-result"), {
      collapse: () => `${big(greedy)}<span>p of this one path ${chance(Math.exp(n.greedyLogP))}</span>`,
      lattice: () => `${big(target)}<meter min="0" max="1" value="${p}" aria-label="p of the target"></meter><span>loss ${nats(-n.logP)} nats · ${greedy}</span>`,
      beam: () => `${big(reads(`width ${state.width}`, beam(state.width).at(-1).kept[0].prefix))}<span>${greedy}, p ${chance(Math.exp(forward(n.logProbs, n.greedy).logP))}</span>`,
    }[state.level]());
    const error = refusal || n.status;
    one(".ctcx-error").hidden = !error;
    setText(one(".ctcx-error"), error);
    setText(one(".ctcx-status span"), spoken(v));
    one(".ctcx-status label").hidden = v.rows[at.row] === OTHER;
    put("logit", tidy(logits[at.t][v.rows[at.row]] ?? 0));
    const untouched = !actions.length && state.target === line.target && state.bias === 0 && state.temperature === 1;
    const said = state.puzzle ? "" : [line.note, untouched && line.own].filter(Boolean).join(" ");
    setText(one(".ctcx-note"), said);
    one(".ctcx-note").hidden = !said;
    one(".ctcx-widths").hidden = state.level !== "beam";
    clearTimeout(comparing); // Five searches are too many for each pixel of a drag
    if (state.level === "beam") comparing = setTimeout(() => { compareWidths(v, WIDTHS); }, 250);
    field("undo").disabled = !actions.length;
    showControls();
    showPuzzles();
    if (!one(".ctcx-tables").hidden) one(".ctcx-tables").innerHTML = numberTable(v);
  }

  function spoken(v) {
    const k = v.rows[at.row];
    const cell = `frame ${at.t}, ${name(k)}: p ${chance(v.byRow[at.row][at.t])}`;
    if (state.level === "collapse") return `${cell}. In this frame greedy takes ${name(n.path[at.t])}: ${{ emit: "a new letter", merged: "merged with the frame before", blank: "dropped" }[n.trace[at.t]]}.`;
    if (state.level === "beam") return `${beamSentence(v)} Chosen: ${cell}.`;
    if (n.status) return cell;
    return ["river", "posterior", "alpha", "beta"].includes(state.mode) ? `${explainNode(v).join("; ")}` :
      `${cell}, asked for ${chance(clamp(v.fold(n.occupancy, at.row)[at.t], 0, 1))}, gradient ${nats(v.fold(n.gradient, at.row)[at.t])}.`;
  }

  function put(fieldName, value) {
    const input = field(fieldName);
    if (input && input !== root.getRootNode().activeElement && input.value !== String(value)) input.value = value;
  }

  function showControls() {
    const form = one(".ctcx-form");
    if (form.dataset.level !== state.level) {
      form.dataset.level = state.level;
      form.innerHTML = CONTROLS[state.level];
      bindControls();
    }
    const press = (group, chosen) => root.querySelectorAll(`${group} button`).forEach((button) =>
      setChanged(button, "aria-pressed", String(button.dataset.value === String(chosen))));
    press(".ctcx-levels", state.level);
    press('[data-field="stage"]', state.stage);
    for (const key of ["bias", "target", "mode", "rate", "width", "bonus"]) put(key, state[key]);
    put("heat", Math.round(20 * Math.log2(state.temperature)) / 20);
    if (state.level === "collapse") {
      one(".ctcx-snap").hidden = !scene().snapshots?.length;
      if (!scene().snapshots?.length) return;
      field("snapshot").max = scene().snapshots.length - 1;
      put("snapshot", state.snapshot);
      const { update, loss } = scene().snapshots[state.snapshot];
      const blank = n.logProbs.reduce((sum, row) => sum + Math.exp(row[BLANK]), 0) / n.logProbs.length;
      setHtml(one(".ctcx-curves"), curves(scene().snapshots, state.snapshot));
      setText(field("update"), `update ${update.toLocaleString("en")}, loss ${loss === null ? "∞" : loss.toFixed(2)}, mean p(ϵ) ${blank.toFixed(2)}`);
    } else if (state.level === "lattice") {
      one(".ctcx-steps").hidden = state.mode !== "gradient";
      field("down").disabled = Boolean(n.status);
    } else {
      field("bonus").closest("label").hidden = !line.bigrams;
    }
  }

  function choices(group, options, act) {
    group.innerHTML = options.map(([value, label]) => `<button type="button" data-value="${value}">${label}</button>`).join("");
    group.addEventListener("click", (event) => { if (event.target.dataset.value !== undefined) act(event.target.dataset.value); });
  }

  function bindControls() {
    const on = (fieldName, kind, act) => field(fieldName)?.addEventListener(kind, act);
    const number = (key, kind = "input") => on(key, kind, () => {
      const input = field(key);
      if (input.value !== "" && input.validity.valid) change({ [key]: Number(input.value) });
    });
    ["bias", "rate", "width", "bonus"].forEach((key) => number(key));
    on("heat", "input", () => change({ temperature: Number((2 ** Number(field("heat").value)).toPrecision(3)) }));
    on("target", "input", () => setTarget(field("target").value));
    on("mode", "change", () => change({ mode: field("mode").value }));
    on("down", "click", () => {
      actions.push({ rate: state.rate, label: n.label, bias: state.bias, temperature: state.temperature });
      refresh();
    });
    on("snapshot", "input", () => { stop(); actions = []; change({ snapshot: Number(field("snapshot").value) }); });
    on("play", "click", () => play(() => state.snapshot < scene().snapshots.length - 1, () => {
      actions = [];
      change({ snapshot: state.snapshot + 1 });
    }, () => change({ snapshot: 0 })));
    on("back", "click", () => moveFrame(-1));
    on("next", "click", () => moveFrame(1));
    on("run", "click", () => play(() => at.t < n.logProbs.length - 1, () => moveFrame(1), () => change({ t: 0 })));
    if (field("mode")) field("mode").innerHTML = Object.entries(MODES).map(([key, [title]]) => `<option value="${key}">${title}</option>`).join("");
    const stages = one('[data-field="stage"]');
    if (stages) choices(stages, STAGES.map((label, i) => [i, label]), (value) => change({ stage: Number(value) }));
  }

  const moveFrame = (by) => change({ t: clamp(at.t + by, 0, n.logProbs.length - 1), s: at.s });

  function play(hasMore, next, again) {
    if (playing) { stop(); return; }
    if (!hasMore()) again();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    playing = setInterval(() => { if (hasMore()) next(); else stop(); }, calm ? 1500 : 600);
  }

  function stop() { clearInterval(playing); playing = null; }

  function showPuzzles() {
    root.querySelectorAll(".ctcx-puzzles button").forEach((button) => {
      const number = Number(button.dataset.value);
      const done = solved.has(number);
      setText(button, number ? `${number}${done ? " ✓" : ""}` : "back to the line");
      setChanged(button, "aria-pressed", String(number === state.puzzle));
      setChanged(button, "aria-label", number ? `Puzzle ${number}: ${PUZZLES[number - 1].title}${done ? ", solved" : ""}` : "back to the line");
      button.hidden = !number && !state.puzzle;
    });
    const puzzle = PUZZLES[state.puzzle - 1];
    const ask = one(".ctcx-ask");
    const said = !puzzle ? (solved.size ? `${solved.size} of ${PUZZLES.length} solved` : "six small things to bring about") :
      solved.has(state.puzzle) ? `✓ ${puzzle.title}. ${puzzle.told}` : `${puzzle.title}: ${puzzle.ask}`;
    setText(ask, said);
    ask.classList.toggle("ctcx-solved", solved.has(state.puzzle));
  }

  function numberTable(v) {
    const byState = state.level === "lattice" && ["alpha", "beta", "posterior", "river"].includes(state.mode);
    const table = { alpha: n.alpha, beta: n.beta }[state.mode] ?? n.posterior;
    const heads = byState ? n.states.map((k, s) => `${s} ${name(k)}`) : v.rows.map(name);
    const title = !byState ? "Probabilities" : { alpha: "ln α", beta: "ln β" }[state.mode] ?? "Posterior";
    const value = (i, t) => (byState ? table[t][i] : v.byRow[i][t]);
    const frames = [...n.logProbs.keys()];
    const head = frames.map((t) => `<th scope="col">${t}</th>`).join("");
    const body = heads.map((row, i) => `<tr><th scope="row">${escaped(row)}</th>${frames.map((t) =>
      `<td>${Number.isFinite(value(i, t)) ? value(i, t).toFixed(3).replace("-", "−") : "−∞"}</td>`).join("")}</tr>`).join("");
    return `<table><caption>${title}, frames across</caption><thead><tr><th scope="col">frame</th>${head}</tr></thead><tbody>${body}</tbody></table>`;
  }

  // One focusable zone for each panel: pointer and keys together
  function placeZones(wanted) {
    const holder = one(".ctcx-zones");
    if (zones.map((z) => z.kind).join() !== wanted.map((z) => z.kind).join()) {
      holder.replaceChildren(...wanted.map((zone, i) => makeZone(zone.kind, i)));
    }
    zones = wanted;
    wanted.forEach((zone, i) => {
      const node = holder.children[i];
      setChanged(node, "aria-label", zone.label);
      Object.assign(node.style, { left: `${zone.x}px`, top: `${zone.y}px`, width: `${zone.dx * zone.cols}px`, height: `${zone.dy * zone.rows}px` });
    });
  }

  function choose(kind, t, i) {
    const { rows } = look();
    const inside = (v, count) => clamp(v, 0, count - 1);
    if (kind === "lattice") {
      const s = inside(i, n.states.length);
      change({ t: inside(t, n.logProbs.length), s, k: n.states[s] });
    } else {
      const row = inside(i, rows.length);
      const k = rows[row];
      const frame = inside(t, n.logProbs.length);
      const same = n.states.flatMap((other, s) => (other === k ? [s] : []));
      const s = same.length ? same.reduce((a, b) => (n.posterior[frame][b] > n.posterior[frame][a] ? b : a)) : at.s;
      change({ t: frame, s, k: k === OTHER ? -1 : k });
    }
  }

  function makeZone(kind, index) {
    const node = document.createElement("div");
    node.className = "ctcx-zone";
    node.dataset.kind = kind;
    node.tabIndex = 0;
    node.setAttribute("role", "application");
    const cell = (event) => {
      const { dx, dy, cols, rows } = zones[index];
      const bounds = node.getBoundingClientRect();
      return [clamp(Math.floor((event.clientX - bounds.left) / dx), 0, cols - 1), clamp(Math.floor((event.clientY - bounds.top) / dy), 0, rows - 1)];
    };
    let drag = null;
    node.addEventListener("pointerdown", (event) => {
      if (kind === "beam") return;
      choose(kind, ...cell(event));
      if (kind !== "emissions" || look().rows[at.row] === OTHER) return;
      node.setPointerCapture(event.pointerId);
      drag = { y: event.clientY, logit: logits[at.t][look().rows[at.row]] };
    });
    node.addEventListener("pointermove", (event) => {
      if (drag && Math.abs(drag.y - event.clientY) >= 2) edit(drag.logit + (drag.y - event.clientY) / DRAG_PIXELS);
    });
    for (const kindOfEnd of ["pointerup", "pointercancel"]) node.addEventListener(kindOfEnd, () => { drag = null; });
    node.addEventListener("keydown", (event) => key(kind, event));
    return node;
  }

  function key(kind, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    const sign = { "+": 1, "=": 1, "-": -1, "−": -1 }[event.key];
    if (dx && kind === "beam") moveFrame(dx);
    else if (dy && kind === "beam") change({ width: clamp(state.width - dy, 1, 16) });
    else if (dx || dy) choose(kind, at.t + dx, (kind === "lattice" ? at.s : at.row) + dy);
    else if (sign) edit(logits[at.t][look().rows[at.row]] + sign * KEY_STEP);
    else if (event.key === "Home") change({ t: 0, s: at.s });
    else if (event.key === "End") change({ t: n.logProbs.length - 1, s: at.s });
    else return;
    event.preventDefault();
  }

  function placeCallout(said, v) {
    const node = one(".ctcx-callout");
    node.hidden = !said || v.narrow || (state.t < 0 && ["river", "gradient"].includes(state.mode));
    if (node.hidden) return;
    setHtml(node, said.lines.map((text) => `<div>${escaped(text)}</div>`).join(""));
    const toLeft = said.x > v.left + v.plot * 0.6;
    Object.assign(node.style, { left: toLeft ? "" : `${said.x + 16}px`, right: toLeft ? `${v.width - said.x + 16}px` : "", top: `${Math.max(said.y - 30, 0)}px` });
  }

  // A link holds a text, no drawing
  const address = () => (line.local ? "#" : `#${toFragment(state, beginning(state.puzzle), actions)}`);
  let writing = null;
  function remember() {
    if (!inPage) return;
    clearTimeout(writing); // Browsers refuse an address that changes with every pixel
    writing = setTimeout(() => history.replaceState(null, "", address()), 250);
  }

  function open() {
    const typed = new URLSearchParams(location.hash.slice(1)).get("typed");
    if (writeOwn && typed && typed !== line.typed) writeOwn(typed);
    const found = fromFragment(location.hash.slice(1), beginning, (s) => scenes[s.puzzle].characters.length + 1, (s) => scenes[s.puzzle].logits.length);
    ({ state, actions } = found);
    if (!scene().snapshots?.[state.snapshot]) state.snapshot = beginning(state.puzzle).snapshot;
    if ([...state.target].some((c) => !scene().characters.includes(c))) state.target = scene().target;
    refusal = found.ignored ? `${found.ignored} part${found.ignored > 1 ? "s" : ""} of the link could not be read and were left out.` : "";
  }

  choices(one(".ctcx-levels"), LEVELS.map((level, i) => [level, `${i + 1} ${level[0].toUpperCase()}${level.slice(1)}`]), (value) => { stop(); change({ level: value }); });
  choices(one(".ctcx-puzzles .ctcx-choice"), [...PUZZLES.map((_, i) => [i + 1, i + 1]), [0, "back to the line"]], (value) => openPuzzle(Number(value)));
  one(".ctcx-form").addEventListener("submit", (event) => event.preventDefault());
  one(".ctcx-widths").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) change({ width: Number(button.dataset.width) });
  });
  field("logit").addEventListener("input", () => { if (field("logit").value !== "") edit(Number(field("logit").value)); });
  field("undo").addEventListener("click", () => { actions.pop(); change({}); });
  field("reset").addEventListener("click", () => {
    actions = [];
    change({ bias: 0, temperature: 1, target: scene().target, snapshot: beginning(state.puzzle).snapshot, t: -1, k: -1, s: -1 });
  });
  field("numbers").addEventListener("click", () => {
    one(".ctcx-tables").hidden = !one(".ctcx-tables").hidden;
    field("numbers").setAttribute("aria-expanded", String(!one(".ctcx-tables").hidden));
    draw();
  });
  field("own").hidden = !data.reader;
  const writeOwn = data.reader && ownLine(one(".ctcx-own"), data, takeLine);
  field("own").addEventListener("click", () => {
    one(".ctcx-own").hidden = !one(".ctcx-own").hidden;
    field("own").setAttribute("aria-expanded", String(!one(".ctcx-own").hidden));
  });
  field("link").hidden = !inPage;
  field("link").addEventListener("click", async () => {
    history.replaceState(null, "", address());
    await navigator.clipboard?.writeText(location.href);
    field("link").textContent = navigator.clipboard ? "Copied" : "See the address";
    setTimeout(() => { field("link").textContent = "Copy link"; }, 1500);
  });
  if (inPage) {
    if (location.hash.length > 1) open();
    addEventListener("hashchange", () => { open(); refresh(); });
  }
  refresh();
  paint(); // At once, for who has not seen anything yet
  const redraw = () => draw();
  const resized = new ResizeObserver(redraw);
  resized.observe(one(".ctcx-scroll"));
  const themed = new MutationObserver(redraw);
  themed.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", redraw);
  return () => {
    stop();
    cancelAnimationFrame(due);
    clearTimeout(comparing);
    resized.disconnect();
    themed.disconnect();
    scheme.removeEventListener("change", redraw);
  };
}

// Loss, solid, and mean probability of the blank, dashed, over the snapshots of training
function curves(snapshots, chosen) {
  const top = Math.max(...snapshots.map((one) => one.loss ?? 0), 1e-9);
  const span = Math.max(snapshots.at(-1).update - snapshots[0].update, 1);
  const x = (one) => 4 + (162 * (one.update - snapshots[0].update)) / span;
  const blanks = snapshots.map(({ logits }) => logSoftmax(logits).reduce((sum, row) => sum + Math.exp(row[BLANK]), 0) / logits.length);
  const through = (height) => snapshots.map((one, i) => `${tidy(x(one))},${tidy(27 - 24 * height(one, i))}`).join(" ");
  return tag("polyline", { points: through((one) => (one.loss ?? top) / top), fill: "none", stroke: "var(--loss)", "stroke-width": 2 }) +
    tag("polyline", { points: through((_, i) => blanks[i]), fill: "none", stroke: "var(--muted)", "stroke-width": 2, "stroke-dasharray": "4 3" }) +
    tag("path", { d: `M${tidy(x(snapshots[chosen]))} 0v30`, stroke: "var(--select)", "stroke-width": 1.5 });
}

// What a small language model of letter pairs says of a next letter: nats above its mean
function languageBonus(bigrams, characters, prefix, k) {
  if (!bigrams) return 0;
  const before = prefix.length ? characters[prefix[prefix.length - 1] - 1] : " ";
  const after = characters[k - 1];
  return (bigrams[before.toLowerCase()] ?? {})[after] ?? bigrams.floor;
}

function themeName() {
  const jupyter = document.body.dataset.jpThemeLight;
  if (jupyter) return jupyter === "false" ? "dark" : "light";
  if (document.body.classList.contains("vscode-dark")) return "dark";
  if (document.documentElement.getAttribute("theme") === "dark") return "dark";
  if (document.body.classList.contains("vscode-light")) return "light";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
