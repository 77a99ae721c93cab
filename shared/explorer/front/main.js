// The widget: keeps the selection, draws what the kernel sends, sends what is changed.

function makeReplay(root, model, hooks) {
  const box = document.createElement("div");
  box.className = "ctcx-replay";
  box.innerHTML =
    '<div class="ctcx-row"><label>Snapshot <input type="range" min="0" step="1"></label>' +
    '<output></output><button type="button" name="run">Play training</button>' +
    '<button type="button" name="use">Explore these logits</button></div>' +
    '<div class="ctcx-scroll"><div class="ctcx-picture"></div></div>';
  root.append(box);
  const slider = box.querySelector("input");
  const picture = box.querySelector(".ctcx-picture");
  let timer = null;
  let received = "";
  let scene = {};
  const draw = () => {
    const frame = Number(slider.value);
    box.querySelector("output").textContent = `update ${scene.updates[frame]}`;
    slider.setAttribute("aria-valuetext", `update ${scene.updates[frame]}`);
    picture.innerHTML = hooks.own(toSvg(scene, hooks.theme(), 3, frame, false), "replay");
  };
  const stop = () => { clearInterval(timer); timer = null; };
  slider.addEventListener("input", draw);
  box.querySelector('[name="run"]').addEventListener("click", () => {
    if (timer) return stop();
    const last = Number(slider.max);
    if (Number(slider.value) >= last) slider.value = 0;
    draw();
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      draw();
      if (Number(slider.value) >= last) stop();
    }, matchMedia("(prefers-reduced-motion: reduce)").matches ? 1500 : 600);
  });
  box.querySelector('[name="use"]').addEventListener("click", () =>
    hooks.send({ snapshot: Number(slider.value), view: "all" }));
  return {
    stop,
    async show(view) {
      const fresh = model.get("replay") !== received;
      if (fresh) {
        received = model.get("replay");
        scene = JSON.parse(received);
      }
      box.hidden = !scene.marks || !["all", "replay"].includes(view);
      if (box.hidden) return stop();
      if (fresh) {
        slider.max = scene.updates.length - 1;
        slider.value = scene.options.snapshot;
        await decodePictures(scene);
      }
      draw();
    },
  };
}

const SMALLEST = 0.75; // Smaller letters cannot be read; then the picture is scrolled

