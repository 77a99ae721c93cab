// The page: from a drawing or a picture to an answer.

import { AnswerView, linesOf } from "./answer.js";
import { health, keep, read, smaller } from "./asking.js";
import { Pad } from "./pad.js";

const find = (id) => document.getElementById(id);
const [status, problem, result] = ["status", "problem", "result"].map(find);
let current = null; // What was read last
let busy = false;

const answer = new AnswerView({ holder: find("editor"), keep: keepLines, refuse });
const pad = new Pad(find("pad"), (count) => {
  for (const id of ["undo", "clear", "read-drawing"]) find(id).disabled = count === 0;
});

function refuse(error) {
  problem.textContent = error.message;
  problem.hidden = false;
}

async function show(picture, kind) {
  if (busy) return;
  busy = true;
  problem.hidden = true;
  status.textContent = "Reading …";
  document.body.classList.add("busy");
  try {
    const sent = await smaller(picture);
    const said = await read(kind, sent);
    if (current) URL.revokeObjectURL(current.source);
    current = { picture: sent, source: URL.createObjectURL(sent) };
    const lines = linesOf(said, kind);
    result.hidden = lines.length === 0;
    answer.show(lines, said.image, current.source);
    status.textContent = summary(lines, said);
    find("promise").textContent = promise(said.model);
    if (lines.length && matchMedia("(max-width: 62rem)").matches) {
      find("answer").scrollIntoView({ block: "start" });
    }
  } catch (error) {
    status.textContent = "Nothing was read.";
    result.hidden = true;
    refuse(error);
  } finally {
    busy = false;
    document.body.classList.remove("busy");
  }
}

// What accepting promises; it says nothing of a line as a whole
function promise({ promises: [first] }) {
  if (!first) return "accepted";
  const said = `at most ${Math.round(1000 * first.at_most) / 10} of 100 characters are wrong`;
  if (first.threshold === null) return `accepted: no line, because this reader cannot promise that ${said}`;
  return `accepted (as ${Math.round(100 * first.coverage)} of 100 real lines were): in all such lines together ${said}, if the writing is like that`;
}

function summary(lines, { milliseconds, detail }) {
  if (!lines.length) return `No line of handwriting was found. ${detail}`;
  const review = lines.filter((line) => line.decision === "review").length;
  const count = lines.length === 1 ? "1 line" : `${lines.length} lines`;
  const some = lines.length === 1 ? "please look at it" : `${review} should be looked at`;
  const look = review === 0 ? "accepted" : some;
  return `${count} read in ${Math.round(milliseconds)} ms; ${look}. ${detail ?? ""}`.trimEnd();
}

async function keepLines(ids) {
  problem.hidden = true;
  const sent = answer.corrections(ids);
  if (!sent.length) return;
  try {
    const said = await keep(current.picture, sent);
    answer.markKept(sent);
    const lines = said.lines === 1 ? "1 line" : `${said.lines} lines`;
    const earlier = said.replaced === 1 ? "an earlier text" : `${said.replaced} earlier texts`;
    const replaced = said.replaced ? ` It replaces ${earlier}, which the collection keeps aside.` : "";
    status.textContent = `Kept: the collection now has ${lines} of this picture with a text.${replaced}`;
  } catch (error) {
    refuse(error);
  }
}

function openTab(name, focus) {
  for (const one of ["draw", "picture"]) {
    const open = one === name;
    find(one).hidden = !open;
    const tab = find(`tab-${one}`);
    tab.setAttribute("aria-selected", String(open));
    tab.tabIndex = open ? 0 : -1;
    if (open && focus) tab.focus();
  }
}

for (const name of ["draw", "picture"]) {
  find(`tab-${name}`).addEventListener("click", () => openTab(name));
  find(`tab-${name}`).addEventListener("keydown", (event) => {
    const other = name === "draw" ? "picture" : "draw";
    if (["ArrowLeft", "ArrowRight"].includes(event.key)) openTab(other, true);
  });
}

const kind = () => document.querySelector("input[name=kind]:checked").value;
find("read-drawing").addEventListener("click", async () => show(await pad.picture(), "line"));
find("undo").addEventListener("click", () => pad.undo());
find("clear").addEventListener("click", () => pad.clear());
for (const id of ["file", "camera"]) {
  find(id).addEventListener("change", (event) => {
    const [picture] = event.target.files;
    event.target.value = ""; // The same file may be chosen again
    if (picture) show(picture, kind());
  });
}

const drop = find("drop");
function given(list) {
  const picture = [...(list?.files ?? [])].find((one) => one.type.startsWith("image/"));
  if (!picture) return refuse({ message: "That is no picture; give a PNG or JPEG file." });
  openTab("picture");
  return show(picture, kind());
}
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
    if (event.dataTransfer?.types.includes("Files")) openTab("picture");
  });
}
for (const name of ["dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (name === "drop") given(event.dataTransfer);
  });
}
document.addEventListener("paste", (event) => {
  if (event.clipboardData?.files.length) given(event.clipboardData);
});

find("keep-all").addEventListener("click", () => keepLines(answer.lines.map((line) => line.id)));
find("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(answer.text());
    status.textContent = "The text is on the clipboard.";
  } catch {
    refuse({ message: "This browser does not allow copying here; select the text instead." });
  }
});

health()
  .then((said) => (find("model").textContent = `Model ${said.model.version}.`))
  .catch((error) => refuse(error));
