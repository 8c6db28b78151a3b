// A tar written so that the same entries give the same bytes for ever: a digest is pinned on it.

/** One entry; owner root, time fixed. */
export type TarEntry =
  | {
      readonly type: 'file';
      readonly path: string;
      readonly mode: number;
      readonly content: Uint8Array;
    }
  | { readonly type: 'directory'; readonly path: string; readonly mode: number }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string };

const BLOCK = 512;
const TYPE_FLAGS = { file: '0', symlink: '2', directory: '5' } as const;

/** POSIX.1-1988 ustar (tar(5)), ended by two zero blocks. `mtime` in seconds, for every entry. */
export function tarBytes(entries: readonly TarEntry[], mtime: number): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = entry.type === 'file' ? entry.content : new Uint8Array();
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [header(entry, content.length, mtime), content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(entry: TarEntry, size: number, mtime: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const name = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  putText(block, 0, 100, name);
  putOctal(block, 100, 8, entry.type === 'symlink' ? 0o777 : entry.mode);
  putOctal(block, 108, 8, 0);
  putOctal(block, 116, 8, 0);
  putOctal(block, 124, 12, size);
  putOctal(block, 136, 12, mtime);
  block.fill(' ', 148, 156);
  putText(block, 156, 1, TYPE_FLAGS[entry.type]);
  putText(block, 157, 100, entry.type === 'symlink' ? entry.target : '');
  block.write('ustar\x0000', 257, 'latin1');
  putText(block, 265, 32, 'root');
  putText(block, 297, 32, 'root');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function putText(block: Buffer, at: number, width: number, text: string): void {
  const bytes = Buffer.from(text);
  if (bytes.length > width) throw new RangeError(`write tar: "${text}" takes over ${width} bytes`);
  bytes.copy(block, at);
}

function putOctal(block: Buffer, at: number, width: number, value: number): void {
  block.write(value.toString(8).padStart(width - 1, '0'), at, 'latin1');
}
