// The residual networks of training/networks, fully connected and convolutional, for one position.
//
// As there, a network sees the board of the side to move, which always joins top and bottom: white's
// board is transposed. Sums are made in double precision and rounded to float32 once, so they differ
// from XLA's by its own rounding.

import { NOBODY } from "../hex.js";

const f32 = Math.fround;
const OFFSETS = [[0, 0], [-1, 0], [-1, 1], [0, -1], [0, 1], [1, -1], [1, 0]]; // the cell itself first

/**
 * A network that can be asked.
 *
 * @param snapshot as `readSnapshot` gives it
 * @returns (position) => {logits: [A] in the board frame, value: for the side to move}
 * @throws if it is of a kind that is not known here
 */
export function makeNetwork({ config, tensors }) {
  const { kind, matmul = "float32", value_width: valueWidth } = config.network;
  const body = { mlp: makeMlp, conv: makeConv }[kind];
  if (!body) throw new Error(`networks of kind ${kind} cannot be asked in a browser`);
  const rounded = matmul === "bfloat16" ? toBfloat16 : (values) => values;
  const parts = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name.replace(/^params\//, ""),
      name.endsWith("kernel") ? { ...tensor, values: rounded(tensor.values) } : tensor,
    ]),
  );
  const tools = { parts, rounded, linear: (x, name) => linear(rounded(x), parts, name) };
  const { see, layer, readPolicy, readValue } = body(tools);
  const trunk = (seen, prefix) => {
    let x = tools.linear(seen, `${prefix}input`);
    for (let k = 0; parts[`${prefix}alpha_${k}`]; k++) {
      const alpha = parts[`${prefix}alpha_${k}`].values[0];
      const change = layer(x.map((each) => Math.max(0, each)), `${prefix}residual_${k}`);
      x = x.map((each, i) => f32(each + f32(alpha * change[i])));
    }
    return x;
  };
  return (position) => {
    const seen = see(position);
    const forPolicy = trunk(seen, "");
    const forValue = valueWidth ? trunk(seen, "value_") : forPolicy;
    const logits = readPolicy(forPolicy);
    const [value] = tools.linear(readValue(forValue), "value");
    return { logits: turned(logits, position), value: f32(Math.tanh(value)) };
  };
}

/** Re-index [A] between the board's frame and the mover's: transposing undoes itself. */
function turned(values, { size, toMove }) {
  if (toMove === 0) return values;
  return values.map((_, cell) => values[(cell % size) * size + Math.floor(cell / size)]);
}

/** Whose stone lies where for the side to move: 0 its own, 1 the other's, NOBODY. */
const moverView = (position) =>
  turned(position.owner, position).map((who) => (who === NOBODY ? NOBODY : who ^ position.toMove));

/** x [..., inputs] · kernel [inputs, outputs] + bias [outputs], rows after one another. */
function linear(x, parts, name) {
  const { shape: [inputs, outputs], values } = parts[`${name}/kernel`];
  const bias = parts[`${name}/bias`].values;
  const result = new Float32Array((x.length / inputs) * outputs);
  const sums = new Float64Array(outputs);
  for (let from = 0, to = 0; from < x.length; from += inputs, to += outputs) {
    sums.fill(0);
    for (let i = 0; i < inputs; i++) {
      const input = x[from + i];
      if (input === 0) continue; // half of what a board or a relu gives
      for (let k = 0, at = i * outputs; k < outputs; k++) sums[k] += input * values[at + k];
    }
    for (let k = 0; k < outputs; k++) result[to + k] = f32(f32(sums[k]) + bias[k]);
  }
  return result;
}

/** Every layer sees the whole board: planes of the mover's stones, then of the other's. */
function makeMlp({ linear }) {
  const see = (position) => {
    const view = moverView(position);
    const planes = new Float32Array(2 * view.length);
    view.forEach((who, cell) => who !== NOBODY && (planes[who * view.length + cell] = 1));
    return planes;
  };
  return { see, layer: linear, readPolicy: (x) => linear(x, "policy"), readValue: (x) => x };
}

/** Every layer sees, from each cell, the cell and its six neighbours. */
function makeConv({ linear }) {
  let size; // of the board that is looked at
  const see = (position) => {
    size = position.size;
    const view = moverView(position);
    const stones = new Float32Array(2 * view.length);
    view.forEach((who, cell) => who !== NOBODY && (stones[2 * cell + who] = 1));
    // Beyond top and bottom the mover has stones, beyond the sides the other; corners are nobody's.
    return gather(stones, size, 2, (row, column, channel) => {
      const [above, beside] = [row < 0 || row >= size, column < 0 || column >= size];
      return above !== beside && above === (channel === 0) ? 1 : 0;
    });
  };
  const layer = (x, name) => linear(gather(x, size, x.length / size ** 2, () => 0), name);
  const readValue = (x) => {
    const width = x.length / size ** 2;
    const seen = new Float32Array(2 * width); // each channel's mean, then its maximum
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let i = c; i < x.length; i += width) {
        sum += Math.max(0, x[i]);
        seen[width + c] = Math.max(seen[width + c], x[i]);
      }
      seen[c] = sum / size ** 2;
    }
    return seen;
  };
  return { see, layer, readPolicy: (x) => linear(x, "policy"), readValue };
}

/** Each cell's neighbourhood side by side: [A, width] → [A, 7 · width]. */
function gather(cells, size, width, beyond) {
  const found = new Float32Array(cells.length * OFFSETS.length);
  let to = 0;
  for (let cell = 0; cell < size * size; cell++) {
    for (const [down, right] of OFFSETS) {
      const [row, column] = [Math.floor(cell / size) + down, (cell % size) + right];
      const inside = row >= 0 && row < size && column >= 0 && column < size;
      for (let c = 0; c < width; c++) {
        found[to++] = inside ? cells[(row * size + column) * width + c] : beyond(row, column, c);
      }
    }
  }
  return found;
}

/** Rounded to the nearest bfloat16, to even on ties, as float32. */
function toBfloat16(values) {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  bits.forEach((each, i) => (bits[i] = (each + 0x7fff + ((each >>> 16) & 1)) & 0xffff0000));
  return new Float32Array(bits.buffer);
}
