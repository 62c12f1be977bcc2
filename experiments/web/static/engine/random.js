// Numbers drawn as JAX draws them, for the one search rule that leaves its moves to chance: keys are
// pairs of 32-bit integers, hashed by Threefry-2x32 (Salmon et al. 2011, "Parallel random numbers: as
// easy as 1, 2, 3") as jax.random does where `jax_threefry_partitionable` is on, which it is by itself.

const ROTATIONS = [[13, 15, 26, 6], [17, 29, 16, 24]];
const PARITY = 0x1bd11bda;

const rotated = (x, by) => (x << by) | (x >>> (32 - by));

/** The hash of a pair under a key: another pair. */
function threefry([k0, k1], [x0, x1]) {
  const schedule = [k0, k1, k0 ^ k1 ^ PARITY];
  [x0, x1] = [(x0 + k0) | 0, (x1 + k1) | 0];
  for (let block = 1; block <= 5; block++) {
    for (const by of ROTATIONS[(block - 1) % 2]) {
      x0 = (x0 + x1) | 0;
      x1 = rotated(x1, by) ^ x0;
    }
    x0 = (x0 + schedule[block % 3]) | 0;
    x1 = (x1 + schedule[(block + 1) % 3] + block) | 0;
  }
  return [x0, x1];
}

/** `jax.random.key(0)`. */
export const FIRST_KEY = [0, 0];

/** The number-th key that a key is split into; `jax.random.fold_in` gives the same. */
export const derived = (key, number) => threefry(key, [0, number]);

/** `jax.random.uniform(key, (1,))[0]`, in [0, 1). */
export function uniform(key) {
  const [high, low] = threefry(key, [0, 0]);
  return ((high ^ low) >>> 9) / 2 ** 23;
}
