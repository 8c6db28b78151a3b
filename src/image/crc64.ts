// CRC-64 of ISO 3309 as Go's hash/crc64 computes it (table `crc64.ISO`), in two halves of 32 bits.
// The polynomial has no bit in its lower half, so that one table of upper halves is enough.

const POLYNOMIAL = 0xd8000000;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit += 1) {
    const isOdd = (low & 1) === 1;
    low = (low >>> 1) | (high << 31);
    high = isOdd ? (high >>> 1) ^ POLYNOMIAL : high >>> 1;
  }
  return high;
});

export class Crc64 {
  #high = 0xffffffff | 0;
  #low = 0xffffffff | 0;

  update(bytes: Uint8Array): void {
    let [high, low] = [this.#high, this.#low];
    for (let at = 0; at < bytes.length; at += 1) {
      const row = (low ^ (bytes[at] ?? 0)) & 0xff;
      low = (low >>> 8) | (high << 24);
      high = (high >>> 8) ^ (TABLE[row] ?? 0);
    }
    this.#high = high;
    this.#low = low;
  }

  /** 16 hex digits, the most significant first. */
  digest(): string {
    const half = (value: number) => (~value >>> 0).toString(16).padStart(8, '0');
    return half(this.#high) + half(this.#low);
  }
}
