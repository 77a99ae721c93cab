// Pointing, keys and the marks that follow them; all of it without the kernel.

const DRAG_PIXELS = 16; // Pixels of a vertical drag per nat
const KEY_STEP = 0.25;

// Choose the state of a class that is likeliest in a frame; -1 where there is none
function likeliestState(scene, values, t, k) {
  let best = -1;
  scene.states.forEach((other, s) => {
    if (other !== k) return;
    const better = best < 0 || values.at("posterior", s, t) > values.at("posterior", best, t);
    if (better) best = s;
  });
  return best;
}

// Complete a selection from the panel it was made in
function placed(scene, values, kind, t, index, before) {
  if (LATTICE.includes(kind)) return { t, s: index, row: scene.rows.indexOf(scene.states[index]) };
  if (!HEAT.includes(kind)) return { ...before, t };
  const s = likeliestState(scene, values, t, scene.rows[index]);
  return { t, s: s < 0 ? before.s : s, row: index };
}

function cellUnder(panel, x, y) {
  const t = Math.floor((x - panel.x) / panel.dx);
  const i = Math.floor((y - panel.y) / panel.dy);
  if (t < 0 || i < 0 || t >= panel.cols || i >= panel.rows) return null;
  return { t: t + (panel.t0 ?? 0), index: i + (panel.s0 ?? 0) };
}

function overlayMarks(scene, values, at, strong) {
  const marks = [];
  const step = scene.panels.find((panel) => panel.kind !== "curves")?.dx;
  const box = (fill, stroke, opacity, width, xywh) =>
    marks.push({ kind: "rects", at: xywh, fill, stroke, opacity, width, radius: 2 });
  const shared = scene.panels.filter((panel) => panel.dx === step && panel.cols > 1);
  if (shared.length) {
    const top = shared[0].y;
    const end = shared[shared.length - 1];
    const x = shared[0].x + at.t * step;
    box("select", null, 0.09, 0, [x, top, step, end.y + end.dy * end.rows - top]);
  }
  for (const panel of scene.panels) {
    const x = panel.x + (at.t - (panel.t0 ?? 0)) * panel.dx;
    if (HEAT.includes(panel.kind) && at.row >= 0) {
      const y = panel.y + at.row * panel.dy;
      box(null, "white", 1, 3.5, [x, y, panel.dx, panel.dy]);
      box(null, "black", 1, 1.5, [x, y, panel.dx, panel.dy]);
    }
    if (panel.kind === "overview") {
      const y = panel.y + (at.s + 0.5) * panel.dy;
      const ring = { kind: "discs", at: [x + panel.dx / 2, y, 6], fill: null, opacity: 1 };
      marks.push({ ...ring, stroke: "black", width: 3.5 }, { ...ring, stroke: "white", width: 1.5 });
    }
    if (panel.kind === "lattice") marks.push(...nodeMarks(scene, values, panel, at, strong));
  }
  return marks;
}

function nodeMarks(scene, values, panel, at, strong) {
  const center = (t, s) => [
    panel.x + (t - panel.t0 + 0.5) * panel.dx,
    panel.y + (s - panel.s0 + 0.5) * panel.dy,
  ];
  const inside =
    at.t >= panel.t0 && at.t < panel.t0 + panel.cols &&
    at.s >= panel.s0 && at.s < panel.s0 + panel.rows;
  if (!inside) return [];
  const [x, y] = center(at.t, at.s);
  const size = Math.min(panel.dx, panel.dy) * 0.5 + 2;
  const marks = [
    { kind: "discs", at: [x, y, size], fill: null, stroke: "select", width: strong ? 2.4 : 1.4 },
  ];
  for (const { before, share } of arrivals(scene, values, at.t, at.s)) {
    if (before < panel.s0 || at.t <= panel.t0) continue;
    const [fromX, fromY] = center(at.t - 1, before);
    marks.push({ kind: "segments", at: [fromX, fromY, x, y], stroke: "select", width: 2 });
    if (panel.dx < 40) continue;
    marks.push({
      kind: "text", at: [fromX * 0.66 + x * 0.34, fromY * 0.66 + y * 0.34],
      texts: [share.toFixed(2)], size: 12, role: "ink", anchor: "middle", bold: true, halo: true,
    });
  }
  if (at.s > 2 && at.s % 2 && !scene.can_skip[at.s] && at.t > panel.t0 && at.s - 2 >= panel.s0) {
    const [fromX, fromY] = center(at.t - 1, at.s - 2);
    const [cx, cy] = [(fromX + x) / 2, (fromY + y) / 2];
    marks.push(
      { kind: "segments", at: [fromX, fromY, x, y], stroke: "warn", width: 1.5, dash: true },
      { kind: "segments", at: [cx - 5, cy - 5, cx + 5, cy + 5, cx - 5, cy + 5, cx + 5, cy - 5],
        stroke: "warn", width: 2.2 },
    );
  }
  return marks;
}

// Where the static picture writes its explanation, the live one writes its own
function explanationMarks(scene, values, at) {
  const places = scene.marks.filter((mark) => mark.overlay && mark.kind === "text" && !mark.halo);
  if (!places.length || scene.loss === null) return [];
  const lines = explainNode(scene, values, at.t, at.s);
  return places.slice(-5).map((place, i) => ({ ...place, overlay: 0, texts: [lines[i]] }));
}

// One focusable zone per panel: pointer and keys together
function makeZone(panel, hooks) {
  const zone = document.createElement("div");
  zone.className = "ctcx-zone";
  zone.tabIndex = 0;
  zone.dataset.kind = panel.kind;
  zone.setAttribute("role", "application");
  zone.setAttribute("aria-roledescription", "figure with cells");
  const keys = "arrow keys move, plus and minus change the logit, Escape resets";
  zone.setAttribute("aria-label", `${panel.title}: ${keys}`);
  Object.assign(zone.style, {
    left: `${panel.x}px`, top: `${panel.y}px`,
    width: `${panel.dx * panel.cols}px`, height: `${panel.dy * panel.rows}px`,
  });
  const cell = (event) => {
    const box = zone.getBoundingClientRect();
    const scale = box.width / (panel.dx * panel.cols) || 1;
    return cellUnder(panel, panel.x + (event.clientX - box.left) / scale,
      panel.y + (event.clientY - box.top) / scale);
  };
  let drag = null;
  zone.addEventListener("pointerdown", (event) => {
    const found = cell(event);
    if (!found) return;
    hooks.select(panel.kind, found.t, found.index);
    if (panel.kind !== "emissions") return;
    const logit = hooks.logit();
    if (Number.isNaN(logit)) return;
    zone.setPointerCapture(event.pointerId);
    drag = { y: event.clientY, logit };
  });
  zone.addEventListener("pointermove", (event) => {
    if (drag) {
      hooks.edit(drag.logit + (drag.y - event.clientY) / DRAG_PIXELS, event);
      return;
    }
    const found = cell(event);
    if (found) hooks.hover(panel.kind, found.t, found.index, event);
  });
  const finish = () => { drag = null; };
  zone.addEventListener("pointerup", finish);
  zone.addEventListener("pointercancel", finish);
  zone.addEventListener("pointerleave", () => { if (!drag) hooks.leave(); });
  zone.addEventListener("keydown", (event) => hooks.key(panel.kind, event));
  return zone;
}
