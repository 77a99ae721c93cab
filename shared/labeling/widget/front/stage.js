// The page: picture, boxes, baselines; pointer, wheel and zoom.

const SVG = "http://www.w3.org/2000/svg";
const HANDLES = [["nw", 0, 0], ["n", 0.5, 0], ["ne", 1, 0], ["e", 1, 0.5], ["se", 1, 1],
  ["s", 0.5, 1], ["sw", 0, 1], ["w", 0, 0.5]];
const GLYPHS = { proposed: "?", labeled: "✓", unreadable: "✗" };

function svg(name, attributes, parent) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent?.append(node);
  return node;
}

// Return a box after a handle was dragged to a point
function resized(box, handle, x, y) {
  const [a, b, c, d] = box;
  return [handle.includes("w") ? x : a, handle.includes("n") ? y : b,
    handle.includes("e") ? x : c, handle.includes("s") ? y : d];
}

// Zoom a view about a point and keep it on the page; `fit` is the widest view there is
function zoomed(view, factor, x, y, fit) {
  const width = Math.min(fit.width, Math.max(view.width / factor, fit.width / 24));
  const share = width / view.width;
  return panned({ x: x - (x - view.x) * share, y: y - (y - view.y) * share, width,
    height: view.height * share }, 0, 0, fit);
}

function panned(view, dx, dy, fit) {
  const inside = (at, size, from, whole) =>
    size >= whole ? from + (whole - size) / 2 : Math.min(Math.max(at, from), from + whole - size);
  return { ...view, x: inside(view.x + dx, view.width, fit.x, fit.width),
    y: inside(view.y + dy, view.height, fit.y, fit.height) };
}

