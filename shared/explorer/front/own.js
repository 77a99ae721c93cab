// A line of one's own: typed, drawn or from a picture, read by the small reader in this page.

const ZOOM = 4; // How much larger than the reader sees it a line is shown
const GUIDES = { baseline: 115, xHeight: 50 }; // On the paper, in its pixels
const OWN = `
<p>Type, draw, or choose a picture: the small network of the labs reads it here, and nothing leaves this page.</p>
<form class="ctcx-tools"><label>Type <input name="typed" type="text" size="22" maxlength="40" spellcheck="false" autocomplete="off" autocapitalize="off"></label>
<button type="submit">Write it</button>
<label>Picture of one line <input name="picture" type="file" accept="image/*"></label></form>
<canvas class="ctcx-paper" width="1000" height="170" role="img" aria-label="Paper to draw a word on; with the keyboard, type it above"></canvas>
<p><button type="button" name="stroke">Undo stroke</button> <button type="button" name="wipe">Clear</button>
<span class="ctcx-told" role="status">Small letters go between the lines, with mouse, finger or pen. A hand of our own writes what you type, without joining its letters.</span></p>`;

// `take` is given each line that was read; returns what writes and reads a typed text
function ownLine(holder, { reader: packed, hand }, take) {
  const reader = unpackReader(packed);
  holder.innerHTML = OWN;
  const one = (selector) => holder.querySelector(selector);
  const paper = one("canvas");
  const context = paper.getContext("2d");
  let strokes = [];
  let drawing = null;
  let pointer = 0; // That draws; another finger or the palm must not
  let waiting = null;
  const tell = (text) => setText(one(".ctcx-told"), text);

  function read(line, large, typed) {
    const logits = readLine(reader, line.ink, line.width);
    const text = collapse(logits.map(argmax)).map((k) => packed.characters[k - 1]).join("");
    tell(`The reader makes “${text}” of it.`);
    take({ characters: packed.characters, logits, target: typed ?? text, typed: typed ?? "", local: typed === undefined, ...large });
  }

  // A picture of ink on paper, as the explorer shows it
  function pictureOf(ink, width) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = ink.length / width;
    const pixels = new ImageData(width, canvas.height);
    ink.forEach((v, i) => pixels.data.set([255 - v, 255 - v, 255 - v, 255], 4 * i));
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    return { image: canvas.toDataURL("image/png").split(",")[1], imageSize: [width, canvas.height] };
  }

  const readStrokes = (line, typed) => read({ ink: drawStrokes(line), width: line.width }, pictureOf(drawStrokes(line, ZOOM), ZOOM * line.width), typed);

  function write(text) {
    const unknown = [...text].find((c) => c !== " " && !hand.glyphs[c]);
    if (unknown !== undefined) tell(`The hand cannot write “${unknown}”; it knows the letters, digits and signs of English.`);
    else if (!text.trim()) tell("Type at least one letter.");
    else readStrokes(writeText(text, hand), text);
    return unknown === undefined && text.trim() !== "";
  }

  function show() {
    context.clearRect(0, 0, paper.width, paper.height);
    Object.assign(context, { lineCap: "round", lineJoin: "round", lineWidth: 1.5, strokeStyle: "#66788a" });
    for (const y of [GUIDES.baseline, GUIDES.baseline - GUIDES.xHeight]) context.strokeRect(20, y, paper.width - 40, 0);
    Object.assign(context, { lineWidth: 6, strokeStyle: getComputedStyle(paper).color });
    for (const points of [...strokes, ...(drawing ? [drawing] : [])]) {
      context.beginPath();
      context.moveTo(...points[0]);
      points.forEach((point) => context.lineTo(...point));
      context.stroke();
    }
  }

  const place = (event) => {
    const bounds = paper.getBoundingClientRect();
    return [((event.clientX - bounds.left) * paper.width) / bounds.width, ((event.clientY - bounds.top) * paper.height) / bounds.height];
  };
  paper.addEventListener("pointerdown", (event) => {
    if (drawing || event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    clearTimeout(waiting);
    paper.setPointerCapture(event.pointerId);
    drawing = [place(event)];
    pointer = event.pointerId;
    show();
  });
  paper.addEventListener("pointermove", (event) => {
    if (!drawing || event.pointerId !== pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    drawing.push(...(passed.length ? passed : [event]).map(place));
    show();
  });
  const changed = () => {
    show();
    clearTimeout(waiting); // Read in a pause, not between two strokes of a letter
    if (strokes.length) waiting = setTimeout(() => readStrokes(placeStrokes(strokes, GUIDES)), 700);
  };
  for (const kind of ["pointerup", "pointercancel"]) {
    paper.addEventListener(kind, (event) => {
      if (!drawing || event.pointerId !== pointer) return;
      strokes = [...strokes, drawing];
      drawing = null;
      changed();
    });
  }
  one('[name="stroke"]').addEventListener("click", () => { strokes = strokes.slice(0, -1); changed(); });
  one('[name="wipe"]').addEventListener("click", () => { strokes = []; changed(); });
  one("form").addEventListener("submit", (event) => { event.preventDefault(); write(one('[name="typed"]').value); });

  async function readPicture(file) {
    const bitmap = await createImageBitmap(file).catch(() => null);
    if (!bitmap) { tell("This file is no picture that the browser can open; choose a JPEG or PNG."); return; }
    const scale = Math.min(1, 160 / bitmap.height, 2400 / bitmap.width);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height].map((n) => Math.max(1, Math.round(n * scale)));
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const gray = Uint8Array.from({ length: data.length / 4 }, (_, i) => 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]);
    const line = prepareGray(gray, canvas.width);
    if (line) read(line, pictureOf(line.ink, line.width));
    else tell("No line was found: the picture must hold one level line, evenly lit, and little else.");
  }
  one('[name="picture"]').addEventListener("change", (event) => { if (event.target.files[0]) readPicture(event.target.files[0]); });
  holder.addEventListener("dragover", (event) => event.preventDefault());
  holder.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) readPicture(event.dataTransfer.files[0]);
  });
  show();
  return write;
}
