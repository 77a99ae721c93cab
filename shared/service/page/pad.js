// The writing pad: strokes from any pointer, drawn dark on paper, as a picture for the service.

const PAPER = "#fffefa";
const INK = "#1c2430";
const SENT = 0.6; // Pixels sent per pixel of the canvas
const PEN = 7; // Pixels of the canvas, which is 1200 wide: a pen of about 0.7 mm on a hand's line

export class Pad {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.changed = changed;
    this.strokes = [];
    this.drawing = null;
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => this.end(event));
    }
    this.redraw();
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.canvas.width;
    const y = ((event.clientY - box.top) / box.height) * this.canvas.height;
    // A mouse has no pressure, and a finger's means nothing: both draw with the same pen
    const pressure = event.pointerType === "pen" && event.pressure ? event.pressure : 0.5;
    return { x, y, width: PEN * (0.6 + 0.8 * pressure) };
  }

  begin(event) {
    if (event.button !== 0 || this.drawing) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.drawing = { id: event.pointerId, points: [this.place(event)] };
    this.strokes.push(this.drawing.points);
    this.redraw();
  }

  move(event) {
    if (!this.drawing || this.drawing.id !== event.pointerId) return;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of events.length ? events : [event]) this.drawing.points.push(this.place(one));
    this.redraw();
  }

  end(event) {
    if (!this.drawing || this.drawing.id !== event.pointerId) return;
    this.drawing = null;
    this.tell();
  }

  undo() {
    this.strokes.pop();
    this.redraw();
    this.tell();
  }

  clear() {
    this.strokes = [];
    this.redraw();
    this.tell();
  }

  tell() {
    const count = this.strokes.length;
    const said = count === 0 ? "empty" : count === 1 ? "1 stroke" : `${count} strokes`;
    this.canvas.setAttribute("aria-label", `Writing pad, ${said}`);
    this.changed(count);
  }

  redraw(guide = true) {
    const { context, canvas } = this;
    context.fillStyle = PAPER;
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (guide) {
      context.strokeStyle = "#c8d3dd";
      context.lineWidth = 2;
      context.beginPath();
      context.moveTo(30, canvas.height * 0.64);
      context.lineTo(canvas.width - 30, canvas.height * 0.64);
      context.stroke();
    }
    context.strokeStyle = context.fillStyle = INK;
    context.lineCap = context.lineJoin = "round";
    for (const points of this.strokes) this.stroke(points);
  }

  stroke(points) {
    const { context } = this;
    if (points.length === 1) {
      context.beginPath();
      context.arc(points[0].x, points[0].y, points[0].width / 2, 0, 7);
      context.fill();
      return;
    }
    for (let k = 1; k < points.length; k += 1) {
      context.lineWidth = points[k].width;
      context.beginPath();
      context.moveTo(points[k - 1].x, points[k - 1].y);
      context.lineTo(points[k].x, points[k].y);
      context.stroke();
    }
  }

  // The picture without the guide, which is no ink, at the size that reading needs
  picture() {
    this.redraw(false);
    const small = document.createElement("canvas");
    small.width = this.canvas.width * SENT;
    small.height = this.canvas.height * SENT;
    const context = small.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(this.canvas, 0, 0, small.width, small.height);
    this.redraw();
    return new Promise((done) => small.toBlob(done, "image/png"));
  }
}
