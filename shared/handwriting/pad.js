// The writing pad: strokes with time from any pointer, kept here until the kernel has stored them.

const INK = "#1c2430";
const GUIDE = "#9fb4c7";
const PEN = 0.12; // Width in x-heights of the guide, as strokes.py draws it
const PATIENCE = 6000; // Milliseconds without an answer until the person is told
const PAUSE = 500; // Milliseconds between strokes of two sittings

function build(tag, className, text = "", attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

// The field whose middle is nearest to a point: a stroke belongs where it begins
function fieldAt(fields, x, y) {
  const distance = (one) => Math.hypot(one.left + one.width / 2 - x, one.top + one.height / 2 - y);
  return fields.reduce((best, one) => (distance(one) < distance(best) ? one : best));
}

// Fields on their way to the kernel: the newest state of each, until it says that it is stored
function makeQueue(send, storage, key) {
  const waiting = new Map();
  let asked = 0; // When the oldest unanswered message left
  let full = !storage; // Whether the browser refused to store something
  // One entry a field, so that two pads in one page never remove each other's
  const keep = (name) => {
    const place = `${key}:${name}`;
    try {
      if (waiting.has(name)) storage?.setItem(place, JSON.stringify(waiting.get(name)));
      else storage?.removeItem(place);
    } catch { full = true; } // A full or forbidden store: what is in memory goes on
  };
  const flush = () => {
    const fresh = [...waiting.values()].filter((item) => !item.sent);
    if (!fresh.length) return;
    fresh.forEach((item) => { item.sent = true; });
    asked ||= Date.now();
    send(fresh.map(({ sent, ...item }) => item));
  };
  return {
    has: (name) => waiting.has(name),
    size: () => waiting.size,
    inMemory: () => full,
    late: () => asked > 0 && Date.now() - asked > PATIENCE,
    flush,
    push(item) {
      waiting.set(item.name, { ...item, id: Math.random().toString(36).slice(2) });
      keep(item.name);
      flush();
    },
    answered(ids, failed) {
      for (const [name, item] of waiting) {
        if (ids.includes(item.id)) { waiting.delete(name); keep(name); }
        if (failed.includes(item.id)) item.sent = false;
      }
      asked = [...waiting.values()].some((item) => item.sent) ? Date.now() : 0;
    },
    // What an earlier view could not send, after a kernel that was restarted or a closed tab
    restore() {
      const items = [];
      for (let k = 0; k < (storage?.length ?? 0); k += 1) {
        const place = storage.key(k);
        if (!place.startsWith(`${key}:`)) continue;
        try { items.push(JSON.parse(storage.getItem(place))); } catch { /* Not ours */ }
      }
      items.forEach((item) => waiting.set(item.name, { ...item, sent: false }));
      flush();
      return items;
    },
  };
}

// One sheet of paper; `strokesOf(name)` is what stands in a field, `ended` takes a new stroke
function makePaper(strokesOf, ended) {
  const canvas = build("canvas", "hwp-paper", "", { role: "img", tabindex: "0" });
  const context = canvas.getContext("2d");
  const zero = new Map(); // The time of each field's first point
  let screen = null;
  let drawing = null;
  let penSeen = false;

  const place = (event, field) => {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * screen.width;
    const y = ((event.clientY - box.top) / box.height) * screen.height;
    return field ? [x - field.left, y - field.top, event.timeStamp - zero.get(field.name)] : [x, y];
  };
  const rounded = (point) => point.map((value) => Math.round(value * 10) / 10);

  function line(field, points, from) {
    context.lineWidth = PEN * field.x_height;
    context.strokeStyle = INK;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    const start = points[Math.max(from - 1, 0)];
    context.moveTo(start[0] + field.left, start[1] + field.top);
    // A line to where it began still makes a round dot
    for (const [x, y] of points.slice(from)) context.lineTo(x + field.left, y + field.top);
    context.stroke();
  }

  function guide(field, y, dashes) {
    context.setLineDash(dashes);
    context.beginPath();
    context.moveTo(field.left + 12, field.top + y);
    context.lineTo(field.left + field.width - 12, field.top + y);
    context.stroke();
    context.setLineDash([]);
  }

  function draw() {
    if (!screen) return;
    const wide = canvas.clientWidth || 900;
    const sharp = (wide * (window.devicePixelRatio || 1)) / screen.width;
    canvas.style.aspectRatio = `${screen.width} / ${screen.height}`;
    canvas.width = Math.round(screen.width * sharp);
    canvas.height = Math.round(screen.height * sharp);
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    for (const field of screen.fields) {
      context.strokeStyle = GUIDE;
      context.lineWidth = 1.5;
      guide(field, field.baseline, []);
      guide(field, field.baseline - field.x_height, [3, 7]);
      if (screen.fields.length > 1) {
        context.strokeRect(field.left + 3, field.top + 3, field.width - 6, field.height - 6);
        context.fillStyle = "#3c4a58";
        context.font = "600 24px system-ui, 'DejaVu Sans', sans-serif";
        context.fillText(field.text, field.left + 12, field.top + 31);
      }
      for (const points of strokesOf(field.name)) line(field, points, 1);
      for (const points of strokesOf(field.name)) if (points.length === 1) line(field, points, 0);
    }
    if (drawing) line(drawing.field, drawing.points, 0);
  }

  function begin(event) {
    penSeen ||= event.pointerType === "pen";
    const palm = penSeen && event.pointerType === "touch"; // A hand resting beside the pen
    if (drawing || event.button !== 0 || !event.isPrimary || palm) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    const field = fieldAt(screen.fields, ...place(event));
    const last = strokesOf(field.name).at(-1)?.at(-1);
    if (!last) zero.set(field.name, event.timeStamp);
    else if (!zero.has(field.name)) zero.set(field.name, event.timeStamp - last[2] - PAUSE);
    const points = [rounded(place(event, field))];
    drawing = { id: event.pointerId, device: event.pointerType || "mouse", field, points };
    line(field, points, 0);
  }

  function move(event) {
    if (drawing?.id !== event.pointerId) return;
    const { field, points } = drawing;
    const from = points.length;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const one of passed.length ? passed : [event]) {
      const point = rounded(place(one, field));
      const before = points.at(-1);
      if (point[0] !== before[0] || point[1] !== before[1]) points.push(point);
    }
    if (points.length > from) line(field, points, from);
  }

  function end(event) {
    if (!drawing || (event && drawing.id !== event.pointerId)) return;
    const { field, points, device } = drawing;
    drawing = null;
    ended(field, points, device);
  }

  canvas.addEventListener("pointerdown", begin);
  canvas.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(name, end);
  }
  return { canvas, draw, end, show(next) { end(); screen = next; draw(); } };
}

