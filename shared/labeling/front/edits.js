// What an action does to a page of labels, in the browser; a mirror of editing.py.

export const SMALLEST = 4; // Page pixels: what is smaller was a click, not a box
export const STATES = { proposed: "to decide", labeled: "decided", unreadable: "unreadable" };
export const GLYPHS = { proposed: "?", labeled: "✓", unreadable: "✗" };

// What a line looks like: one that a model was sure enough of looks decided
export const looks = (line) => (line.status === "proposed" && line.sure ? "labeled" : line.status);

// Characters of a text that no model here can write, each once
export const strange = (text) => [...new Set((text ?? "").match(/[^ -~]/gu) ?? [])].sort();

// A box in order and inside the page; null where it is too small
export function clampBox(box, page) {
  const [left, right] = [Math.min(box[0], box[2]), Math.max(box[0], box[2])];
  const [top, bottom] = [Math.min(box[1], box[3]), Math.max(box[1], box[3])];
  const inside = [Math.max(0, left), Math.max(0, top),
    Math.min(page.width, right), Math.min(page.height, bottom)];
  const wide = inside[2] - inside[0] >= SMALLEST && inside[3] - inside[1] >= SMALLEST;
  return wide ? inside : null;
}

// A baseline as it follows its line's box to another place and size
export function movedBaseline(line, box) {
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

// The page after an action; the same page where the kernel would refuse
export function applied(page, action) {
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
      baseline: null, confidence: null };
    return place(fresh, action.at ?? readingPlace(page, box));
  }
  if (!line) return page;
  if (action.do === "delete") { lines.splice(at, 1); return { ...page, lines }; }
  if (action.do === "order") { lines.splice(at, 1); return place(line, action.at); }
  if (action.do === "box") {
    const box = clampBox(action.box, page);
    return box ? put({ box, baseline: movedBaseline(line, box) }) : page;
  }
  if (action.do === "unreadable") return put({ text: null, status: "unreadable" });
  if (action.do === "accept") return (line.text ?? "").trim() ? put({ status: "labeled" }) : page;
  if (action.do === "text") {
    const typed = (action.text ?? "").trim() !== "";
    return put({ text: typed ? action.text : null, status: typed ? "labeled" : "proposed" });
  }
  return page;
}
