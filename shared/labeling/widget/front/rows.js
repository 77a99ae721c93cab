// The lines as a list: the image of each line, and beside it the text that is being typed.

const CROP_HEIGHT = 46;
const STATES = { proposed: "to decide", labeled: "decided", unreadable: "unreadable" };

function drawCrop(canvas, image, scale, line) {
  const ratio = window.devicePixelRatio || 1;
  const [a, b, c, d] = line.box;
  const margin = 0.12 * (d - b);
  const [left, top] = [a - margin, b - margin];
  const [width, height] = [c - a + 2 * margin, d - b + 2 * margin];
  const room = canvas.parentElement?.clientWidth || 380;
  const zoom = Math.min(CROP_HEIGHT / height, room / width);
  const [w, h] = [Math.max(1, width * zoom), Math.max(1, height * zoom)];
  canvas.width = Math.round(w * ratio);
  canvas.height = Math.round(h * ratio);
  Object.assign(canvas.style, { width: `${w}px`, height: `${h}px` });
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (image) {
    context.imageSmoothingQuality = "high";
    context.drawImage(image, left * scale, top * scale, width * scale, height * scale,
      0, 0, canvas.width, canvas.height);
  }
}

function makeRow(id, hooks) {
  const element = document.createElement("li");
  element.className = "hwl-row";
  element.dataset.line = id;
  const crop = document.createElement("canvas");
  crop.setAttribute("aria-hidden", "true");
  const cropBox = document.createElement("div");
  cropBox.className = "hwl-crop";
  cropBox.append(crop);
  const input = document.createElement("input");
  Object.assign(input, { type: "text", spellcheck: false, autocomplete: "off" });
  input.setAttribute("autocapitalize", "off");
  const state = document.createElement("span");
  state.className = "hwl-state";
  state.setAttribute("aria-hidden", "true");
  const button = (text, label, action) => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", textContent: text, title: label, tabIndex: -1 });
    made.setAttribute("aria-label", label);
    made.addEventListener("click", () => action(id));
    return made;
  };
  const accept = button("Accept", "Accept the text (Enter)", hooks.accept);
  const unreadable = button("Unreadable", "Nobody can read this line (Alt+U)", hooks.unreadable);
  const remove = button("Delete", "Delete this line (Ctrl+Delete)", hooks.remove);
  const foot = document.createElement("div");
  foot.className = "hwl-foot";
  foot.append(state, accept, unreadable, remove);
  element.append(cropBox, input, foot);
  input.addEventListener("focus", () => hooks.focus(id));
  input.addEventListener("input", () => hooks.typed(id, input.value));
  input.addEventListener("keydown", (event) => hooks.key(event, id));
  element.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("button, input")) hooks.focus(id);
  });
  return { element, crop, input, state, accept, unreadable, remove, shown: "" };
}

function makeRows(hooks) {
  const element = document.createElement("ol");
  element.className = "hwl-rows";
  element.setAttribute("aria-label", "Lines of this page, in reading order");
  let rows = new Map();

  function update(row, line, k, count, image, scale, imageName) {
    const told = line.status === "proposed" && typeof line.confidence === "number";
    const sure = told ? `, the model ${Math.round(100 * line.confidence)}% sure` : "";
    const state = STATES[line.status];
    const corrected = line.status === "labeled" && line.proposal && line.proposal !== line.text;
    row.element.dataset.status = line.status;
    row.state.textContent = `${k + 1} ${GLYPHS[line.status]} ${state}${sure}` +
      (corrected ? `, corrected from “${line.proposal}”` : "");
    row.input.setAttribute("aria-label", `Line ${k + 1} of ${count}, ${state}${sure}`);
    row.input.placeholder = line.status === "unreadable" ? "unreadable" : "type this line";
    const text = line.text ?? "";
    if (row.input.value !== text && !(hooks.isTyping(line.id))) row.input.value = text;
    row.accept.disabled = line.status === "labeled" || !text;
    const key = `${line.box.join()} ${imageName} ${row.crop.parentElement.clientWidth}`;
    if (key !== row.shown) {
      drawCrop(row.crop, image, scale, line);
      row.shown = key;
    }
  }

  return {
    element,
    show(page, image, scale, imageName) {
      const next = new Map();
      for (const line of page.lines) next.set(line.id, rows.get(line.id) ?? makeRow(line.id, hooks));
      const wanted = [...next.values()].map((row) => row.element);
      const same = wanted.length === element.children.length &&
        wanted.every((node, k) => node === element.children[k]);
      if (!same) {
        const active = element.contains(document.activeElement) ? document.activeElement : null;
        element.replaceChildren(...wanted);
        if (active && element.contains(active)) active.focus({ preventScroll: true });
      }
      rows = next;
      page.lines.forEach((line, k) =>
        update(rows.get(line.id), line, k, page.lines.length, image, scale, imageName));
    },
    select(id) {
      for (const [name, row] of rows) {
        row.element.toggleAttribute("data-chosen", name === id);
        if (name === id) {
          const [box, list] = [row.element.getBoundingClientRect(), element.getBoundingClientRect()];
          if (box.top < list.top) element.scrollTop -= list.top - box.top;
          if (box.bottom > list.bottom) element.scrollTop += box.bottom - list.bottom;
        }
      }
    },
    top() { element.scrollTop = 0; },
    focus(id) {
      rows.get(id)?.input.focus({ preventScroll: true });
    },
  };
}
