// The labs' small line reader, run in the page: convolutions, an LSTM in two directions, a last
// layer.  A picture is { values, height, width, depth }, its numbers row by row, depth last.

// Numbers of 16 bits in base64: a sign, 5 bits of exponent, 10 of fraction
function halves(packed) {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  return Float32Array.from(new Uint16Array(bytes.buffer), (bits) => {
    const [power, part] = [(bits >> 10) & 31, bits & 1023];
    const size = power ? 2 ** (power - 15) * (1 + part / 1024) : 2 ** -24 * part;
    return bits & 0x8000 ? -size : size;
  });
}

// A convolution that keeps the size, divided by its strides; batch normalization is in its weights
function convolve(picture, { kernel, bias, size: [tall, wide], strides: [down, right] }) {
  const { values, height, width, depth } = picture;
  const filters = bias.length;
  const [rows, columns] = [Math.ceil(height / down), Math.ceil(width / right)];
  const before = (n, count, step, reach) => Math.max((count - 1) * step + reach - n, 0) >> 1;
  const [top, left] = [before(height, rows, down, tall), before(width, columns, right, wide)];
  const found = new Float32Array(rows * columns * filters);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const out = (row * columns + column) * filters;
      for (let f = 0; f < filters; f += 1) found[out + f] = bias[f];
      for (let i = 0; i < tall; i += 1) {
        const y = row * down + i - top;
        if (y < 0 || y >= height) continue;
        for (let j = 0; j < wide; j += 1) {
          const x = column * right + j - left;
          if (x < 0 || x >= width) continue;
          for (let d = 0; d < depth; d += 1) {
            const value = values[(y * width + x) * depth + d];
            if (value === 0) continue; // Paper, and what a rectifier cut
            const weights = ((i * wide + j) * depth + d) * filters;
            for (let f = 0; f < filters; f += 1) found[out + f] += value * kernel[weights + f];
          }
        }
      }
      for (let f = 0; f < filters; f += 1) if (found[out + f] < 0) found[out + f] = 0;
    }
  }
  return { values: found, height: rows, width: columns, depth: filters };
}

// A layer without neighbors: each row of `depth` numbers times a matrix
function multiply(values, depth, kernel, bias) {
  const count = bias.length;
  const found = new Float32Array((values.length / depth) * count);
  for (let row = 0; row * depth < values.length; row += 1) {
    found.set(bias, row * count);
    for (let d = 0; d < depth; d += 1) {
      const value = values[row * depth + d];
      for (let k = 0; k < count; k += 1) found[row * count + k] += value * kernel[d * count + k];
    }
  }
  return found;
}

const sigmoid = (v) => 1 / (1 + Math.exp(-v));

// A long short-term memory over the frames; its gates in the order input, forget, new, output
function lstm(values, depth, { kernel, recurrent, bias }, backwards) {
  const units = bias.length / 4;
  const fed = multiply(values, depth, kernel, bias);
  const frames = values.length / depth;
  const found = new Float32Array(frames * units);
  const memory = new Float32Array(units);
  let said = new Float32Array(units);
  const none = new Float32Array(4 * units);
  for (let i = 0; i < frames; i += 1) {
    const t = backwards ? frames - 1 - i : i;
    const gates = multiply(said, units, recurrent, none);
    said = new Float32Array(units);
    for (let u = 0; u < units; u += 1) {
      const [enter, keep, fresh, leave] = [0, 1, 2, 3].map((g) => gates[g * units + u] + fed[(4 * t + g) * units + u]);
      memory[u] = sigmoid(keep) * memory[u] + sigmoid(enter) * Math.tanh(fresh);
      said[u] = sigmoid(leave) * Math.tanh(memory[u]);
    }
    found.set(said, t * units);
  }
  return found;
}

// The reader's layers, cut from one list of numbers in the order in which they follow each other
function unpackReader({ weights, channels, features, blocks, classes }) {
  const all = halves(weights);
  let at = 0;
  const take = (count) => all.subarray(at, (at += count));
  const layer = (tall, wide, depth, filters, strides = [1, 1]) => ({
    size: [tall, wide], strides, kernel: take(tall * wide * depth * filters), bias: take(filters),
  });
  const units = features / 2;
  const direction = () => ({ kernel: take(features * 4 * units), recurrent: take(units * 4 * units), bias: take(4 * units) });
  const stem = channels.map((count, i) => layer(3, 3, i ? channels[i - 1] : 1, count, i < 2 ? [2, 2] : [2, 1]));
  const narrow = layer(1, 1, 2 * channels.at(-1), features);
  const rest = Array.from({ length: blocks }, () => layer(1, 3, features, features));
  return { stem, narrow, blocks: rest, forth: direction(), back: direction(), last: { kernel: take(features * classes), bias: take(classes) } };
}

// Logits of a prepared line of 32 rows, ink 255 on paper 0: a list of classes for each 4 columns
function readLine(reader, ink, width) {
  const padded = Math.ceil(width / 32) * 32; // As the course pads: an LSTM reads the padding, too
  let x = { values: new Float32Array(32 * padded), height: 32, width: padded, depth: 1 };
  for (let i = 0; i < ink.length; i += 1) x.values[Math.floor(i / width) * padded + (i % width)] = ink[i] / 255;
  for (const layer of reader.stem) x = convolve(x, layer);
  const frames = { values: new Float32Array(x.values.length), height: 1, width: x.width, depth: x.height * x.depth };
  for (let t = 0; t < x.width; t += 1) {
    for (let y = 0; y < x.height; y += 1) {
      const from = (y * x.width + t) * x.depth;
      frames.values.set(x.values.subarray(from, from + x.depth), (t * x.height + y) * x.depth);
    }
  }
  x = convolve(frames, reader.narrow);
  for (const layer of reader.blocks) {
    const more = convolve(x, layer).values;
    x = { ...x, values: x.values.map((v, i) => v + more[i]) };
  }
  const [forth, back] = [lstm(x.values, x.depth, reader.forth, false), lstm(x.values, x.depth, reader.back, true)];
  const units = x.depth / 2;
  const both = x.values.map((v, i) => {
    const [t, u] = [Math.floor(i / x.depth), i % x.depth];
    return v + (u < units ? forth[t * units + u] : back[t * units + u - units]);
  });
  const logits = multiply(both, x.depth, reader.last.kernel, reader.last.bias);
  const classes = reader.last.bias.length;
  return Array.from({ length: Math.ceil(width / 4) }, (_, t) => Array.from(logits.subarray(t * classes, (t + 1) * classes)));
}
