// The one editor of text over ink: a page with its lines, and what each says. It serves the widget
// of a notebook and the page of the service; both give it a host, which keeps what is done:
//   page()              what is to be shown, with everything that was done to it
//   push(action, rest)  do an action, at once or after `rest` milliseconds without another
//   undo(), redo(), flush(), can()
//   waiting(id)         whether a typed text is still on its way, so that nothing overwrites it
//   told(line)          the state of a line in words
//   label, accepting    names of the whole and of the button that accepts a text
// and if it has them:
//   settled(id)         a person has decided on this line
//   acceptable(line)    whether accepting it does anything
//   below(line)         what stands under the chosen line
//   key(event), keys    further keys, and what they do

import { clampBox } from "./edits.js";
import { makeRows } from "./rows.js";
import { build, makeStage } from "./stage.js";

export const REST = 350; // Milliseconds a text may rest before it is sent
const ZOOM = 1.4;
const PAN = 40; // Screen pixels
const NONE = "data:,"; // An image of nothing
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = [
  ["Tab, Shift+Tab", "next or previous text"],
  ["Enter", "accept the text and go to the next line that is to decide"],
  ["↑ ↓ in a text", "the line above or below"],
  ["Escape", "from a text to the page; on the page: stop drawing, choose nothing"],
  ["Enter on the page", "type the chosen line"],
  ["[ ] on the page", "choose the line before or after"],
  ["N", "draw a new box; Enter puts one below the chosen line"],
  ["arrows on the page", "move the chosen box, or the view; with Shift ten times as far"],
  ["Alt+arrows on the page", "make the chosen box wider, narrower, taller, lower"],
  ["Delete on the page, Ctrl+Delete in a text", "delete the line"],
  ["Alt+U", "call the line unreadable"],
  ["Alt+Shift+↑ ↓", "move the line up or down in the reading order"],
  ["Ctrl+Z, Ctrl+Shift+Z or Ctrl+Y", "undo, redo"],
  ["+ − 0", "zoom in, out, whole page"],
  ["F1 or ?", "show or hide these keys"],
];

export function addButton(bar, text, label, action) {
  const made = build("button", "", { type: "button", title: label, "aria-label": label }, text);
  made.addEventListener("click", action);
  bar.append(made);
  return made;
}

