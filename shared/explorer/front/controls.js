// The form: a field for everything a pointer can do, and for all options.

const FORM = `
<div class="ctcx-row">
  <label>Target <input name="target" type="text" size="20" spellcheck="false" autocomplete="off"></label>
  <label>View <select name="view"></select></label>
  <label>Lattice <select name="quantity">
    <option value="posterior">posterior</option><option value="alpha">α forward</option>
    <option value="beta">β backward</option></select></label>
  <label>Width <select name="frame_width">
    <option value="">fit page</option><option value="18">18 px</option>
    <option value="28">28 px</option><option value="44">44 px</option></select></label>
  <button type="button" name="reset">Reset</button>
  <button type="button" name="table" aria-expanded="false">Numbers</button>
</div>
<div class="ctcx-row">
  <label>Blank bias <input name="blank_bias" type="range" min="-8" max="8" step="0.1">
    <output name="blank_bias_out"></output></label>
  <label>Temperature <input name="temperature" type="range" min="-2" max="2" step="0.05">
    <output name="temperature_out"></output></label>
  <span class="ctcx-group" role="group" aria-label="Collapse, step by step">
    <label>Collapse <select name="stage"><option value="0">best path</option>
      <option value="1">1 merge</option><option value="2">2 drop</option>
      <option value="3">text</option></select></label>
    <button type="button" name="play">Play steps</button></span>
  <label>Colors <select name="scale"><option>linear</option><option>log</option></select></label>
</div>
<div class="ctcx-row">
  <label>Frame <input name="t" type="number" min="0" step="1"></label>
  <label>Symbol <select name="row"></select></label>
  <label>Logit <input name="logit" type="number" step="0.25"></label>
  <label>State <input name="s" type="number" min="0" step="1"></label>
  <span class="ctcx-group" role="group" aria-label="Gradient descent on the logits">
    <label>Rate <input name="rate" type="number" min="0.05" max="50" step="0.05" value="1"></label>
    <button type="button" name="sgd">One SGD step</button>
    <span class="ctcx-loss" name="loss"></span></span>
</div>`;

const VIEWS = ["all", "emissions", "greedy", "lattice", "gradient", "replay"];

function makeControls(root, hooks) {
  const form = document.createElement("form");
  form.className = "ctcx-form";
  form.innerHTML = FORM;
  form.addEventListener("submit", (event) => event.preventDefault());
  root.append(form);
  const field = (name) => form.querySelector(`[name="${name}"]`);
  const listen = (name, kind, action) => field(name).addEventListener(kind, action);
  listen("target", "input", () => hooks.send({ target: field("target").value }));
  listen("view", "change", () => hooks.send({ view: field("view").value }));
  for (const name of ["quantity", "scale"]) {
    listen(name, "change", () => hooks.send({ options: { [name]: field(name).value } }));
  }
  listen("frame_width", "change", () => {
    const value = field("frame_width").value;
    hooks.send({ options: { frame_width: value ? Number(value) : null } });
  });
  listen("blank_bias", "input", () => {
    const value = Number(field("blank_bias").value);
    field("blank_bias_out").textContent = nats(value);
    hooks.send({ options: { blank_bias: value } });
  });
  listen("temperature", "input", () => {
    const value = Number((2 ** Number(field("temperature").value)).toPrecision(3));
    field("temperature_out").textContent = value;
    hooks.send({ options: { temperature: value } });
  });
  listen("stage", "change", () => hooks.stage(Number(field("stage").value)));
  listen("play", "click", () => hooks.play());
  for (const name of ["t", "s", "row"]) {
    listen(name, "change", () => hooks.pick(name, Number(field(name).value)));
  }
  listen("logit", "change", () => hooks.edit(Number(field("logit").value)));
  listen("sgd", "click", () => hooks.send({ steps: 1, rate: Number(field("rate").value) }));
  listen("reset", "click", () => hooks.send({ reset: true }));
  listen("table", "click", () => hooks.table());

  // Show the state of a scene, without disturbing the field one is typing in
  const put = (name, value) => {
    const one = field(name);
    if (form.getRootNode().activeElement !== one && one.value !== String(value)) one.value = value;
  };
  function show(scene, at, values, stage) {
    const views = VIEWS.filter((view) => view !== "replay" || scene.has_replay);
    if (field("view").options.length !== views.length) {
      field("view").innerHTML = views.map((view) => `<option>${view}</option>`).join("");
    }
    put("target", scene.target);
    put("view", scene.view);
    for (const name of ["quantity", "scale", "blank_bias"]) put(name, scene.options[name]);
    put("frame_width", scene.options.frame_width ?? "");
    put("temperature", Math.round(20 * Math.log2(scene.options.temperature)) / 20);
    put("stage", stage);
    field("blank_bias_out").textContent = nats(scene.options.blank_bias);
    field("temperature_out").textContent = scene.options.temperature;
    const rows = scene.names.map((name, i) => `<option value="${i}">${escaped(name)}</option>`);
    if (field("row").dataset.names !== scene.names.join()) {
      field("row").innerHTML = rows.join("");
      field("row").dataset.names = scene.names.join();
    }
    const frames = values.cols - 1;
    field("t").max = frames;
    field("s").max = scene.states.length - 1;
    field("loss").textContent =
      scene.loss === null ? "loss ∞" : `loss ${Number(scene.loss.toPrecision(4))} nats`;
    field("sgd").disabled = scene.loss === null;
    point(scene, at, values);
  }
  function point(scene, at, values) {
    put("t", at.t);
    put("s", at.s);
    put("row", at.row);
    const logit = at.row < 0 ? NaN : values.at("logit", at.row, at.t);
    field("logit").disabled = Number.isNaN(logit);
    put("logit", Number.isNaN(logit) ? "" : Number(logit.toFixed(3)));
  }
  return { show, point, form };
}

// At most 15 messages a second, one in flight, the last value of each kind wins
function makeSender(model) {
  const GAP = 1000 / 15;
  let pending = null;
  let waiting = 0; // Time of the message without an answer, 0 when there is none
  let last = 0;
  let timer = null;
  const flush = () => {
    timer = null;
    if (!pending) return;
    const now = performance.now();
    const answered = !waiting || now - waiting > 3000;
    if (!answered || now - last < GAP) {
      timer = setTimeout(flush, answered ? GAP - (now - last) : 30);
      return;
    }
    const { edits, ...rest } = pending;
    pending = null;
    waiting = last = now;
    model.send({ kind: "change", change: { ...rest, edits: Object.values(edits ?? {}) } });
  };
  return {
    push(change) {
      const before = pending ?? {};
      const merged = { ...before, ...change };
      if (change.options) merged.options = { ...before.options, ...change.options };
      if (change.edits) {
        merged.edits = { ...before.edits };
        for (const edit of change.edits) merged.edits[`${edit[0]},${edit[1]}`] = edit;
      }
      if (change.steps) merged.steps = (before.steps ?? 0) + change.steps;
      pending = merged;
      if (timer === null) flush();
    },
    answered() {
      waiting = 0;
      if (pending && timer === null) flush();
    },
  };
}
