// What was read, in the editor of text over ink: lines that can be mended, and kept one by one.

import { strip, table } from "./alignment.js";
import { applied } from "./editor/edits.js";
import { makeEditor } from "./editor/editor.js";

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

// What is done in the editor stays on this page; undo ends at what was read
export class AnswerView {
  constructor({ holder, keep, refuse }) {
    Object.assign(this, { holder, keep, refuse });
  }

  show(lines, { width, height }, source) {
    this.editor?.close();
    this.source = source;
    this.size = { width, height };
    this.read = new Map(lines.map((line) => [line.id, line]));
    this.kept = new Map(); // By id, what was sent
    const proposed = lines.map((line) => ({ ...line, status: "proposed", proposal: line.text,
      text: line.text || null, baseline: line.baseline ?? null, sure: line.decision === "accept" }));
    const page = { ...this.size, image: "picture", title: "Your picture", lines: proposed };
    Object.assign(this, { states: [page], undone: [], group: null, below: null });
    this.editor = makeEditor({
      label: "What was read",
      accepting: "Keep",
      page: () => this.states.at(-1),
      push: (action) => this.push(action),
      undo: () => this.turn(this.states, this.undone, 1),
      redo: () => this.turn(this.undone, this.states, 0),
      flush: () => {},
      can: () => ({ undo: this.states.length > 1, redo: this.undone.length > 0 }),
      waiting: () => false,
      told: (line) => this.told(line),
      acceptable: (line) => !this.isKept(line),
      settled: (id) => this.keep([id]),
      below: (line) => this.alignment(line),
    });
    this.holder.replaceChildren(this.editor.element);
    this.editor.setImage(source);
    if (lines.length) this.editor.choose(lines[0].id);
  }

  get lines() { return this.states.at(-1).lines; }

  push(action) {
    if (action.do === "delete" && this.kept.has(action.line)) {
      this.refuse(new Error("This line is kept already; call it unreadable instead."));
      return;
    }
    const next = applied(this.states.at(-1), action);
    if (action.group && action.group === this.group) this.states.pop(); // One text, typed on
    this.states.push(next);
    this.group = action.group;
    this.undone = [];
    this.editor.refresh();
  }

  turn(from, to, least) {
    if (from.length <= least) return;
    to.push(from.pop());
    this.group = null;
    this.editor.refresh();
  }

  told(line) {
    const read = this.read.get(line.id);
    if (this.isKept(line)) return line.status === "unreadable" ? "kept as unreadable" : "kept";
    if (line.status !== "proposed") return `${line.status === "labeled" ? "yours" : "unreadable"}, not kept`;
    if (!read) return "to type";
    return read.decision === "accept" ? "accepted" : `please look: ${LOOK[read.reason]}`;
  }

  isKept(line) {
    const { text, unreadable, box } = this.correction(line);
    return this.kept.get(line.id) === JSON.stringify([text, unreadable, box]);
  }

  // Where the characters were seen; the same node as long as the same line is chosen
  alignment({ id }) {
    const read = this.read.get(id);
    if (!read?.characters.length) return null;
    if (this.below?.dataset.line !== id) {
      this.below = document.createElement("div");
      this.below.className = "hwl-below";
      this.below.dataset.line = id;
      this.below.append(strip(read, this.size, this.source), table(read));
    }
    return this.below;
  }

  text() { return this.lines.map((line) => line.text ?? "").join("\n"); }

  // What the service needs to keep a line
  correction(line) {
    const [left, top, right, bottom] = line.box;
    const { width, height } = this.size;
    const box = [Math.max(0, left), Math.max(0, top), Math.min(width, right), Math.min(height, bottom)];
    return { id: line.id, box, unreadable: line.status === "unreadable", text: line.text,
      proposal: line.proposal, confidence: line.confidence, baseline: line.baseline };
  }

  // Of the lines with these ids, those that say something new
  corrections(ids) {
    const some = this.lines.filter((line) => ids.includes(line.id) && !this.isKept(line));
    const said = some.filter((line) => line.text || line.status === "unreadable");
    return said.map((line) => this.correction(line));
  }

  markKept(sent) {
    for (const { id, text, unreadable, box } of sent) {
      this.kept.set(id, JSON.stringify([text, unreadable, box]));
    }
    this.editor.refresh();
  }
}
