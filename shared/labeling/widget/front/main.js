// The labeling widget: toolbar, keys, messages. The kernel keeps the labels; see live.py.

const NUDGE = 1; // Page pixels an arrow key moves a box
const KEYS = [
  ["Tab, Shift+Tab", "next or previous text"],
  ["Enter", "accept the text and go to the next line that is to decide"],
  ["↑ ↓ in a text", "the line above or below"],
  ["Escape", "from a text to the page; on the page: stop drawing, choose nothing"],
  ["Enter on the page", "type the chosen line"],
  ["[ ] on the page", "choose the line before or after"],
  ["N", "draw a new box; Enter puts one below the chosen line"],
  ["B", "draw a baseline along the writing"],
  ["arrows on the page", "move the chosen box, or the view; with Shift ten times as far"],
  ["Alt+arrows on the page", "make the chosen box wider, narrower, taller, lower"],
  ["Delete on the page, Ctrl+Delete in a text", "delete the line"],
  ["Alt+U", "call the line unreadable"],
  ["Alt+Shift+↑ ↓", "move the line up or down in the reading order"],
  ["Ctrl+Z, Ctrl+Shift+Z or Ctrl+Y", "undo, redo"],
  ["+ − 0, or Ctrl and wheel", "zoom in, out, whole page"],
  ["Alt+PageUp, Alt+PageDown", "page before or after"],
  ["Ctrl+Enter", "page done"],
  ["F1 or ?", "show or hide these keys"],
];

const plural = (count) => `${count} change${count === 1 ? "" : "s"}`;

