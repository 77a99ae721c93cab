// The page: its picture with the boxes and baselines of its lines, moved and drawn by pointer.
// Zooming widens the picture; the element scrolls, so wheels and fingers work as everywhere.

import { GLYPHS, looks, movedBaseline } from "./edits.js";

const SVG = "http://www.w3.org/2000/svg";
const TALLEST = 560; // Screen pixels of the whole page
const NEAREST = 24; // How far one may zoom in
const HANDLES = [["nw", 0, 0], ["n", 0.5, 0], ["ne", 1, 0], ["e", 1, 0.5], ["se", 1, 1],
  ["s", 0.5, 1], ["sw", 0, 1], ["w", 0, 0.5]];

export function build(tag, className = "", attributes = {}, text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  return node;
}

export function svg(name, attributes, parent) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent?.append(node);
  return node;
}

// A box after a handle was dragged to a point
export function resized(box, handle, x, y) {
  const [a, b, c, d] = box;
  return [handle.includes("w") ? x : a, handle.includes("n") ? y : b,
    handle.includes("e") ? x : c, handle.includes("s") ? y : d];
}

// A box moved by a step, as far as the page goes
export function moved([a, b, c, d], dx, dy, page) {
  const right = Math.min(Math.max(dx, -a), page.width - c);
  const down = Math.min(Math.max(dy, -b), page.height - d);
  return [a + right, b + down, c + right, d + down];
}

export function makeStage(hooks) {
  const element = build("div", "hwl-stage", { role: "application", tabindex: 0 });
  const root = svg("svg", {}, element);
  const picture = svg("image", { x: 0, y: 0, preserveAspectRatio: "none" }, root);
  const marks = svg("g", {}, root);
  let page = null;
  let selected = null;
  let zoom = 1;
  let drag = null;
  let dragged = false; // What ends with a drag is no click

  const scale = () => root.getBoundingClientRect().width / page.width || 1; // Screen for page pixels
  const point = (event) => {
    const box = root.getBoundingClientRect();
    return [(event.clientX - box.left) / scale(), (event.clientY - box.top) / scale()];
  };

  function draw() {
    const fit = Math.min(element.clientWidth, (TALLEST * page.width) / page.height);
    root.style.width = `${fit * zoom}px`;
    const px = 1 / scale(); // Page pixels of one of the screen
    marks.replaceChildren();
    page.lines.forEach((line, k) => {
      const box = drag?.line === line.id && drag.box;
      const shown = box ? { ...line, box, baseline: movedBaseline(line, box) } : line;
      drawLine(shown, k, line.id === selected, px);
    });
    if (drag?.kind === "draw" && drag.box) {
      const [a, b, c, d] = drag.box;
      svg("rect", { x: Math.min(a, c), y: Math.min(b, d), width: Math.abs(c - a),
        height: Math.abs(d - b), class: "hwl-new" }, marks);
    }
  }

  function drawLine(line, k, chosen, px) {
    const [a, b, c, d] = line.box;
    const group = svg("g", { class: `hwl-line hwl-${looks(line)}${chosen ? " hwl-chosen" : ""}`,
      "data-line": line.id }, marks);
    svg("rect", { x: a, y: b, width: c - a, height: d - b, class: "hwl-box" }, group);
    if (line.baseline) {
      const points = line.baseline.map((one) => one.join(",")).join(" ");
      svg("polyline", { points, class: "hwl-baseline" }, group);
    }
    // Before the line, so that it hides no letter; inside, where there is no room
    const room = a > 24 * px;
    const tag = svg("text", { x: room ? a - 3 * px : a + 3 * px, y: (b + d) / 2,
      "font-size": 13 * px, class: "hwl-tag", "dominant-baseline": "middle",
      "text-anchor": room ? "end" : "start" }, group);
    tag.textContent = `${k + 1}${GLYPHS[looks(line)]}`;
    if (!chosen) return;
    for (const [name, u, v] of HANDLES) {
      const handle = svg("rect", { x: a + u * (c - a) - 5 * px, y: b + v * (d - b) - 5 * px,
        width: 10 * px, height: 10 * px, class: "hwl-handle", "data-handle": name }, group);
      handle.style.cursor = `${name}-resize`; // As an attribute a strict page would refuse it
    }
  }

  root.addEventListener("pointerdown", (event) => {
    if (event.button > 0 || drag) return;
    dragged = false;
    element.focus({ preventScroll: true });
    const from = point(event);
    if (element.dataset.mode === "draw") drag = { kind: "draw", from };
    else {
      const id = event.target.closest("[data-line]")?.dataset.line;
      if (!id || id !== selected) return; // A click chooses it; a finger may be scrolling
      const { handle } = event.target.dataset;
      const { box: first } = page.lines.find((line) => line.id === id);
      drag = { kind: handle ? "resize" : "move", handle, line: id, from, first };
    }
    root.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  root.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [x, y] = point(event);
    const [fromX, fromY] = drag.from;
    if (drag.kind === "draw") drag.box = [fromX, fromY, x, y];
    if (drag.kind === "resize") drag.box = resized(drag.first, drag.handle, x, y);
    if (drag.kind === "move") drag.box = moved(drag.first, x - fromX, y - fromY, page);
    draw();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    root.addEventListener(name, () => {
      const done = drag;
      drag = null;
      dragged ||= Boolean(done);
      if (name === "pointerup" && done?.box) {
        if (done.kind === "draw") hooks.drawn(done.box);
        else hooks.box(done.line, done.box);
      }
      draw();
    });
  }
  root.addEventListener("click", (event) => {
    if (!dragged) hooks.choose(event.target.closest("[data-line]")?.dataset.line ?? null);
  });
  element.addEventListener("keydown", (event) => hooks.key(event));

  return {
    element,
    setImage(source) { picture.setAttribute("href", source); },
    setPage(next) {
      if (page?.image !== next.image) zoom = 1;
      page = next;
      const size = { width: page.width, height: page.height };
      for (const [key, value] of Object.entries(size)) picture.setAttribute(key, value);
      root.setAttribute("viewBox", `0 0 ${page.width} ${page.height}`);
      root.style.aspectRatio = `${page.width} / ${page.height}`;
      draw();
    },
    select(id, reveal) {
      selected = id;
      draw();
      const line = reveal && page.lines.find((one) => one.id === id);
      if (line) this.show(line.box);
    },
    // Scroll no farther than it takes to see a box
    show(box) {
      const [a, b, c, d] = box.map((value) => value * scale());
      const near = (now, size, from, to) => Math.min(from, Math.max(now, to - size));
      element.scrollTo(near(element.scrollLeft, element.clientWidth, a, c),
        near(element.scrollTop, element.clientHeight, b, d));
    },
    setMode(mode) { element.dataset.mode = mode; },
    // 0 shows the whole page
    zoom(factor) {
      const middle = this.middle();
      zoom = factor ? Math.min(Math.max(zoom * factor, 1), NEAREST) : 1;
      draw();
      const line = page.lines.find((one) => one.id === selected);
      const [x, y] = line ? [(line.box[0] + line.box[2]) / 2, (line.box[1] + line.box[3]) / 2]
        : middle;
      element.scrollTo(x * scale() - element.clientWidth / 2, y * scale() - element.clientHeight / 2);
    },
    middle: () => [(element.scrollLeft + element.clientWidth / 2) / scale(),
      (element.scrollTop + element.clientHeight / 2) / scale()],
  };
}
