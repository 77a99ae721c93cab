// Talking with the service: addresses are relative, so that it works behind any prefix.

const MOST_PIXELS = 12_000_000;
const MOST_BYTES = 8_000_000;

export class Refused extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || "The service did not answer.");
    this.reason = problem.reason;
  }
}

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Refused({ detail: "The service cannot be reached. Is it still running?" });
  }
  const content = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(content);
  return content;
}

export const read = (kind, picture) =>
  ask(`v1/${kind}`, {
    method: "POST",
    headers: { "Content-Type": picture.type || "application/octet-stream" },
    body: picture,
  });

export async function keep(picture, lines) {
  return ask("v1/corrections", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ image: await base64(picture), lines }),
  });
}

export const health = () => ask("health", {});

async function base64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  // In pieces: a call takes only so many arguments
  for (let k = 0; k < bytes.length; k += 32768) {
    text += String.fromCharCode(...bytes.subarray(k, k + 32768));
  }
  return btoa(text);
}

// A telephone's photograph has more pixels than help; they are left here, not sent
export async function smaller(picture) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(picture, { imageOrientation: "from-image" });
  } catch {
    return picture; // No format that this browser knows; the service may
  }
  const pixels = bitmap.width * bitmap.height;
  if (pixels <= MOST_PIXELS && picture.size <= MOST_BYTES) return picture;
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / pixels));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
}