// The picture before the widget says the same; it stays for those without a live kernel
function hideTwin(el) {
  let node = el;
  while (node && node !== document.body && !node.matches(".jp-OutputArea, .jp-Cell")) {
    const before = node.previousElementSibling;
    const twin = before?.matches?.("img, svg") ? before : before?.querySelector?.("img, svg");
    if (twin) {
      before.style.display = "none";
      return () => { before.style.display = ""; };
    }
    node = node.parentElement;
  }
  return null;
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "ctcx";
  root.dataset.lmSuppressShortcuts = "true"; // Jupyter's own keys stay out of the figure
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);
  let scene = JSON.parse(model.get("scene"));
  let values = unpack(scene);
  let at = { t: scene.select[0], s: scene.select[1], row: 0 };
  let hovered = null;
  let stage = scene.options.stage;
  let playing = null;
  const theme = () => model.get("themes")[themeName()];
  const mine = `ctc-hatch-${model.model_id ?? Math.random().toString(36).slice(2)}`;
  // A pattern of a hidden picture cannot be drawn with, so each picture has its own
  const own = (svg, part) => svg.replaceAll("ctc-hatch", `${mine}-${part}`);
  const sender = makeSender(model);
  const send = (change) => sender.push({ select: [at.t, at.s], ...change });

  const controls = makeControls(root, {
    send, stage: setStage, play, edit,
    pick(name, value) {
      if (name === "s") select("lattice", at.t, value);
      else if (name === "row") select("emissions", at.t, value);
      else select("", value, 0);
    },
    table() { tables.hidden = !tables.hidden; showTable(); },
  });
  const parts = document.createElement("div");
  parts.innerHTML =
    '<p class="ctcx-error" role="alert" hidden></p>' +
    '<div class="ctcx-scroll"><div class="ctcx-stage"><div class="ctcx-picture"></div>' +
    '<svg class="ctcx-overlay" aria-hidden="true"></svg><div class="ctcx-zones"></div>' +
    '<div class="ctcx-gutter" aria-hidden="true" hidden></div>' +
    '<div class="ctcx-tip" hidden></div></div></div>' +
    '<p class="ctcx-live" aria-live="polite"></p>' +
    '<div class="ctcx-tables" hidden><label>Table <select></select></label><div></div></div>';
  root.append(...parts.children);
  const one = (name) => root.querySelector(name);
  const [error, picture, overlay] = [".ctcx-error", ".ctcx-picture", ".ctcx-overlay"].map(one);
  const [zones, tip, live, tables, gutter, scroll] = [
    ".ctcx-zones", ".ctcx-tip", ".ctcx-live", ".ctcx-tables", ".ctcx-gutter", ".ctcx-scroll",
  ].map(one);
  scroll.addEventListener("scroll", placeGutter);
  tables.querySelector("select").innerHTML = Object.entries(TABLES)
    .map(([name, [title]]) => `<option value="${name}">${title}</option>`).join("");
  tables.querySelector("select").addEventListener("change", showTable);
  const replay = makeReplay(root, model, { theme, send, own });

  function showTable() {
    root.querySelector('[name="table"]').setAttribute("aria-expanded", String(!tables.hidden));
    if (tables.hidden) return;
    const name = tables.querySelector("select").value;
    tables.querySelector("div").innerHTML = numberTable(scene, values, name);
  }
  function drawOverlay() {
    const here = hovered ?? at;
    const marks = [
      ...overlayMarks(scene, values, here, !hovered),
      ...explanationMarks(scene, values, here),
    ];
    overlay.innerHTML = drawMarks(marks, theme(), 3, 0, true).join("");
  }
  function select(kind, t, index) {
    const inside = (v, count) => Math.min(Math.max(Math.round(v) || 0, 0), count - 1);
    const count = LATTICE.includes(kind) ? scene.states.length : scene.rows.length;
    at = placed(scene, values, kind, inside(t, values.cols), inside(index, count), at);
    hovered = null;
    drawOverlay();
    keepInSight();
    controls.point(scene, at, values);
    live.textContent = spoken(scene, values, at, kind);
    const lens = scene.panels.some((panel) => panel.kind === "overview");
    if (lens) send({}); // Only the lens has to be drawn anew around the selection
  }
  const logit = () => (at.row < 0 ? NaN : values.at("logit", at.row, at.t));
  function edit(value, event) {
    if (Number.isNaN(logit()) || !Number.isFinite(value)) {
      live.textContent = "the other symbols share this row and have no single logit";
      return;
    }
    const rounded = Math.round(value * 100) / 100;
    const before = values.at("p", at.row, at.t);
    const factor = Math.exp((rounded - logit()) / scene.options.temperature);
    const after = (before * factor) / (1 - before + before * factor);
    const text = `logit ${nats(rounded)} · p ${after.toFixed(3)}`;
    live.textContent = text;
    if (event) showTip(text, event);
    send({ edits: [[at.t, scene.rows[at.row], rounded]] });
  }
  function showTip(text, event) {
    const box = one(".ctcx-stage").getBoundingClientRect();
    tip.hidden = false;
    tip.textContent = text;
    const left = event.clientX - box.left + 14;
    tip.style.left = `${Math.max(0, Math.min(left / zoom, scene.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${(event.clientY - box.top) / zoom + 18}px`;
  }
  const hooks = {
    select, logit, edit,
    hover(kind, t, index, event) {
      hovered = placed(scene, values, kind, t, index, at);
      drawOverlay();
      const node = LATTICE.includes(kind) && scene.loss !== null;
      showTip(
        node ? explainNode(scene, values, t, index)[0]
          : HEAT.includes(kind) ? explainCell(scene, values, t, index) : `frame ${t}`, event);
    },
    leave() { hovered = null; tip.hidden = true; drawOverlay(); },
    key(kind, event) {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      const index = LATTICE.includes(kind) ? at.s : at.row;
      if (moves[event.key]) {
        const [dt, di] = moves[event.key];
        select(kind, at.t + dt, index + di);
      } else if (event.key === "Home") select(kind, 0, index);
      else if (event.key === "End") select(kind, values.cols - 1, index);
      else if (event.key === "Enter") select(kind, at.t, index);
      else if (["+", "="].includes(event.key)) edit(nextLogit(KEY_STEP));
      else if (["-", "−"].includes(event.key)) edit(nextLogit(-KEY_STEP));
      else if (event.key === "Escape") send({ reset: true });
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
  // Several key presses before the kernel answers add up
  let typed = null;
  function nextLogit(change) {
    const key = `${at.t},${at.row}`;
    typed = { key, value: (typed?.key === key ? typed.value : logit()) + change };
    return typed.value;
  }
  function setStage(value) {
    stage = value;
    controls.show(scene, at, values, stage);
    drawPicture();
  }
  function play() {
    clearInterval(playing);
    setStage(0);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    playing = setInterval(() => {
      if (stage >= 3) clearInterval(playing);
      else setStage(stage + 1);
    }, still ? 2000 : 1100);
  }
  // Row names stay in sight when a wide picture is scrolled
  function drawGutter() {
    const edge = scene.panels[0]?.x ?? 0;
    const names = scene.marks.filter((mark) => mark.at?.[0] < edge - 4 && !mark.overlay);
    const narrow = { ...scene, width: edge - 4, marks: names };
    gutter.innerHTML = own(toSvg(narrow, theme(), stage, 0, false), "gutter");
    placeGutter();
  }
  function placeGutter() {
    gutter.hidden = scroll.scrollLeft < 2;
    gutter.style.left = `${scroll.scrollLeft}px`;
  }
  function keepInSight() {
    const panel = scene.panels.find((one) => one.cols === scene.frames);
    if (!panel || scene.width <= scroll.clientWidth) return;
    const x = panel.x + at.t * panel.dx;
    const [low, high] = [scroll.scrollLeft + panel.x, scroll.scrollLeft + scroll.clientWidth];
    if (x < low + panel.dx || x > high - 3 * panel.dx) {
      scroll.scrollLeft = x - scroll.clientWidth / 2;
    }
  }
  function drawPicture() {
    picture.innerHTML = own(toSvg(scene, theme(), stage, scene.options.snapshot, false), "main");
    drawGutter();
  }
  // Fit page: the kernel lays out for the width that is there; what stays too wide is shrunk
  let zoom = 1;
  let offered = 0;
  function fit() {
    const room = scroll.clientWidth;
    if (!room) return;
    const fits = scene.options.frame_width === null;
    zoom = fits ? Math.min(1, Math.max(SMALLEST, room / scene.width)) : 1;
    one(".ctcx-stage").style.zoom = zoom;
    if (fits && Math.abs(room - offered) > 8) {
      offered = room;
      send({ options: { page_width: room } });
    }
  }
  const resized = new ResizeObserver(() => fit());
  let laidOut = "";
  function layOut() {
    const shape = JSON.stringify([scene.panels, scene.width, scene.height]);
    if (shape === laidOut) return;
    laidOut = shape;
    const focused = zones.contains(document.activeElement) && document.activeElement.dataset.kind;
    const stageBox = one(".ctcx-stage");
    stageBox.style.width = `${scene.width}px`;
    stageBox.style.height = `${scene.height}px`;
    overlay.setAttribute("viewBox", `0 0 ${scene.width} ${scene.height}`);
    const usable = scene.panels.filter((panel) => panel.kind !== "curves");
    zones.replaceChildren(...usable.map((panel) => makeZone(panel, hooks)));
    if (focused) zones.querySelector(`[data-kind="${focused}"]`)?.focus();
  }
  async function update() {
    const text = model.get("scene");
    const next = JSON.parse(text);
    await decodePictures(next);
    if (text !== model.get("scene")) return; // A newer one is on its way
    const sameStates = next.states.join() === scene.states.join();
    scene = next;
    values = unpack(scene);
    if (!sameStates || model.get("moved")) at = { ...at, t: scene.select[0], s: scene.select[1] };
    at.t = Math.min(at.t, values.cols - 1);
    at.s = Math.min(at.s, scene.states.length - 1);
    if (!sameStates || at.row >= scene.rows.length) at.row = scene.rows.indexOf(scene.states[at.s]);
    typed = null;
    hovered = null;
    root.dataset.theme = themeName();
    const only = scene.view === "replay";
    scroll.hidden = only;
    if (!only) {
      drawPicture();
      layOut();
      fit();
      drawOverlay();
    }
    controls.show(scene, at, values, stage);
    showTable();
    replay.show(scene.view);
    root.dataset.seq = model.get("seq"); // Marks, for tests, what is on the screen
  }
  function answer() {
    const said = model.get("error");
    error.hidden = !said;
    error.textContent = said;
    update();
    sender.answered();
  }
  at.row = scene.rows.indexOf(scene.states[at.s]);
  model.on("change:seq", answer);
  answer();
  resized.observe(root);
  const observer = new MutationObserver(() => update());
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
  let showTwin = hideTwin(el);
  const later = setTimeout(() => { showTwin ??= hideTwin(el); }, 300);
  return () => {
    clearTimeout(later);
    clearInterval(playing);
    replay.stop();
    observer.disconnect();
    resized.disconnect();
    model.off("change:seq", answer);
    showTwin?.();
  };
}

export default { render };
