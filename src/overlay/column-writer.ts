// Rows of a layer as they come, in any order; `sortColumns` puts them in path order. The first row
// is the root. Everything grows by doubling: nothing is an object for each entry.
import { decodeName, encodeName } from '../oci/byte-name.js';
import {
  ENTRY_TYPES,
  HAS_OFFSET,
  IMPLICIT,
  OPAQUE,
  SYMLINK,
  TYPE_BITS,
  type LayerColumns,
  type Owner,
  type RareFields,
} from './layer-columns.js';
import type { LayerEntry, OrdinaryEntry } from './layer-entry.js';

const START = 256;

interface Numbers {
  parent: Uint32Array;
  nameAt: Uint32Array;
  kind: Uint8Array;
  mode: Uint16Array;
  owner: Uint32Array;
  size: Float64Array;
  offset: Float64Array;
  mtime: BigInt64Array;
  digest: Uint32Array;
  text: Uint32Array;
}

export class ColumnWriter {
  count = 0;
  readonly owners: Owner[] = [];
  readonly rare = new Map<number, RareFields>();
  readonly names = new ByteHeap();
  readonly texts = new ByteHeap();
  readonly digests = new ByteHeap();
  /** Where each text starts; one more than there are. */
  textAt = new Uint32Array(START);
  textCount = 0;
  digestCount = 0;
  numbers: Numbers = makeNumbers(START);
  readonly #owners = new Map<string, number>();
  /** One entry after the other has the same owner. */
  #latestOwner = -1;

  /** The new row; the root is its own parent. */
  append(parent: number, name: string, entry: LayerEntry): number {
    const row = this.count;
    this.#reserve(row + 2);
    this.count += 1;
    const { numbers } = this;
    numbers.parent[row] = parent;
    this.names.add(encodeName(name));
    numbers.nameAt[row + 1] = this.names.length;
    this.set(row, entry);
    return row;
  }

  /** What the row says from now on; it keeps its name and place. */
  set(row: number, entry: LayerEntry): void {
    const { numbers } = this;
    const type = ENTRY_TYPES.indexOf(entry.type);
    this.rare.delete(row);
    numbers.digest[row] = 0;
    numbers.text[row] = 0;
    numbers.kind[row] = type;
    if (entry.marker === 'whiteout') return;
    numbers.kind[row] = type | flagsOf(entry);
    numbers.mode[row] = entry.mode;
    numbers.owner[row] = this.#ownerNumber(entry);
    numbers.size[row] = entry.size;
    numbers.offset[row] = entry.offset ?? 0;
    const mtime = BigInt(entry.mtime);
    numbers.mtime[row] = mtime;
    const rare = rareFields(entry, mtime);
    if (rare !== undefined) this.rare.set(row, rare);
    if (entry.sha256 !== undefined) this.setDigest(row, entry.sha256);
    if (entry.linkTarget !== undefined) this.#setText(row, entry.linkTarget);
    if (entry.hardLinkTo !== undefined) this.setHardLink(row, entry.hardLinkTo);
  }

  /** Another name of the file in row `first`, with all that it says. */
  appendLink(parent: number, name: string, first: number): number {
    const row = this.append(parent, name, ANOTHER_NAME);
    const { numbers } = this;
    for (const column of Object.values(numbers) as Column[]) {
      if (column === numbers.parent || column === numbers.nameAt) continue;
      column[row] = column[first] ?? 0;
    }
    const rare = this.rare.get(first);
    if (rare !== undefined) this.rare.set(row, rare);
    return row;
  }

  setDigest(row: number, hex: string): void {
    this.digests.add(Buffer.from(hex, 'hex'));
    this.digestCount += 1;
    this.numbers.digest[row] = this.digestCount;
  }

  /** The first name of the file; undefined makes this one the first. */
  setHardLink(row: number, path: string | undefined): void {
    if (((this.numbers.kind[row] ?? 0) & TYPE_BITS) !== SYMLINK) this.#setText(row, path);
    else {
      const { hardLinkTo: old, ...rest } = this.rare.get(row) ?? {};
      if (path !== undefined) this.rare.set(row, { ...rest, hardLinkTo: path });
      else if (old !== undefined) this.rare.set(row, rest);
    }
  }

