// A tree document beside what the kernel shows of a directory, entry by entry.
import type { TreeDocument, TreeEntry } from '../../../src/inspect/documents/tree.js';
import { encodeName } from '../../../src/oci/byte-name.js';
import type { Seen, Snapshot } from '../../overlay/oracle/snapshot.js';

export interface CompareOptions {
  /** Not ours to have: mount points that an engine made. */
  readonly ignore?: ReadonlySet<string>;
  /**
   * As Docker 20.10 unpacks: no fraction of a second, which the tars it makes have not anyway, no
   * time before 1970, no attribute with an empty value.
   */
  readonly byDocker?: boolean;
}

/** One line for each difference. */
export function compareTree(
  entries: TreeDocument['entries'],
  snapshot: Snapshot,
  options: CompareOptions = {},
): string[] {
  const { ignore = new Set<string>(), byDocker = false } = options;
  const rest = new Map([...snapshot].filter(([path]) => !ignore.has(path)));
  const ourFiles = groupNames(entries.map(({ path, hardLinkTo }) => [path, hardLinkTo ?? path]));
  const realFiles = groupNames([...rest].map(([path, { sameFileAs }]) => [path, sameFileAs]));
  const lines: string[] = [];
  for (const entry of entries) {
    if (ignore.has(entry.path)) continue;
    const real = rest.get(entry.path);
    const name = JSON.stringify(entry.path);
    rest.delete(entry.path);
    if (real === undefined) {
      lines.push(`${name}: ours alone`);
      continue;
    }
    const ours = describe(entry, byDocker);
    const theirs = describeSeen(real, byDocker);
    for (const key of Object.keys(theirs) as (keyof Description)[]) {
      if (ours[key] !== theirs[key]) {
        lines.push(`${name} ${key}: ours ${ours[key]}, the kernel's ${theirs[key]}`);
      }
    }
    const [one, other] = [ourFiles.get(entry.path), realFiles.get(entry.path)];
    if (one !== other) lines.push(`${name} has the names ${one}, the kernel's ${other}`);
  }
  return [
    ...lines,
    ...[...rest.keys()].map((path) => `${JSON.stringify(path)}: the kernel's alone`),
  ];
}

/** Each path with all names of its file, whichever of them counts as the first. */
function groupNames(
  names: readonly (readonly [path: string, first: string])[],
): Map<string, string> {
  const groups = new Map<string, string[]>();
  for (const [path, first] of names) groups.set(first, [...(groups.get(first) ?? []), path]);
  const texts = [...groups.values()].map((group) => [group, group.sort().join(' ')] as const);
  return new Map(texts.flatMap(([group, text]) => group.map((path) => [path, text] as const)));
}

interface Description {
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  readonly size: number;
  readonly mtime: string;
  readonly linkTarget: string | undefined;
  readonly device: string | undefined;
  readonly xattrs: string;
  readonly sha256: string | undefined;
}

function describe(entry: TreeEntry, byDocker: boolean): Description {
  return {
    type: entry.type,
    mode: entry.mode,
    owner: `${entry.uid}:${entry.gid}`,
    size: entry.size,
    mtime: dockerTime(nanosecondsOf(entry.mtime), byDocker),
    linkTarget: entry.linkTarget,
    device: entry.device,
    xattrs: Object.entries(entry.xattrs ?? {})
      .filter(([, value]) => value !== '' || !byDocker)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    sha256: entry.sha256,
  };
}

function describeSeen(seen: Seen, byDocker: boolean): Description {
  return {
    type: seen.type,
    mode: seen.mode.toString(8).padStart(4, '0'),
    owner: `${seen.uid}:${seen.gid}`,
    size: seen.size,
    mtime: dockerTime(BigInt(seen.mtime), byDocker),
    linkTarget: seen.linkTarget,
    device: seen.device === undefined ? undefined : splitDevice(Number(seen.device)),
    xattrs: seen.xattrs,
    sha256: seen.sha256,
  };
}

/** stat(2): 12 bits of major between 8 and 12 bits of minor. */
function splitDevice(device: number): string {
  return `${(device >>> 8) & 0xfff}:${(device & 0xff) | ((device >>> 12) & 0xfff00)}`;
}

export function nanosecondsOf(time: string): bigint {
  const [, whole = '', fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

function dockerTime(time: bigint, byDocker: boolean): string {
  if (!byDocker) return String(time);
  return String(time < 0n ? 0n : time - (time % 1_000_000_000n));
}

/** Names that are not UTF-8 must carry their bytes, all others must not. */
export function checkNameBytes(entries: TreeDocument['entries']): string[] {
  return entries.flatMap(({ path, pathBase64 }) => {
    const bytes = encodeName(path);
    const isText = bytes.equals(Buffer.from(bytes.toString('utf8')));
    const expected = isText ? undefined : bytes.toString('base64');
    return pathBase64 === expected ? [] : [`${JSON.stringify(path)}: ${pathBase64}`];
  });
}
