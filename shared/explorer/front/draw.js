// Draws a scene as SVG: the same text, mark for mark, as svg.py writes in Python.

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
const escaped = (text) => text.replace(/[&<>"']/g, (c) => ESCAPES[c]);

function groups(values, size) {
  const found = [];
  for (let i = 0; i < values.length; i += size) found.push(values.slice(i, i + size));
  return found;
}

function paint(mark, theme) {
  let found = ` fill="${mark.fill ? theme[mark.fill] : "none"}"`;
  if (mark.stroke) found += ` stroke="${theme[mark.stroke]}" stroke-width="${mark.width}"`;
  if ((mark.opacity ?? 1) !== 1) found += ` opacity="${mark.opacity}"`;
  if (mark.dash) found += ' stroke-dasharray="4 3"';
  return found;
}

function hatchOver(mark, shapes) {
  if (!mark.hatch) return "";
  const opacity = mark.fill === null ? mark.opacity : 0.6;
  return `<g fill="url(#ctc-hatch)" opacity="${opacity}">${shapes}</g>`;
}

const DRAW = {
  rects(mark, theme) {
    const radius = mark.radius ? ` rx="${mark.radius}"` : "";
    const shapes = groups(mark.at, 4)
      .map(([x, y, w, h]) => `<rect x="${x}" y="${y}" width="${w}" height="${h}"${radius}/>`)
      .join("");
    const drawn = mark.fill || mark.stroke ? `<g${paint(mark, theme)}>${shapes}</g>` : "";
    return drawn + hatchOver(mark, shapes);
  },
  discs(mark, theme) {
    const shapes = groups(mark.at, 3)
      .map(([x, y, r]) => `<circle cx="${x}" cy="${y}" r="${r}"/>`)
      .join("");
    return `<g${paint(mark, theme)}>${shapes}</g>` + hatchOver(mark, shapes);
  },
  segments(mark, theme) {
    const path = groups(mark.at, 4).map(([a, b, c, d]) => `M${a} ${b}L${c} ${d}`).join("");
    return `<path d="${path}"${paint(mark, theme)}/>`;
  },
  polyline(mark, theme) {
    const points = groups(mark.at, 2).map(([x, y]) => `${x},${y}`).join(" ");
    return `<polyline points="${points}"${paint(mark, theme)}/>`;
  },
  ribbons(mark, theme) {
    const path = groups(mark.at, 6)
      .map(([a, b, y, c, d, z]) => {
        const v = Math.round(((y + z) / 2) * 100) / 100;
        return `M${a} ${y}C${a} ${v} ${c} ${v} ${c} ${z}H${d}C${d} ${v} ${b} ${v} ${b} ${y}Z`;
      })
      .join("");
    return `<path d="${path}"${paint(mark, theme)}/>`;
  },
  picture(mark) {
    const how = mark.smooth ? "" : ' style="image-rendering:pixelated"';
    return (
      `<image x="${mark.x}" y="${mark.y}" width="${mark.w}" height="${mark.h}" ` +
      `preserveAspectRatio="none"${how} href="data:image/png;base64,${mark.png}"/>`
    );
  },
  text(mark, theme) {
    const anchor = mark.anchor === "start" ? "" : ` text-anchor="${mark.anchor}"`;
    const bold = mark.bold ? ' font-weight="600"' : "";
    const halo = mark.halo
      ? ` stroke="${theme.halo}" stroke-width="3.5" paint-order="stroke"`
      : "";
    const lines = groups(mark.at, 2)
      .map(([x, y], i) => `<text x="${x}" y="${y}" dy=".35em">${escaped(mark.texts[i])}</text>`)
      .join("");
    const style = `font-size="${mark.size}"${anchor}${bold}${halo} fill="${theme[mark.role]}"`;
    return `<g ${style}>${lines}</g>`;
  },
};

function drawMarks(marks, theme, stage, frame, overlay) {
  return marks
    .filter((mark) => (mark.stage ?? 0) <= stage && (mark.frame ?? frame) === frame)
    .filter((mark) => overlay || !mark.overlay)
    .map((mark) => DRAW[mark.kind](mark, theme));
}

function openSvg(scene, theme) {
  const { width, height } = scene;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(scene.alt)}" ` +
    `font-family="system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif">` +
    `<title>${escaped(scene.summary)}</title><desc>${escaped(scene.alt)}</desc>` +
    '<defs><pattern id="ctc-hatch" width="6" height="6" patternUnits="userSpaceOnUse" ' +
    'patternTransform="rotate(45)">' +
    `<path d="M1 0V6" stroke="${theme.hatch}" stroke-width="2"/></pattern></defs>` +
    `<rect width="${width}" height="${height}" fill="${theme.paper}"/>`
  );
}

function toSvg(scene, theme, stage, frame, overlay) {
  const marks = drawMarks(scene.marks, theme, stage, frame, overlay);
  return openSvg(scene, theme) + marks.join("") + "</svg>";
}

// Heat maps are decoded before the picture is swapped, so that nothing flickers
const decoded = new Map();
function decodePictures(scene) {
  const waiting = [];
  for (const mark of scene.marks) {
    if (mark.kind !== "picture" || decoded.has(mark.png)) continue;
    const image = new Image();
    image.src = `data:image/png;base64,${mark.png}`;
    decoded.set(mark.png, image);
    waiting.push(image.decode().catch(() => undefined));
  }
  while (decoded.size > 120) decoded.delete(decoded.keys().next().value);
  return Promise.all(waiting);
}

function themeName() {
  const jupyter = document.body.dataset.jpThemeLight;
  if (jupyter) return jupyter === "false" ? "dark" : "light";
  if (document.body.classList.contains("vscode-dark")) return "dark";
  if (document.documentElement.getAttribute("theme") === "dark") return "dark";
  if (document.body.classList.contains("vscode-light")) return "light";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