export function makeEditor(host) {
  const root = build("section", "hwl", { "aria-label": host.label,
    "data-lm-suppress-shortcuts": "true", "data-jp-suppress-context-menu": "true" });
  let page = host.page();
  let source = NONE; // Address of the page's image
  let chosen = null;
  let drawing = false;
  let typing = null; // { id, group }: the text that has the cursor

  const bar = build("div", "hwl-bar", { role: "toolbar", "aria-label": host.label });
  const newLine = addButton(bar, "New line", "Draw a new box (N)", () => setDrawing(!drawing));
  const undo = addButton(bar, "Undo", "Undo (Ctrl+Z)", () => turnBack(host.undo));
  const redo = addButton(bar, "Redo", "Redo (Ctrl+Y)", () => turnBack(host.redo));
  addButton(bar, "−", "Zoom out (−)", () => stage.zoom(1 / ZOOM));
  addButton(bar, "+", "Zoom in (+)", () => stage.zoom(ZOOM));
  addButton(bar, "Whole page", "Whole page (0)", () => stage.zoom(0));
  const helping = addButton(bar, "Keys", "Show or hide the keys (F1)", () => toggleHelp());
  const help = build("div", "hwl-help", { role: "region", "aria-label": "Keys" });
  help.hidden = true;
  const list = build("dl");
  for (const [keys, what] of [...KEYS, ...(host.keys ?? [])]) {
    list.append(build("dt", "", {}, keys), build("dd", "", {}, what));
  }
  help.append(list);
  const live = build("p", "hwl-live", { "aria-live": "polite" });

  const say = (text) => { live.textContent = text; };
  const lineOf = (id) => page.lines.find((line) => line.id === id);
  const placeOf = (id) => page.lines.findIndex((line) => line.id === id);
  const act = (action, rest) => {
    say(""); // What was said belongs to the action before
    host.push({ page: page.image, ...action }, rest);
  };
  const decide = (id, what) => {
    act({ do: what, line: id });
    host.settled?.(id);
  };

  const stage = makeStage({
    choose: (id) => choose(id, "stage"),
    box: (id, box) => act({ do: "box", line: id, box }),
    drawn: (box) => addLine(box),
    key: stageKey,
  });
  const rows = makeRows({
    accepting: host.accepting,
    told: host.told,
    acceptable: host.acceptable ?? ((line) => line.status === "proposed"),
    focus: (id) => choose(id, "rows"),
    typed: (id, text) => {
      if (typing?.id !== id) typing = { id, group: `typing-${Date.now()}-${Math.random()}` };
      act({ do: "text", line: id, text, group: typing.group }, REST);
    },
    accept: (id) => decide(id, "accept"),
    unreadable: (id) => decide(id, "unreadable"),
    remove: (id) => removeLine(id),
    key: rowKey,
    isTyping: (id) => typing?.id === id && host.waiting(id),
  });

  function refresh() {
    const other = page.image !== host.page().image;
    page = host.page();
    if (other) rows.top();
    if (chosen && (other || !lineOf(chosen))) chosen = null;
    stage.setPage(page);
    rows.show(page, source);
    mark(false);
    undo.disabled = !host.can().undo;
    redo.disabled = !host.can().redo;
    stage.element.setAttribute("aria-label", `${page.title ?? page.image}, ` +
      `${page.lines.length} lines. Letter N, brackets and arrows work here.`);
  }

  function mark(reveal) {
    stage.select(chosen, reveal);
    rows.select(chosen, chosen && host.below?.(lineOf(chosen)));
  }

  function choose(id, from) {
    if (id !== chosen) typing = null;
    chosen = id;
    mark(from === "rows");
    const line = id && lineOf(id);
    if (line && from === "stage") {
      say(`Line ${placeOf(id) + 1}, ${host.told(line)}: ${line.text ?? "no text"}`);
    }
  }

  function turnBack(step) {
    typing = null;
    say("");
    host.flush();
    step();
  }

  function setDrawing(next) {
    drawing = next;
    stage.setMode(drawing ? "draw" : "select");
    newLine.setAttribute("aria-pressed", String(drawing));
    if (!drawing) return;
    say("Draw a box, or press Enter to put one below the chosen line.");
    stage.element.focus({ preventScroll: true });
  }

  function addLine(box) {
    const inside = clampBox(box, page);
    if (!inside) { say("That box is too small; draw it larger."); return; }
    const id = `n${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
    act({ do: "add", line: id, box: inside });
    setDrawing(false);
    choose(id, "rows");
    rows.focus(id);
    say("A new line was added; type what it says.");
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
    const k = placeOf(id);
    if (k < 0) return;
    const next = page.lines[k + 1] ?? page.lines[k - 1];
    const inRows = rows.element.contains(document.activeElement);
    act({ do: "delete", line: id });
    if (lineOf(id)) return; // The host has said why not
    choose(next?.id ?? null, "rows");
    if (next && inRows) rows.focus(next.id);
    else stage.element.focus({ preventScroll: true });
    say(`Line ${k + 1} was deleted; Ctrl+Z brings it back.`);
  }

  function toggleHelp() {
    help.hidden = !help.hidden;
    helping.setAttribute("aria-expanded", String(!help.hidden));
  }

  function reorder(id, step) {
    const to = placeOf(id) + step;
    if (to < 0 || to >= page.lines.length) return;
    act({ do: "order", line: id, at: to });
    if (rows.element.contains(document.activeElement)) rows.focus(id);
    say(`Now line ${to + 1} of ${page.lines.length}.`);
  }

  function nudge([dx, dy], line, resize) {
    const [a, b, c, d] = line.box;
    const box = resize ? [a, b, c + dx, d + dy] : [a + dx, b + dy, c + dx, d + dy];
    const inside = box[0] >= 0 && box[1] >= 0 && box[2] <= page.width && box[3] <= page.height;
    if (!inside || !clampBox(box, page)) return;
    act({ do: "box", line: line.id, box, group: `nudge-${line.id}` }, REST);
    say(`Box from ${box.slice(0, 2).map(Math.round)} to ${box.slice(2).map(Math.round)}.`);
  }

  function step(by) {
    const k = chosen ? placeOf(chosen) : by > 0 ? -1 : page.lines.length;
    const next = page.lines[k + by];
    if (next) choose(next.id, "stage");
  }

  // Keys that work everywhere in the editor; returns whether the key was one of them
  function anyKey(event) {
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (host.key?.(event)) return true;
    if (event.key === "F1") toggleHelp();
    else if (event.altKey && key === "u" && chosen) decide(chosen, "unreadable");
    else if (event.altKey && event.shiftKey && key === "arrowup" && chosen) reorder(chosen, -1);
    else if (event.altKey && event.shiftKey && key === "arrowdown" && chosen) reorder(chosen, 1);
    else if (control && key === "z") turnBack(event.shiftKey ? host.redo : host.undo);
    else if (control && key === "y") turnBack(host.redo);
    else return false;
    return true;
  }

  function enter(id) {
    const line = lineOf(id);
    if (line?.status === "proposed" && (line.text ?? "").trim()) act({ do: "accept", line: id });
    host.flush();
    if (lineOf(id)?.status === "labeled") host.settled?.(id);
    const k = placeOf(id);
    const order = [...page.lines.slice(k + 1), ...page.lines.slice(0, k)];
    const next = order.find((one) => one.status === "proposed");
    if (next) rows.focus(next.id);
    else say(`Every line of this page is decided${host.finished ?? "."}`);
  }

  function rowKey(event, id) {
    const k = placeOf(id);
    const go = (line) => line && rows.focus(line.id);
    let known = true;
    if (anyKey(event)) known = true;
    else if (event.key === "Enter") enter(id);
    else if (event.key === "ArrowDown") go(page.lines[k + 1]);
    else if (event.key === "ArrowUp") go(page.lines[k - 1]);
    else if (event.key === "Delete" && (event.ctrlKey || event.metaKey)) removeLine(id);
    else if (event.key === "Escape") stage.element.focus({ preventScroll: true });
    else known = false;
    if (known) event.preventDefault();
    event.stopPropagation();
  }

  const ON_STAGE = {
    "]": () => step(1),
    "[": () => step(-1),
    "+": () => stage.zoom(ZOOM),
    "=": () => stage.zoom(ZOOM),
    "-": () => stage.zoom(1 / ZOOM),
    0: () => stage.zoom(0),
    "?": toggleHelp,
    n: () => setDrawing(!drawing),
    delete: () => chosen && removeLine(chosen),
    backspace: () => chosen && removeLine(chosen),
    enter: () => (drawing ? addBelow() : chosen && rows.focus(chosen)),
    escape: () => (drawing ? setDrawing(false) : choose(null, "stage")),
  };

  function stageKey(event) {
    event.stopPropagation();
    const line = chosen && lineOf(chosen);
    const arrow = ARROWS[event.key];
    const known = ON_STAGE[event.key.toLowerCase()];
    if (anyKey(event)) event.preventDefault();
    else if (arrow) {
      event.preventDefault();
      const far = event.shiftKey ? 10 : 1;
      if (line) nudge(arrow.map((part) => part * far), line, event.altKey);
      else stage.element.scrollBy(...arrow.map((part) => part * PAN * far));
    } else if (known && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      known();
    }
  }

  // What is typed belongs to the editor, also where JupyterLab has keys of its own
  root.addEventListener("keydown", (event) => {
    if (!event.defaultPrevented && anyKey(event)) event.preventDefault();
    event.stopPropagation();
  });
  const width = new ResizeObserver(() => refresh());
  const body = build("div", "hwl-body");
  body.append(stage.element, rows.element);
  root.append(bar, help, body, live);
  stage.setMode("select");
  refresh();
  width.observe(rows.element);

  return {
    element: root,
    bar,
    say,
    refresh,
    choose: (id) => choose(id, "rows"),
    // Show the page's image, or none yet
    setImage(address = NONE) {
      source = address;
      stage.setImage(source);
      refresh();
    },
    close: () => width.disconnect(),
  };
}