function makeStage(hooks) {
  const element = document.createElement("div");
  element.className = "hwl-stage";
  element.tabIndex = 0;
  element.setAttribute("role", "application");
  const root = svg("svg", { preserveAspectRatio: "xMidYMid meet" }, element);
  const picture = svg("image", { x: 0, y: 0, preserveAspectRatio: "none" }, root);
  const marks = svg("g", {}, root);
  let page = null;
  let selected = null;
  let mode = "select";
  let view = null;
  let fit = null;
  let drag = null;

  const unit = () => view.width / Math.max(root.clientWidth || 600, 1); // Page pixels a screen pixel
  const show = () => {
    if (!view) return;
    root.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    draw();
  };
  const point = (event) => {
    const box = root.getBoundingClientRect();
    const scale = Math.max(view.width / box.width, view.height / box.height);
    return [view.x + view.width / 2 + (event.clientX - box.left - box.width / 2) * scale,
      view.y + view.height / 2 + (event.clientY - box.top - box.height / 2) * scale];
  };

  function draw() {
    marks.replaceChildren();
    if (!page || !view) return;
    const px = unit();
    page.lines.forEach((line, k) => {
      const shown = drag?.line === line.id && drag.box ? { ...line, box: drag.box,
        baseline: drag.kind === "point" ? line.baseline : movedBaseline(line, drag.box) } : line;
      drawLine(shown, k, line.id === selected, px);
    });
    if (drag?.kind === "draw" && drag.box) {
      const [a, b, c, d] = drag.box;
      svg("rect", { x: Math.min(a, c), y: Math.min(b, d), width: Math.abs(c - a),
        height: Math.abs(d - b), class: "hwl-new" }, marks);
    }
    if (drag?.kind === "baseline" && drag.box) {
      const [a, b, c, d] = drag.box;
      svg("line", { x1: a, y1: b, x2: c, y2: d, class: "hwl-new" }, marks);
    }
  }

  function drawLine(line, k, chosen, px) {
    const [a, b, c, d] = line.box;
    const group = svg("g", { class: `hwl-line hwl-${line.status}${chosen ? " hwl-chosen" : ""}`,
      "data-line": line.id }, marks);
    svg("rect", { x: a, y: b, width: c - a, height: d - b, class: "hwl-box" }, group);
    if (line.baseline) {
      const points = drag?.kind === "point" && drag.line === line.id ? drag.points : line.baseline;
      svg("polyline", { points: points.map((p) => p.join(",")).join(" "),
        class: "hwl-baseline" }, group);
    }
    const tag = svg("text", { x: a - 3 * px, y: (b + d) / 2, "font-size": 13 * px,
      class: "hwl-tag", "dominant-baseline": "middle", "text-anchor": "end" }, group);
    tag.textContent = `${k + 1}${GLYPHS[line.status]}`;
    if (!chosen) return;
    for (const [name, u, v] of HANDLES) {
      svg("rect", { x: a + u * (c - a) - 5 * px, y: b + v * (d - b) - 5 * px, width: 10 * px,
        height: 10 * px, class: "hwl-handle", "data-handle": name,
        style: `cursor: ${name}-resize` }, group);
    }
    // Above the handles: a baseline often ends where a corner is
    const points = drag?.kind === "point" && drag.line === line.id ? drag.points : line.baseline;
    points?.forEach(([x, y], i) => svg("circle", { cx: x, cy: y, r: 4.5 * px,
      class: "hwl-point", "data-point": i }, group));
  }

  root.addEventListener("pointerdown", (event) => {
    if (!page || event.button > 0 || drag) return;
    element.focus({ preventScroll: true });
    const [x, y] = point(event);
    const target = event.target;
    const id = target.closest?.("[data-line]")?.dataset.line;
    const line = page.lines.find((one) => one.id === id);
    root.setPointerCapture(event.pointerId);
    if (mode !== "select") drag = { kind: mode === "baseline" ? "baseline" : "draw" };
    else if (target.dataset.handle) drag = { kind: "resize", handle: target.dataset.handle };
    else if (target.dataset.point) drag = { kind: "point", index: Number(target.dataset.point) };
    else if (line && !event.altKey) drag = { kind: line.id === selected ? "move" : "choose" };
    else drag = { kind: "pan" };
    Object.assign(drag, { line: line?.id ?? selected, from: [x, y], start: { ...view },
      screen: [event.clientX, event.clientY], first: line?.box, points: line?.baseline });
    event.preventDefault();
  });

  root.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (drag.kind === "pan" || drag.kind === "choose") {
      const scale = unit();
      const dx = (event.clientX - drag.screen[0]) * scale;
      const dy = (event.clientY - drag.screen[1]) * scale;
      if (drag.kind === "choose" && Math.hypot(dx, dy) < 4 * scale) return;
      drag.kind = "pan";
      view = panned(drag.start, -dx, -dy, fit);
      show();
      return;
    }
    const [x, y] = point(event);
    const [fromX, fromY] = drag.from;
    if (drag.kind === "draw" || drag.kind === "baseline") drag.box = [fromX, fromY, x, y];
    if (drag.kind === "resize") drag.box = resized(drag.first, drag.handle, x, y);
    if (drag.kind === "point") {
      drag.points = drag.points.map((p, i) => (i === drag.index ? [x, y] : p));
      drag.box = drag.first;
    }
    if (drag.kind === "move") {
      const [a, b, c, d] = drag.first;
      const dx = Math.min(Math.max(x - fromX, -a), page.width - c);
      const dy = Math.min(Math.max(y - fromY, -b), page.height - d);
      drag.box = [a + dx, b + dy, c + dx, d + dy];
    }
    draw();
  });

  const finish = (event) => {
    if (!drag) return;
    const done = drag;
    drag = null;
    if (event.type === "pointercancel") { draw(); return; }
    if (done.kind === "choose") hooks.choose(done.line);
    else if (done.kind === "pan" && view.x === done.start.x && view.y === done.start.y) {
      hooks.choose(null);
    } else if (done.kind === "draw" && done.box) hooks.drawn(done.box);
    else if (done.kind === "baseline" && done.box) hooks.baselineDrawn(done.box);
    else if (done.kind === "point" && done.box) hooks.baseline(done.line, done.points);
    else if (done.box) hooks.box(done.line, done.box);
    draw();
  };
  root.addEventListener("pointerup", finish);
  root.addEventListener("pointercancel", finish);

  root.addEventListener("wheel", (event) => {
    if (!view) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      view = zoomed(view, Math.exp(-event.deltaY / 300), ...point(event), fit);
      show();
      return;
    }
    const before = view;
    view = panned(view, event.deltaX * unit(), event.deltaY * unit(), fit);
    if (before.x === view.x && before.y === view.y) return; // At the edge the notebook scrolls
    event.preventDefault();
    show();
  }, { passive: false });

  element.addEventListener("keydown", (event) => hooks.key(event));
  return {
    element,
    setPage(next, source, keepView) {
      const other = !page || page.image !== next.image;
      page = next;
      if (source !== undefined) {
        if (source) picture.setAttribute("href", source);
        else picture.removeAttribute("href");
      }
      if (other || !keepView) {
        picture.setAttribute("width", page.width);
        picture.setAttribute("height", page.height);
        fit = { x: 0, y: 0, width: page.width, height: page.height };
        view = { ...fit };
        root.style.aspectRatio = `${page.width} / ${page.height}`;
      }
      show();
    },
    select(id, reveal) {
      selected = id;
      const line = page?.lines.find((one) => one.id === id);
      if (line && reveal && view) {
        const [a, b, c, d] = line.box;
        const dx = a < view.x || c - a > view.width ? a - view.x
          : Math.max(0, c - view.x - view.width);
        const dy = b < view.y ? b - view.y : Math.max(0, d - view.y - view.height);
        view = panned(view, dx, dy, fit);
        show();
      } else {
        draw();
      }
    },
    setMode(next) {
      mode = next;
      element.dataset.mode = next;
    },
    zoom(factor) {
      if (!view) return;
      const line = page.lines.find((one) => one.id === selected);
      const x = line ? (line.box[0] + line.box[2]) / 2 : view.x + view.width / 2;
      const y = line ? (line.box[1] + line.box[3]) / 2 : view.y + view.height / 2;
      view = factor ? zoomed(view, factor, x, y, fit) : { ...fit };
      show();
    },
    pan(dx, dy) {
      view = panned(view, dx * view.width, dy * view.height, fit);
      show();
    },
    middle: () => [view.x + view.width / 2, view.y + view.height / 2],
    factor: () => (view ? fit.width / view.width : 1),
  };
}
