// The lines as a list: the ink of each line, and below it the text that is being typed.

import { GLYPHS, looks, strange } from "./edits.js";
import { build, svg } from "./stage.js";

const MARGIN = 0.12; // Of a box's height: what is shown around it

function makeRow(id, hooks) {
  const element = build("li", "hwl-row", { "data-line": id });
  const crop = svg("svg", { class: "hwl-crop", preserveAspectRatio: "xMinYMid meet",
    "aria-hidden": "true" }, element);
  const ink = svg("image", { preserveAspectRatio: "none" }, crop);
  const text = build("textarea", "", { rows: 1, maxlength: 400, spellcheck: "false",
    autocomplete: "off", autocapitalize: "off" });
  const warning = build("p", "hwl-warning", { role: "status",
    id: `hwl-warning-${id}-${Math.random()}` });
  const state = build("span", "hwl-state", { "aria-hidden": "true" });
  const button = (name, label, action) => {
    const made = build("button", "", { type: "button", title: label, tabindex: -1 }, name);
    made.addEventListener("click", () => action(id));
    return made;
  };
  const accept = button(hooks.accepting, "", hooks.accept);
  const unreadable = button("Unreadable", "", hooks.unreadable);
  const remove = button("Delete", "", hooks.remove);
  const foot = build("div", "hwl-foot");
  foot.append(state, accept, unreadable, remove);
  element.append(text, warning, foot);
  text.addEventListener("focus", () => hooks.focus(id));
  text.addEventListener("input", () => {
    if (text.value.includes("\n")) text.value = text.value.replace(/\s*\n\s*/g, " ");
    hooks.typed(id, text.value);
  });
  text.addEventListener("keydown", (event) => hooks.key(event, id));
  element.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("button, textarea")) hooks.focus(id);
  });
  const buttons = [[accept, `${hooks.accepting} the text`, "Enter"], [unreadable, "Nobody can read", "Alt+U"],
    [remove, "Delete", "Ctrl+Delete"]];
  return { element, crop, ink, text, warning, state, accept, buttons };
}

export function makeRows(hooks) {
  const element = build("ol", "hwl-rows", { "aria-label": "Lines of this page, in reading order" });
  let rows = new Map();

  function update(row, line, k, page, source) {
    const told = hooks.told(line);
    row.element.dataset.status = looks(line);
    row.state.textContent = `${k + 1} ${GLYPHS[looks(line)]} ${told}`;
    row.text.setAttribute("aria-label", `Line ${k + 1} of ${page.lines.length}, ${told}`);
    row.text.placeholder = line.status === "unreadable" ? "unreadable" : "type this line";
    for (const [button, what, keys] of row.buttons) {
      button.title = `${what} (${keys})`;
      button.setAttribute("aria-label", `${what}, line ${k + 1}`);
    }
    const text = line.text ?? "";
    if (row.text.value !== text && !hooks.isTyping(line.id)) row.text.value = text;
    const unknown = strange(row.text.value).join(" ");
    row.warning.textContent = unknown
      ? `No model here can write ${unknown}; type the nearest character of the keyboard.` : "";
    row.warning.hidden = !unknown;
    row.text.setAttribute("aria-invalid", String(Boolean(unknown)));
    row.text.setAttribute("aria-describedby", row.warning.id);
    row.accept.disabled = !text || !hooks.acceptable(line);
    const [left, top, right, bottom] = line.box;
    const margin = MARGIN * (bottom - top);
    row.crop.setAttribute("viewBox", [left - margin, top - margin, right - left + 2 * margin,
      bottom - top + 2 * margin].join(" "));
    const shown = { width: page.width, height: page.height, href: source };
    for (const [key, value] of Object.entries(shown)) {
      if (row.ink.getAttribute(key) !== String(value)) row.ink.setAttribute(key, value);
    }
  }

  return {
    element,
    // Show a page's lines; `source` is its image's address
    show(page, source) {
      const next = new Map();
      for (const { id } of page.lines) next.set(id, rows.get(id) ?? makeRow(id, hooks));
      const wanted = [...next.values()].map((row) => row.element);
      const same = wanted.length === element.children.length &&
        wanted.every((node, k) => node === element.children[k]);
      if (!same) {
        const active = element.contains(document.activeElement) ? document.activeElement : null;
        element.replaceChildren(...wanted);
        if (active && element.contains(active)) active.focus({ preventScroll: true });
      }
      rows = next;
      page.lines.forEach((line, k) => update(rows.get(line.id), line, k, page, source));
    },
    // Mark the row of a line, with `below` under it, and bring it into view
    select(id, below) {
      for (const [name, { element: row }] of rows) {
        row.toggleAttribute("data-chosen", name === id);
        const there = row.querySelector(".hwl-below");
        if (there && (name !== id || there !== below)) there.remove();
        if (name !== id) continue;
        if (below && there !== below) row.append(below);
        const [box, list] = [row.getBoundingClientRect(), element.getBoundingClientRect()];
        if (box.top < list.top) element.scrollTop -= list.top - box.top;
        else if (box.bottom > list.bottom) element.scrollTop += box.bottom - list.bottom;
      }
    },
    top() { element.scrollTop = 0; },
    focus(id) { rows.get(id)?.text.focus({ preventScroll: true }); },
  };
}
