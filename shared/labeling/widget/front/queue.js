// Actions on their way to the kernel: shown at once, kept in the browser until they are saved.

const SEND_DELAY = 350; // Milliseconds a text may rest before it is sent
const PATIENCE = 6000; // Milliseconds without an answer until the person is told
const SMALLEST = 4;

// Mirror of clamped() in editing.py; null where Python would refuse
function clampBox(box, page) {
  const [left, right] = [Math.min(box[0], box[2]), Math.max(box[0], box[2])];
  const [top, bottom] = [Math.min(box[1], box[3]), Math.max(box[1], box[3])];
  const inside = [Math.max(0, left), Math.max(0, top),
    Math.min(page.width, right), Math.min(page.height, bottom)];
  const wide = inside[2] - inside[0] >= SMALLEST && inside[3] - inside[1] >= SMALLEST;
  return wide ? inside : null;
}

function movedBaseline(line, box) {
  if (!line.baseline) return null;
  const [a, b, c, d] = line.box;
  const wide = (box[2] - box[0]) / Math.max(c - a, 1e-6);
  const high = (box[3] - box[1]) / Math.max(d - b, 1e-6);
  return line.baseline.map(([x, y]) => [box[0] + (x - a) * wide, box[1] + (y - b) * high]);
}

function readingPlace(page, box) {
  const middle = (b) => (b[1] + b[3]) / 2;
  let place = 0;
  page.lines.forEach((line, k) => { if (middle(line.box) <= middle(box)) place = k + 1; });
  return place;
}

// Mirror of editing.py: what the page looks like after an action the kernel has not answered yet
function applied(page, action) {
  const at = page.lines.findIndex((line) => line.id === action.line);
  const line = page.lines[at];
  const lines = page.lines.slice();
  const put = (changes) => { lines[at] = { ...line, ...changes }; return { ...page, lines }; };
  const place = (one, index) => {
    lines.splice(Math.min(Math.max(index, 0), lines.length), 0, one);
    return { ...page, lines };
  };
  if (action.do === "page") return { ...page, status: action.status };
  if (action.do === "add") {
    const box = clampBox(action.box, page);
    if (!box || line) return page;
    const fresh = { id: action.line, box, text: null, status: "proposed", proposal: null,
      baseline: action.baseline ?? null, confidence: null };
    return place(fresh, action.at ?? readingPlace(page, box));
  }
  if (!line) return page;
  if (action.do === "delete") { lines.splice(at, 1); return { ...page, lines }; }
  if (action.do === "order") { lines.splice(at, 1); return place(line, action.at); }
  if (action.do === "box") {
    const box = clampBox(action.box, page);
    return box ? put({ box, baseline: movedBaseline(line, box) }) : page;
  }
  if (action.do === "baseline") {
    const points = action.baseline && action.baseline.map((point) => [...point]);
    return put({ baseline: points && points.sort((p, q) => p[0] - q[0] || p[1] - q[1]) });
  }
  if (action.do === "unreadable") return put({ text: null, status: "unreadable" });
  if (action.do === "accept") return (line.text ?? "").trim() ? put({ status: "labeled" }) : page;
  if (action.do === "text") {
    const typed = (action.text ?? "").trim() !== "";
    return put({ text: typed ? action.text : null, status: typed ? "labeled" : "proposed" });
  }
  return page;
}

// What is on the screen: the kernel's page with everything that still waits
function withWaiting(page, items) {
  const states = [page];
  for (const item of items) {
    if (item.undo) { if (states.length > 1) states.pop(); continue; }
    if (item.redo || item.action.page !== page.image) continue;
    states.push(applied(states[states.length - 1], item.action));
  }
  return states[states.length - 1];
}

function makeQueue(hooks, storage, key) {
  let items = [];
  let timer = null;
  let asked = 0; // When the oldest unanswered message left
  const counter = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
  const keep = () => {
    try {
      if (items.length) storage?.setItem(key, JSON.stringify(items.map(({ sent, ...item }) => item)));
      else storage?.removeItem(key);
    } catch { /* A full or forbidden store: the queue in memory goes on */ }
  };
  const flush = () => {
    clearTimeout(timer);
    timer = null;
    const fresh = items.filter((item) => !item.sent);
    if (!fresh.length) return;
    fresh.forEach((item) => { item.sent = true; });
    asked ||= Date.now();
    hooks.send({ kind: "actions", items: fresh.map(({ sent, ...item }) => item) });
  };
  return {
    items: () => items,
    push(item, delay = 0) {
      const last = items[items.length - 1];
      const group = item.action?.group;
      if (group && last && !last.sent && last.action?.group === group) {
        last.action = item.action;
      } else {
        items.push({ id: counter(), ...item });
      }
      keep();
      clearTimeout(timer);
      timer = null;
      if (delay) timer = setTimeout(flush, delay);
      else flush();
      hooks.changed();
    },
    flush,
    answered(ids, failed) {
      items.forEach((item) => { if (failed.includes(item.id)) item.sent = false; });
      const before = items.length;
      items = items.filter((item) => !ids.includes(item.id));
      if (items.length === before) return;
      asked = items.some((item) => item.sent) ? Date.now() : 0;
      keep();
    },
    // What an earlier view could not send, after a kernel that was restarted or a closed tab
    restore() {
      try { items = JSON.parse(storage?.getItem(key) ?? "[]"); } catch { items = []; }
      const count = items.length;
      flush();
      return count;
    },
    late: () => asked > 0 && Date.now() - asked > PATIENCE,
    again() {
      items.forEach((item) => { item.sent = false; });
      asked = 0;
      flush();
    },
  };
}
