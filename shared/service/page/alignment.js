// Where the network saw each character: the line's picture, enlarged, with its text below.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 84; // Of the picture in the strip
const BELOW = 34; // Room for marks and letters
const WIDEST = 2400;

export function element(name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

// A picture of one line with a mark and a letter for each character
export function strip(line, picture, source) {
  const [left, top, right, bottom] = line.box;
  const scale = Math.min(HEIGHT / Math.max(1, bottom - top), WIDEST / Math.max(1, right - left));
  const width = (right - left) * scale;
  const height = (bottom - top) * scale;
  const holder = document.createElement("div");
  holder.className = "strip";
  holder.tabIndex = 0;
  holder.setAttribute("role", "img");
  holder.setAttribute("aria-label", described(line));
  const svg = element("svg", { width, height: height + BELOW, viewBox: `0 0 ${width} ${height + BELOW}` });
  const part = element("svg", {
    width, height, viewBox: `${left} ${top} ${right - left} ${bottom - top}`,
    preserveAspectRatio: "none",
  });
  part.append(element("image", { href: source, width: picture.width, height: picture.height }));
  svg.append(part);
  line.characters.forEach((one, k) => {
    const from = (one.start[0] - left) * scale;
    const to = Math.max(from + 2, (one.stop[0] - left) * scale);
    const middle = (from + to) / 2;
    svg.append(
      element("rect", { class: k % 2 ? "mark odd" : "mark", x: from, y: height + 2, width: to - from, height: 4 }),
    );
    const unsure = one.probability < 0.8 ? " unsure" : "";
    const shown = one.character === " " ? "␣" : one.character;
    svg.append(element("text", { class: `letter${unsure}`, x: middle, y: height + 24 }, shown));
  });
  holder.append(svg);
  return holder;
}

function described(line) {
  const unsure = line.characters.filter((one) => one.probability < 0.8).map((one) => one.character);
  const doubt = unsure.length ? `; unsure of ${unsure.join(" ")}` : "";
  return `The line enlarged, with ${line.characters.length} characters below the places where they were seen${doubt}`;
}

// The same as a table, for those who do not see the picture
export function table(line) {
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = "Characters as a table";
  const wide = document.createElement("div");
  wide.className = "wide";
  const made = document.createElement("table");
  const head = made.createTHead().insertRow();
  for (const name of ["Character", "From, px", "To, px", "Probability"]) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    head.append(cell);
  }
  const body = made.createTBody();
  for (const one of line.characters) {
    const row = body.insertRow();
    const shown = one.character === " " ? "space" : one.character;
    const numbers = [one.start[0].toFixed(0), one.stop[0].toFixed(0), one.probability.toFixed(2)];
    for (const value of [shown, ...numbers]) row.insertCell().textContent = value;
  }
  wide.append(made);
  details.append(summary, wide);
  return details;
}