function build(tag, className, attributes = {}) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function render({ model, el }) {
  const root = build("section", "hwl", {
    "aria-label": "Label pages of handwriting", "data-lm-suppress-shortcuts": "true",
    "data-jp-suppress-context-menu": "true",
  });
  let view = JSON.parse(model.get("view"));
  let page = view.page;
  let chosen = null;
  let mode = "select";
  let typing = null; // { id, group }: the text that has the cursor
  let image = null;
  let imageName = "";
  let imageScale = 1;
  let address = "";
  const store = (() => { try { return window.localStorage; } catch { return null; } })();

  const bar = build("div", "hwl-bar", { role: "toolbar", "aria-label": "Labeling" });
  const button = (text, label, action) => {
    const made = build("button", "", { type: "button", title: label, "aria-label": label });
    made.textContent = text;
    made.addEventListener("click", action);
    bar.append(made);
    return made;
  };
  const before = button("◀", "Page before (Alt+PageUp)", () => turn(-1));
  const pages = build("select", "", { "aria-label": "Page" });
  bar.append(pages);
  const after = button("▶", "Page after (Alt+PageDown)", () => turn(1));
  const drawing = button("New line", "Draw a new box (N)", () => setMode("draw"));
  const basing = button("Baseline", "Draw a baseline (B)", () => setMode("baseline"));
  const undo = button("Undo", "Undo (Ctrl+Z)", () => queue.push({ undo: true }));
  const redo = button("Redo", "Redo (Ctrl+Y)", () => queue.push({ redo: true }));
  button("−", "Zoom out (−)", () => stage.zoom(1 / 1.4));
  button("+", "Zoom in (+)", () => stage.zoom(1.4));
  button("Whole page", "Whole page (0)", () => stage.zoom(0));
  const done = button("Page done", "Page done (Ctrl+Enter)", () => setStatus("done"));
  const skip = button("Skip page", "Skip this page, or open it again", () => setStatus("skipped"));
  const helping = button("Keys", "Show or hide the keys (F1)", () => toggleHelp());
  const progress = build("p", "hwl-progress", { role: "status" });
  const banner = build("p", "hwl-banner", { role: "alert" });
  banner.hidden = true;
  const help = build("div", "hwl-help", { role: "region", "aria-label": "Keys" });
  help.hidden = true;
  const list = build("dl", "");
  for (const [keys, what] of KEYS) {
    const [term, said] = [build("dt", ""), build("dd", "")];
    term.textContent = keys;
    said.textContent = what;
    list.append(term, said);
  }
  help.append(list);
  const live = build("p", "hwl-live", { "aria-live": "polite" });

  const say = (text) => { live.textContent = text; };
  const lineOf = (id) => page.lines.find((line) => line.id === id);
  const act = (action, delay) => {
    say(""); // What was said belongs to the action before
    queue.push({ action: { page: page.image, ...action } }, delay);
  };

  const stage = makeStage({
    choose: (id) => choose(id, "stage"),
    box: (id, box) => act({ do: "box", line: id, box }),
    baseline: (id, points) => act({ do: "baseline", line: id, baseline: points }),
    drawn: (box) => addLine(box),
    baselineDrawn: ([a, b, c, d]) => addBaseline([[a, b], [c, d]].sort((p, q) => p[0] - q[0])),
    key: stageKey,
  });
  const rows = makeRows({
    focus: (id) => choose(id, "rows"),
    typed: (id, text) => {
      act({ do: "text", line: id, text, group: typingOf(id).group }, SEND_DELAY);
    },
    accept: (id) => act({ do: "accept", line: id }),
    unreadable: (id) => act({ do: "unreadable", line: id }),
    remove: (id) => removeLine(id),
    key: rowKey,
    isTyping: (id) => typing?.id === id && queue.items().some((item) =>
      item.action?.do === "text" && item.action.line === id),
  });
  const queue = makeQueue({ send: (message) => { try { model.send(message); } catch { /* Kept */ } },
    changed: () => refresh() }, store, `handwriting-labels:${view.key}`);

  function typingOf(id) {
    if (typing?.id !== id) typing = { id, group: `typing-${Date.now()}-${Math.random()}` };
    return typing;
  }

  function refresh() {
    page = withWaiting(view.page, queue.items());
    if (chosen && !lineOf(chosen)) chosen = null;
    stage.setPage(page, undefined, true);
    rows.show(page, image, imageScale, imageName);
    stage.select(chosen);
    rows.select(chosen);
    const waiting = queue.items().length;
    progress.textContent = view.progress + (waiting ? ` · ${waiting} not saved yet` : " · saved");
    undo.disabled = !view.can.undo && !waiting;
    redo.disabled = !view.can.redo;
    before.disabled = view.index === 0;
    after.disabled = view.index === view.pages.length - 1;
    done.setAttribute("aria-pressed", String(page.status === "done"));
    skip.setAttribute("aria-pressed", String(page.status === "skipped"));
    pages.replaceChildren(...view.pages.map((one, k) => {
      const option = build("option", "", { value: k });
      option.textContent = `${k + 1}: ${one.image} (${one.status}, ${one.decided} of ${one.lines})`;
      option.selected = k === view.index;
      return option;
    }));
    stage.element.setAttribute("aria-label", `Page ${view.index + 1} of ${view.pages.length}, ` +
      `${page.image}, ${page.lines.length} lines. Letters N, B, brackets and arrows work here.`);
  }

  function choose(id, from) {
    if (id !== chosen) typing = null;
    chosen = id;
    stage.select(id, from === "rows");
    rows.select(id);
    const line = id && lineOf(id);
    if (line && from === "stage") {
      say(`Line ${page.lines.indexOf(line) + 1}, ${STATES[line.status]}: ${line.text ?? "no text"}`);
    }
  }

  function setMode(next) {
    mode = mode === next ? "select" : next;
    stage.setMode(mode);
    drawing.setAttribute("aria-pressed", String(mode === "draw"));
    basing.setAttribute("aria-pressed", String(mode === "baseline"));
    if (mode === "draw") say("Draw a box, or press Enter to put one below the chosen line.");
    if (mode === "baseline") say("Draw along the writing, from left to right.");
    if (mode !== "select") stage.element.focus({ preventScroll: true });
  }

  const fresh = () => `n${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
  function addLine(box, baseline = null) {
    const inside = clampBox(box, page);
    if (!inside) { say("That box is too small; draw it larger."); return; }
    const id = fresh();
    act({ do: "add", line: id, box: inside, baseline });
    setMode("select");
    choose(id, "rows");
    rows.focus(id);
    say("A new line was added; type what it says.");
  }

  function addBaseline(points) {
    if (points[1][0] - points[0][0] < SMALLEST) { say("Draw the baseline from left to right."); return; }
    const line = chosen && lineOf(chosen);
    if (line) {
      act({ do: "baseline", line: line.id, baseline: points });
      setMode("select");
      return;
    }
    const heights = page.lines.map(({ box }) => box[3] - box[1]).sort((p, q) => p - q);
    const high = heights[Math.floor(heights.length / 2)] ?? page.height / 20;
    const [top, bottom] = [Math.min(points[0][1], points[1][1]), Math.max(points[0][1], points[1][1])];
    addLine([points[0][0], top - 0.75 * high, points[1][0], bottom + 0.25 * high], points);
  }

  function addBelow() {
    const line = chosen && lineOf(chosen);
    const [x, y] = stage.middle();
    const [wide, high] = [page.width / 2, page.height / 20];
    if (!line) { addLine([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]); return; }
    const [a, b, c, d] = line.box;
    const down = Math.min(1.2 * (d - b), page.height - d);
    addLine([a, b + down, c, d + down]);
  }

  function removeLine(id) {
    const k = page.lines.findIndex((line) => line.id === id);
    if (k < 0) return;
    const next = page.lines[k + 1] ?? page.lines[k - 1];
    const inRows = rows.element.contains(document.activeElement);
    act({ do: "delete", line: id });
    choose(next?.id ?? null, "rows");
    if (next && inRows) rows.focus(next.id);
    else stage.element.focus({ preventScroll: true });
    say(`Line ${k + 1} was deleted; Ctrl+Z brings it back.`);
  }

  function turn(step, to = view.index + step) {
    if (to < 0 || to >= view.pages.length) return;
    queue.flush();
    chosen = null;
    model.send({ kind: "page", index: to });
  }

  function setStatus(status) {
    queue.flush();
    act({ do: "page", status: page.status === status ? "open" : status });
  }

  function toggleHelp() {
    help.hidden = !help.hidden;
    helping.setAttribute("aria-expanded", String(!help.hidden));
  }

  function reorder(id, step) {
    const k = page.lines.findIndex((line) => line.id === id);
    if (k < 0 || k + step < 0 || k + step >= page.lines.length) return;
    act({ do: "order", line: id, at: k + step });
    if (rows.element.contains(document.activeElement)) rows.focus(id);
    say(`Now line ${k + step + 1} of ${page.lines.length}.`);
  }

  // Keys that work everywhere in the widget; returns whether the key was one of them
  function anyKey(event) {
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (control && key === "enter") setStatus("done");
    else if (event.key === "F1") toggleHelp();
    else if (event.altKey && key === "pageup") turn(-1);
    else if (event.altKey && key === "pagedown") turn(1);
    else if (event.altKey && key === "u" && chosen) act({ do: "unreadable", line: chosen });
    else if (event.altKey && event.shiftKey && key === "arrowup" && chosen) reorder(chosen, -1);
    else if (event.altKey && event.shiftKey && key === "arrowdown" && chosen) reorder(chosen, 1);
    else if (control && key === "z") {
      typing = null;
      queue.flush();
      queue.push(event.shiftKey ? { redo: true } : { undo: true });
    } else if (control && key === "y") { typing = null; queue.push({ redo: true }); }
    else return false;
    return true;
  }

  function rowKey(event, id) {
    const k = page.lines.findIndex((line) => line.id === id);
    const go = (line) => { if (line) { choose(line.id, "rows"); rows.focus(line.id); } };
    let known = true;
    if (anyKey(event)) known = true;
    else if (event.key === "Enter") {
      const line = lineOf(id);
      if (line?.status === "proposed" && (line.text ?? "").trim()) act({ do: "accept", line: id });
      queue.flush();
      const order = [...page.lines.slice(k + 1), ...page.lines.slice(0, k)];
      const next = order.find((one) => one.status === "proposed");
      if (next) go(next);
      else say("Every line of this page is decided; Ctrl+Enter says that the page is done.");
    } else if (event.key === "ArrowDown") go(page.lines[k + 1]);
    else if (event.key === "ArrowUp") go(page.lines[k - 1]);
    else if (event.key === "Delete" && (event.ctrlKey || event.metaKey)) removeLine(id);
    else if (event.key === "Escape") stage.element.focus({ preventScroll: true });
    else known = false;
    if (known) event.preventDefault();
    event.stopPropagation();
  }

  function stageKey(event) {
    event.stopPropagation();
    const line = chosen && lineOf(chosen);
    const far = event.shiftKey ? 10 : 1;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const arrow = arrows[event.key];
    let known = true;
    if (anyKey(event)) known = true;
    else if (arrow && line) {
      const [dx, dy] = arrow.map((part) => part * NUDGE * far);
      const [a, b, c, d] = line.box;
      const box = event.altKey ? [a, b, c + dx, d + dy] : [a + dx, b + dy, c + dx, d + dy];
      const inside = box[0] >= 0 && box[1] >= 0 && box[2] <= page.width && box[3] <= page.height;
      if (inside && clampBox(box, page)) {
        act({ do: "box", line: chosen, box, group: `nudge-${chosen}` }, SEND_DELAY);
        say(`Box from ${box.slice(0, 2).map(Math.round)} to ${box.slice(2).map(Math.round)}.`);
      }
    } else if (arrow) stage.pan(...arrow.map((part) => part * 0.1));
    else if (event.key === "]" || event.key === "[") {
      const k = page.lines.findIndex((one) => one.id === chosen);
      const next = page.lines[event.key === "]" ? k + 1 : k < 0 ? page.lines.length - 1 : k - 1];
      if (next) choose(next.id, "stage");
    } else if (event.key === "Enter") {
      if (mode === "draw") addBelow();
      else if (line) rows.focus(chosen);
      else known = false;
    } else if (event.key === "Delete" || event.key === "Backspace") { if (line) removeLine(chosen); }
    else if (event.key === "Escape") { if (mode !== "select") setMode("select"); else choose(null, "stage"); }
    else if (event.key === "+" || event.key === "=") stage.zoom(1.4);
    else if (event.key === "-") stage.zoom(1 / 1.4);
    else if (event.key === "0") stage.zoom(0);
    else if (event.key === "?") toggleHelp();
    else if (event.key.toLowerCase() === "n" && !event.ctrlKey && !event.metaKey) setMode("draw");
    else if (event.key.toLowerCase() === "b" && !event.ctrlKey && !event.metaKey) setMode("baseline");
    else known = false;
    if (known) event.preventDefault();
  }

  // What is typed belongs to the widget, also where JupyterLab has keys of its own
  root.addEventListener("keydown", (event) => {
    if (!event.defaultPrevented && anyKey(event)) event.preventDefault();
    event.stopPropagation();
  });
  pages.addEventListener("change", () => turn(0, Number(pages.value)));

  function answered() {
    const last = view;
    view = JSON.parse(model.get("view"));
    queue.answered(view.acks, view.failed);
    if (view.errors.length) {
      banner.textContent = view.errors.join(" ");
      banner.hidden = false;
    } else if (view.acks.length) banner.hidden = true;
    if (view.page.image !== last.page.image) {
      image = null;
      chosen = null;
      stage.setPage(view.page, "", false);
      rows.top();
      say(`Page ${view.index + 1} of ${view.pages.length}, ${view.page.image}.`);
      model.send({ kind: "image", index: view.index });
    }
    if (view.said) say(view.said);
    refresh();
  }

  async function received(message, buffers) {
    if (message.kind !== "image" || message.image !== view.page.image) return;
    const blob = new Blob([buffers[0]], { type: message.type });
    const next = await createImageBitmap(blob);
    if (message.image !== view.page.image) return;
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(blob);
    [image, imageName, imageScale] = [next, message.image, next.width / view.page.width];
    stage.setPage(page, address, true);
    refresh();
  }

  const clock = setInterval(() => {
    if (!queue.late()) return;
    const count = queue.items().length;
    banner.textContent = "The kernel does not answer: it is busy, or it has stopped. " +
      `${plural(count)} ${count === 1 ? "is" : "are"} kept in this browser${store ? "" : " tab"} ` +
      "until it answers. If the kernel was restarted, run this cell again.";
    banner.hidden = false;
  }, 1000);
  const online = () => queue.again();
  window.addEventListener("online", online);
  const leaving = () => queue.flush();
  window.addEventListener("pagehide", leaving);
  const resized = new ResizeObserver(() => refresh());

  const body = build("div", "hwl-body");
  body.append(stage.element, rows.element);
  root.append(bar, progress, banner, help, body, live);
  el.append(root);
  stage.setMode(mode);
  stage.setPage(page, "", false);
  refresh();
  resized.observe(rows.element);
  model.on("change:view", answered);
  model.on("msg:custom", received);
  model.send({ kind: "image", index: view.index });
  const kept = queue.restore();
  if (kept) say(`${plural(kept)} from an earlier view of this file ${kept === 1 ? "was" : "were"} sent.`);
  refresh();
  return () => {
    clearInterval(clock);
    queue.flush();
    resized.disconnect();
    window.removeEventListener("online", online);
    window.removeEventListener("pagehide", leaving);
    model.off("change:view", answered);
    model.off("msg:custom", received);
    if (address) URL.revokeObjectURL(address);
  };
}

export default { render };