function render({ model, el }) {
  const content = JSON.parse(model.get("content"));
  const { screens } = content;
  screens.forEach((screen) => { screen.width = 1200; });
  const states = new Map(Object.entries(content.fields));
  const undoing = screens.map(() => []); // For each screen what its fields were before each change
  const strokesOf = (name) => states.get(name)?.strokes ?? [];
  const isLine = (screen) => screen.fields.length === 1;
  const written = (screen) => screen.fields.filter(({ name }) => strokesOf(name).length).length;
  const finished = (screen) => written(screen) === screen.fields.length &&
    screen.fields.every(({ name }) => states.get(name).done);
  let index = 0;
  let chosen = null; // The field that was written in last
  let progress = content.progress;
  let moved = false;

  const root = build("section", "hwp", "", {
    "aria-label": "Writing pad", "data-lm-suppress-shortcuts": "true",
    "data-jp-suppress-context-menu": "true",
  });
  const button = (text, label, action) => {
    const made = build("button", "", text, { type: "button", title: label });
    made.addEventListener("click", action);
    return made;
  };
  const back = button("Back", "The sheet before", () => go(index - 1));
  const next = button("Next", "Done with this sheet (Enter)", () => finish());
  next.className = "hwp-next";
  const undo = button("Undo", "Take back the last stroke (Ctrl+Z)", () => takeBack());
  const clear = button("Clear", "Start again; Undo brings it back", () => wipe());
  const list = build("select", "", "", { "aria-label": "Sheet of the pad" });
  list.addEventListener("change", () => go(Number(list.value)));
  const asked = build("p", "hwp-asked");
  const state = build("p", "hwp-state", "", { role: "status" });
  const problem = build("p", "hwp-problem", "", { role: "alert" });
  const paper = makePaper(strokesOf, (field, points, device) => {
    change(field, [...strokesOf(field.name), points], device);
  });
  let store = null;
  try { store = window.localStorage; } catch { /* A browser may forbid it */ }
  const queue = makeQueue((items) => {
    try { model.send({ kind: "save", items }); } catch { /* No kernel: it is kept */ }
  }, store, `handwriting-pad:${content.key}`);

  function put(field, strokes, done, device = states.get(field.name)?.device ?? "mouse") {
    states.set(field.name, { strokes, done, device });
    queue.push({ name: field.name, strokes, done, device });
  }

  function change(field, strokes, device) {
    moved = true;
    chosen = field;
    const before = states.get(field.name) ?? { strokes: [], done: false };
    undoing[index].push({ field, before });
    // A letter counts at once; a line stays what it was, unless nothing is left of it
    put(field, strokes, strokes.length > 0 && (!isLine(screens[index]) || before.done), device);
    refresh();
  }

  const target = () => chosen ?? screens[index].fields.find(({ name }) => strokesOf(name).length);

  function takeBack() {
    const last = undoing[index].pop();
    if (last) {
      chosen = last.field;
      put(last.field, last.before.strokes, last.before.done);
      refresh();
    } else if (target()) {
      change(target(), strokesOf(target().name).slice(0, -1));
      undoing[index].pop(); // Another press takes the stroke before, not this one back
    }
  }

  function wipe() { if (target()) change(target(), []); }

  function finish() {
    const screen = screens[index];
    const { name } = screen.fields[0];
    if (isLine(screen) && strokesOf(name).length) put(screen.fields[0], strokesOf(name), true);
    go(index + 1);
  }

  function go(to) {
    if (to < 0) return;
    moved = true;
    index = Math.min(to, screens.length - 1);
    chosen = null;
    paper.show(screens[index]);
    refresh();
    if (to >= screens.length) state.textContent = `That was the last sheet. ${state.textContent}`;
  }

  function refresh() {
    const screen = screens[index];
    const count = screen.fields.reduce((sum, { name }) => sum + strokesOf(name).length, 0);
    const what = build("span", "", isLine(screen) ? `${screen.title}. Write: `
      : "Letters, one in each box: ");
    asked.replaceChildren(what, screen.text);
    paper.canvas.setAttribute("aria-label", `Paper for: ${screen.text}. ${count} strokes. ` +
      "Needs a pointer: a mouse, a pen or a finger.");
    const full = target() && strokesOf(target().name).length > 0;
    back.disabled = index === 0;
    undo.disabled = !undoing[index].length && !full;
    clear.disabled = !full;
    clear.textContent = full && !isLine(screen) ? `Clear ${target().text}` : "Clear";
    list.replaceChildren(...screens.map((one, k) => {
      const sign = finished(one) ? "✓" : written(one) ? "…" : "○";
      const option = build("option", "", `${sign} ${one.title}: ${one.text}`, { value: k });
      option.selected = k === index;
      return option;
    }));
    const begun = isLine(screen) && count && !finished(screen) ? " · “Next” says that it is whole" : "";
    const kept = queue.size() ? " · not saved yet" : " · saved";
    state.textContent = progress + kept + begun;
    problem.hidden = !problem.textContent;
    paper.draw();
  }

  function firstOpen() {
    const open = screens.findIndex((screen) => !finished(screen));
    return open < 0 ? 0 : open;
  }

  function received(message) {
    if (message.kind === "saved") queue.answered(message.ids, message.failed);
    if (message.kind === "state") {
      for (const [name, one] of Object.entries(message.fields)) {
        if (!queue.has(name)) states.set(name, one);
      }
      if (!moved) { index = firstOpen(); paper.show(screens[index]); }
    }
    progress = message.progress;
    problem.textContent = message.problem ?? "";
    refresh();
  }

  const clock = setInterval(() => {
    if (!queue.late()) { queue.flush(); return; }
    problem.textContent = "The kernel does not answer: it is busy, or it has stopped. What you " +
      `write is kept in this browser${queue.inMemory() ? " tab" : ""} until it answers. If the kernel was ` +
      "restarted, run this cell again.";
    problem.hidden = false;
  }, 2000);
  const leaving = () => paper.end();
  window.addEventListener("pagehide", leaving);
  // What is typed belongs to the pad, also where JupyterLab has keys of its own
  root.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && key === "z") takeBack();
    else if (key === "enter" && event.target === paper.canvas) finish();
    else { event.stopPropagation(); return; }
    event.preventDefault();
    event.stopPropagation();
  });

  const bar = build("div", "hwp-bar", "", { role: "toolbar", "aria-label": "Writing" });
  bar.append(back, list, undo, clear, next);
  root.append(asked, paper.canvas, bar, problem, state);
  el.append(root);
  for (const item of queue.restore()) states.set(item.name, item);
  index = firstOpen();
  paper.show(screens[index]);
  refresh();
  const resized = new ResizeObserver(() => paper.draw());
  resized.observe(paper.canvas);
  model.on("msg:custom", received);
  model.send({ kind: "open" });
  return () => {
    leaving();
    clearInterval(clock);
    resized.disconnect();
    window.removeEventListener("pagehide", leaving);
    model.off("msg:custom", received);
  };
}

export default { render };
