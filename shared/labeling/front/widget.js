// The labeling widget: the editor with the kernel behind it, which keeps the labels; see live.py.
// Actions are shown at once, and kept in the browser until the kernel has saved them.

import { STATES, applied } from "./edits.js";
import { addButton, makeEditor } from "./editor.js";
import { build } from "./stage.js";

const PATIENCE = 6000; // Milliseconds without an answer until the person is told
const PAGE_KEYS = [["Alt+PageUp, Alt+PageDown", "page before or after"], ["Ctrl+Enter", "page done"]];

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

const changes = (count) => `${count} change${count === 1 ? "" : "s"}`;

function told(line) {
  const asked = line.status === "proposed" && typeof line.confidence === "number";
  const sure = asked ? `, the model ${Math.round(100 * line.confidence)}% sure` : "";
  const corrected = line.status === "labeled" && line.proposal && line.proposal !== line.text;
  return STATES[line.status] + sure + (corrected ? `, corrected from “${line.proposal}”` : "");
}

function render({ model, el }) {
  let view = JSON.parse(model.get("view"));
  let address = "";
  const store = (() => { try { return window.localStorage; } catch { return null; } })();
  const send = (message) => { try { model.send(message); } catch { /* Kept until it answers */ } };
  const queue = makeQueue({ send, changed: () => refresh() }, store, `handwriting-labels:${view.key}`);

  function turn(index) {
    if (index < 0 || index >= view.pages.length) return;
    queue.flush();
    model.send({ kind: "page", index });
  }

  function setStatus(status) {
    queue.flush();
    const now = withWaiting(view.page, queue.items());
    queue.push({ action: { do: "page", page: now.image,
      status: now.status === status ? "open" : status } });
  }

  function key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) setStatus("done");
    else if (event.altKey && event.key === "PageUp") turn(view.index - 1);
    else if (event.altKey && event.key === "PageDown") turn(view.index + 1);
    else return false;
    return true;
  }

  const editor = makeEditor({
    label: "Label pages of handwriting",
    accepting: "Accept",
    finished: "; Ctrl+Enter says that the page is done.",
    keys: PAGE_KEYS,
    key,
    told,
    page: () => ({ ...withWaiting(view.page, queue.items()),
      title: `Page ${view.index + 1} of ${view.pages.length}, ${view.page.image}` }),
    push: (action, rest) => queue.push({ action }, rest),
    undo: () => queue.push({ undo: true }),
    redo: () => queue.push({ redo: true }),
    flush: queue.flush,
    can: () => ({ undo: view.can.undo || queue.items().length > 0, redo: view.can.redo }),
    waiting: (id) => queue.items().some(({ action }) =>
      action?.do === "text" && action.line === id),
  });
  const pages = build("select", "", { "aria-label": "Page" });
  const turning = build("div", "hwl-bar", { role: "toolbar", "aria-label": "Pages" });
  const before = addButton(turning, "◀", "Page before (Alt+PageUp)", () => turn(view.index - 1));
  turning.append(pages);
  const after = addButton(turning, "▶", "Page after (Alt+PageDown)", () => turn(view.index + 1));
  const done = addButton(turning, "Page done", "Page done (Ctrl+Enter)", () => setStatus("done"));
  const skip = addButton(turning, "Skip page", "Skip this page, or open it again",
    () => setStatus("skipped"));
  const progress = build("p", "hwl-progress", { role: "status" });
  const banner = build("p", "hwl-banner", { role: "alert" });
  banner.hidden = true;

  function refresh() {
    editor.refresh();
    const waiting = queue.items().length;
    progress.textContent = view.progress + (waiting ? ` · ${waiting} not saved yet` : " · saved");
    before.disabled = view.index === 0;
    after.disabled = view.index === view.pages.length - 1;
    const { status } = withWaiting(view.page, queue.items());
    done.setAttribute("aria-pressed", String(status === "done"));
    skip.setAttribute("aria-pressed", String(status === "skipped"));
    pages.replaceChildren(...view.pages.map((one, k) => build("option", "", { value: k },
      `${k + 1}: ${one.image} (${one.status}, ${one.decided} of ${one.lines})`)));
    pages.value = view.index;
  }

  function warn(text) {
    banner.textContent = text;
    banner.hidden = !text;
  }

  function answered() {
    const last = view;
    view = JSON.parse(model.get("view"));
    queue.answered(view.acks, view.failed);
    if (view.errors.length) warn(view.errors.join(" "));
    else if (view.acks.length || view.page.image !== last.page.image) warn("");
    if (view.page.image !== last.page.image) {
      editor.setImage();
      editor.say(`Page ${view.index + 1} of ${view.pages.length}, ${view.page.image}.`);
      model.send({ kind: "image", index: view.index });
    }
    if (view.said) editor.say(view.said);
    refresh();
  }

  function received(message, buffers) {
    if (message.kind !== "image" || message.image !== view.page.image) return;
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([buffers[0]], { type: message.type }));
    editor.setImage(address);
  }

  const clock = setInterval(() => {
    if (!queue.late()) return;
    const count = queue.items().length;
    warn("The kernel does not answer: it is busy, or it has stopped. " +
      `${changes(count)} ${count === 1 ? "is" : "are"} kept in this browser${store ? "" : " tab"} ` +
      "until it answers. If the kernel was restarted, run this cell again.");
  }, 1000);
  const again = () => queue.again();
  const leaving = () => queue.flush();
  pages.addEventListener("change", () => turn(Number(pages.value)));
  window.addEventListener("online", again);
  window.addEventListener("pagehide", leaving);
  editor.element.prepend(turning);
  turning.after(progress, banner);
  el.append(editor.element);
  model.on("change:view", answered);
  model.on("msg:custom", received);
  model.send({ kind: "image", index: view.index });
  const kept = queue.restore();
  if (kept) {
    const were = kept === 1 ? "was" : "were";
    editor.say(`${changes(kept)} from an earlier view of this file ${were} sent.`);
  }
  refresh();
  return () => {
    clearInterval(clock);
    queue.flush();
    editor.close();
    window.removeEventListener("online", again);
    window.removeEventListener("pagehide", leaving);
    model.off("change:view", answered);
    model.off("msg:custom", received);
    if (address) URL.revokeObjectURL(address);
  };
}

export default { render };