  #setText(row: number, text: string | undefined): void {
    if (text === undefined) {
      this.numbers.text[row] = 0;
      return;
    }
    this.texts.add(encodeName(text));
    this.textCount += 1;
    if (this.textCount >= this.textAt.length) this.textAt = grown(this.textAt, this.textCount + 1);
    this.textAt[this.textCount] = this.texts.length;
    this.numbers.text[row] = this.textCount;
  }

  /** The rows as they lie here, to be read one at a time: they are in no order yet. */
  view(): LayerColumns {
    const { numbers, names, texts, digests, owners, rare, count, textAt } = this;
    return {
      ...numbers,
      count,
      end: numbers.parent,
      names: names.bytes,
      texts: texts.bytes,
      digests: digests.bytes,
      owners,
      textAt,
      rare,
    };
  }

  name(row: number): string {
    const { nameAt } = this.numbers;
    return decodeName(this.names.bytes.subarray(nameAt[row], nameAt[row + 1]));
  }

  findText(row: number): string | undefined {
    const number = this.numbers.text[row] ?? 0;
    if (number === 0) return undefined;
    return decodeName(this.texts.bytes.subarray(this.textAt[number - 1], this.textAt[number]));
  }

  #ownerNumber({ uid, gid, userName, groupName }: OrdinaryEntry): number {
    const latest = this.owners[this.#latestOwner];
    const isLatest =
      latest?.uid === uid &&
      latest.gid === gid &&
      latest.userName === userName &&
      latest.groupName === groupName;
    if (isLatest) return this.#latestOwner;
    const key = JSON.stringify([uid, gid, userName ?? null, groupName ?? null]);
    let number = this.#owners.get(key);
    if (number === undefined) {
      number = this.owners.length;
      this.#owners.set(key, number);
      const names = {
        ...(userName === undefined ? {} : { userName }),
        ...(groupName === undefined ? {} : { groupName }),
      };
      this.owners.push({ uid, gid, ...names });
    }
    this.#latestOwner = number;
    return number;
  }

  #reserve(rows: number): void {
    const { numbers } = this;
    if (rows <= numbers.parent.length) return;
    this.numbers = {
      parent: grown(numbers.parent, rows),
      nameAt: grown(numbers.nameAt, rows),
      kind: grown(numbers.kind, rows),
      mode: grown(numbers.mode, rows),
      owner: grown(numbers.owner, rows),
      size: grown(numbers.size, rows),
      offset: grown(numbers.offset, rows),
      mtime: grown(numbers.mtime, rows),
      digest: grown(numbers.digest, rows),
      text: grown(numbers.text, rows),
    };
  }
}

type Column = Record<number, number | bigint>;

const ANOTHER_NAME: LayerEntry = { marker: 'whiteout', type: 'whiteout', path: '' };

function makeNumbers(rows: number): Numbers {
  return {
    parent: new Uint32Array(rows),
    nameAt: new Uint32Array(rows),
    kind: new Uint8Array(rows),
    mode: new Uint16Array(rows),
    owner: new Uint32Array(rows),
    size: new Float64Array(rows),
    offset: new Float64Array(rows),
    mtime: new BigInt64Array(rows),
    digest: new Uint32Array(rows),
    text: new Uint32Array(rows),
  };
}

type GrowingArray = Uint8Array | Uint16Array | Uint32Array | Float64Array | BigInt64Array;

function grown<Numbers extends GrowingArray>(old: Numbers, least: number): Numbers {
  const length = Math.max(least, old.length * 2);
  const larger = new (old.constructor as new (length: number) => Numbers)(length);
  larger.set(old as never);
  return larger;
}

/** Bytes one after the other. */
export class ByteHeap {
  bytes = new Uint8Array(4096);
  length = 0;

  add(more: Uint8Array): void {
    const end = this.length + more.length;
    if (end > this.bytes.length) this.bytes = grown(this.bytes, end);
    this.bytes.set(more, this.length);
    this.length = end;
  }
}

function flagsOf(entry: OrdinaryEntry): number {
  return (
    (entry.opaque === true ? OPAQUE : 0) |
    (entry.implicit === true ? IMPLICIT : 0) |
    (entry.offset === undefined ? 0 : HAS_OFFSET)
  );
}

function rareFields(entry: OrdinaryEntry, mtime: bigint): RareFields | undefined {
  const { major, minor, xattrs, redirect, metacopy } = entry;
  // A tar can claim any time; one outside of 64 bits has no place in the column.
  const fits = BigInt.asIntN(64, mtime) === mtime;
  const fields: RareFields = {
    ...(major === undefined ? {} : { major }),
    ...(minor === undefined ? {} : { minor }),
    ...(xattrs === undefined ? {} : { xattrs }),
    ...(redirect === undefined ? {} : { redirect }),
    ...(metacopy === undefined ? {} : { metacopy }),
    ...(fits ? {} : { mtime: entry.mtime }),
  };
  return Object.keys(fields).length > 0 ? fields : undefined;
}
