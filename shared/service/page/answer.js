// What was read: boxes over the picture, and a list of lines that can be mended and kept.

import { element, strip, table } from "./alignment.js";

// Why a person should look; the service says it by these words
export const LOOK = {
  "unsure": "not sure enough",
  "no-text": "nothing was read here",
  "little-text": "too short to be sure of; is the picture upright?",
  "odd-width": "the text does not fit the ink; is the picture upright?",
  "turned": "it may be upside down",
  "no-handwriting": "it hardly looks like handwriting",
};

// Both answers, for a line and for a page, become lines with a box and characters on it
export function linesOf(answer, kind) {
  if (kind === "page") return answer.lines;
  const { width, height } = answer.image;
  const characters = answer.characters.map((one) => ({
    ...one, start: [one.start, height * 0.7], stop: [one.stop, height * 0.7],
  }));
  const corners = [[0, 0], [width, 0], [width, height], [0, height]];
  return [{ ...answer, id: "line-001", doubtful: false, box: [0, 0, width, height], polygon: corners, characters }];
}

export class AnswerView {
  constructor({ view, list, keep }) {
    this.view = view;
    this.list = list;
    this.keep = keep;
  }

  show(lines, picture, source) {
    this.lines = lines;
    this.picture = picture;
    this.source = source;
    this.boxes = [];
    this.items = [];
    this.view.replaceChildren(this.image(), this.overlay());
    this.list.replaceChildren(...lines.map((line, k) => this.item(line, k)));
    if (lines.length) this.choose(0);
  }

  image() {
    const image = document.createElement("img");
    image.src = this.source;
    image.alt = `Your picture, with ${this.lines.length} lines marked`;
    return image;
  }

  overlay() {
    const { width, height } = this.picture;
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    // Numbers as large as text on this screen, whatever the picture's own size
    const unit = width / Math.max(240, Math.min(700, this.view.clientWidth));
    this.lines.forEach((line, k) => {
      const review = line.decision === "review" ? " review" : "";
      const points = line.polygon.map((point) => point.join(",")).join(" ");
      const box = element("polygon", { class: `box${review}`, points });
      box.addEventListener("click", () => this.choose(k, true));
      this.boxes.push(box);
      svg.append(box);
      if (this.lines.length === 1) return; // The one line needs no number
      // Before the line, so that it hides no letter
      const x = Math.max(0, line.box[0] - (k > 8 ? 26 : 20) * unit);
      const y = Math.max(0, line.box[1]);
      const tag = element("g", { transform: `translate(${x} ${y}) scale(${unit})` });
      tag.append(element("rect", { class: `tag-ground${review}`, width: k > 8 ? 24 : 18, height: 18, rx: 3 }));
      tag.append(element("text", { class: "tag", x: 5, y: 14 }, String(k + 1)));
      svg.append(tag);
    });
    return svg;
  }

  item(line, k) {
    const item = document.createElement("li");
    const head = document.createElement("div");
    head.className = "line-head";
    const name = document.createElement("strong");
    name.textContent = `Line ${k + 1}`;
    const decision = document.createElement("span");
    decision.className = `decision ${line.decision}`;
    decision.textContent = line.decision === "accept" ? "✓ accepted" : `? please look: ${LOOK[line.reason]}`;
    head.append(name, decision);

    const edit = document.createElement("div");
    edit.className = "edit";
    const text = document.createElement("textarea"); // A long line shows whole, on several rows
    Object.assign(text, { rows: 1, value: line.text, spellcheck: false, autocomplete: "off", maxLength: 400 });
    text.setAttribute("aria-label", `Text of line ${k + 1}`);
    text.setAttribute("autocapitalize", "off");
    text.addEventListener("focus", () => this.choose(k));
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Keep";
    button.setAttribute("aria-label", `Keep line ${k + 1}`);
    const kept = document.createElement("span");
    kept.className = "kept";
    button.addEventListener("click", () => this.keep([k]));
    const unreadable = document.createElement("button");
    unreadable.type = "button";
    unreadable.textContent = "Unreadable";
    unreadable.setAttribute("aria-label", `Say that nobody can read line ${k + 1}`);
    unreadable.addEventListener("click", () => this.keep([k], true));
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.keep([k]);
    });
    text.addEventListener("input", () => {
      kept.textContent = "";
      if (text.value.includes("\n")) text.value = text.value.replace(/\s*\n\s*/g, " ");
    });
    edit.append(text, button, unreadable, kept);
    item.append(head, edit);
    item.addEventListener("click", () => this.choose(k));
    this.items.push({ item, text, kept, below: null });
    return item;
  }

  choose(k, focus = false) {
    if (this.chosen === k && this.items[k]?.below && !focus) return;
    this.chosen = k;
    this.items.forEach((one, index) => {
      one.item.classList.toggle("chosen", index === k);
      this.boxes[index].classList.toggle("chosen", index === k);
      one.below?.remove();
      one.below = null;
    });
    const one = this.items[k];
    if (this.lines[k].characters.length) {
      one.below = document.createElement("div");
      one.below.append(strip(this.lines[k], this.picture, this.source), table(this.lines[k]));
      one.item.append(one.below);
    }
    if (focus) one.text.focus();
  }

  text() {
    return this.items.map((one) => one.text.value).join("\n");
  }

  // What the service needs to keep line k
  correction(k, unreadable) {
    const line = this.lines[k];
    const [left, top, right, bottom] = line.box;
    const { width, height } = this.picture;
    const box = [Math.max(0, left), Math.max(0, top), Math.min(width, right), Math.min(height, bottom)];
    return {
      id: line.id, box, unreadable, proposal: line.text,
      text: unreadable ? null : this.items[k].text.value,
      confidence: line.confidence, baseline: line.baseline ?? null,
    };
  }

  markKept(numbers) {
    for (const k of numbers) this.items[k].kept.textContent = "✓ kept";
  }
}
