// Which row a directory's child of a name is: a hash table over the rows of a ColumnWriter, for a
// layer may have a million names and none of them needs to be a string.
import type { ColumnWriter } from './column-writer.js';

const START = 1024;
const FREE = 0;

export class ChildTable {
  readonly #writer: ColumnWriter;
  /** Row + 1; open addressing, at most half full. */
  #slots = new Uint32Array(START);
  #used = 0;

  constructor(writer: ColumnWriter) {
    this.#writer = writer;
  }

  /** -1 when there is none. */
  find(parent: number, name: Uint8Array): number {
    const slot = this.#slotOf(parent, name);
    return (this.#slots[slot] ?? FREE) - 1;
  }

  /** From now on the child of that name; it may take the place of another row. */
  set(row: number): void {
    const { parent, name } = this.#keyOf(row);
    const slot = this.#slotOf(parent, name);
    if (this.#slots[slot] === FREE) this.#used += 1;
    this.#slots[slot] = row + 1;
    if (this.#used * 2 > this.#slots.length) this.#grow();
  }

  #keyOf(row: number): { parent: number; name: Uint8Array } {
    const { numbers, names } = this.#writer;
    return {
      parent: numbers.parent[row] ?? 0,
      name: names.bytes.subarray(numbers.nameAt[row], numbers.nameAt[row + 1]),
    };
  }

  /** Where the row is, or would be put. */
  #slotOf(parent: number, name: Uint8Array): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(parent, name) & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot] ?? FREE;
      if (row === FREE || this.#isRow(row - 1, parent, name)) return slot;
    }
  }

  #isRow(row: number, parent: number, name: Uint8Array): boolean {
    const { numbers, names } = this.#writer;
    const from = numbers.nameAt[row] ?? 0;
    if (numbers.parent[row] !== parent || (numbers.nameAt[row + 1] ?? 0) - from !== name.length) {
      return false;
    }
    for (let at = 0; at < name.length; at += 1) {
      if (names.bytes[from + at] !== name[at]) return false;
    }
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    const mask = this.#slots.length - 1;
    for (const row of old) {
      if (row === FREE) continue;
      const { parent, name } = this.#keyOf(row - 1);
      let slot = hashOf(parent, name) & mask;
      while (this.#slots[slot] !== FREE) slot = (slot + 1) & mask;
      this.#slots[slot] = row;
    }
  }
}

/** Names are chosen by an adversary: the seed is not. FNV-1a, mixed at the end (murmur3). */
const SEED = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

function hashOf(parent: number, name: Uint8Array): number {
  let hash = (SEED ^ Math.imul(parent, 0x9e3779b1)) >>> 0;
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ (name[at] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
