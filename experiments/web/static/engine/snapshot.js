// Snapshots: weights in the safetensors format, with the run's configuration in the metadata.
// training/files.py writes them.

const READERS = { F32: Float32Array };

/**
 * What a file holds.
 *
 * @param buffer the file, an ArrayBuffer
 * @returns {config, tensors: {name: {shape, values}}}
 * @throws if it is not a snapshot
 */
export function readSnapshot(buffer) {
  const view = new DataView(buffer);
  const length = buffer.byteLength < 8 ? NaN : Number(view.getBigUint64(0, true));
  if (!(8 + length <= buffer.byteLength)) throw new Error("not a snapshot: its header is cut off");
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const { __metadata__: metadata, ...entries } = header;
  if (!metadata?.config) throw new Error("not a hexlaw snapshot: it does not say which run it is of");
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(entries)) {
    if (!READERS[dtype]) throw new Error(`tensor ${name} is ${dtype}; snapshots are float32`);
    // Copied, because the data need not begin at a multiple of four bytes.
    tensors[name] = { shape, values: new READERS[dtype](buffer.slice(8 + length + from, 8 + length + to)) };
  }
  return { config: JSON.parse(metadata.config), tensors };
}
