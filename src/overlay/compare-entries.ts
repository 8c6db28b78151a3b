// What differs between two states of one path.
import { encodeName } from '../oci/byte-name.js';
import type { OrdinaryEntry } from './layer-entry.js';

export type ChangeAspect =
  | 'type'
  | 'content'
  | 'mode'
  | 'owner'
  | 'size'
  | 'link'
  | 'hardLink'
  | 'device'
  | 'capabilities'
  | 'xattrs'
  | 'mtime';

export interface CompareOptions {
  /** Also say when only the modification time differs; default false. */
  readonly time?: boolean;
  /** Also say, as `link`, when a path is another file's second name on one side only. */
  readonly hardLinks?: boolean;
}

/** Empty when nothing that is compared differs. */
export function compareEntries(
  before: OrdinaryEntry,
  after: OrdinaryEntry,
  options: CompareOptions = {},
): ChangeAspect[] {
  if (before === after) return [];
  const known = before.implicit !== true && after.implicit !== true;
  const sameType = before.type === after.type;
  const differs: readonly (readonly [ChangeAspect, boolean])[] = [
    ['type', !sameType],
    ['content', sameType && hasOtherContent(before, after)],
    ['mode', known && before.mode !== after.mode],
    ['owner', known && !sameOwner(before, after)],
    ['size', sameType && before.size !== after.size],
    ['link', sameType && hasOtherLink(before, after, options)],
    ['device', sameType && !sameDevice(before, after)],
    ['capabilities', known && !sameCapabilities(before, after)],
    ['xattrs', known && !sameXattrs(before.xattrs, after.xattrs)],
    ['mtime', known && options.time === true && before.mtime !== after.mtime],
  ];
  return differs.filter(([, different]) => different).map(([aspect]) => aspect);
}

function sameOwner(before: OrdinaryEntry, after: OrdinaryEntry): boolean {
  return before.uid === after.uid && before.gid === after.gid;
}

function sameDevice(before: OrdinaryEntry, after: OrdinaryEntry): boolean {
  return before.major === after.major && before.minor === after.minor;
}

/** By digest; where one is missing, by what a changed file seldom keeps: size and time. */
function hasOtherContent(before: OrdinaryEntry, after: OrdinaryEntry): boolean {
  if (before.type !== 'file') return false;
  if (before.sha256 !== undefined && after.sha256 !== undefined) {
    return before.sha256 !== after.sha256;
  }
  return before.size !== after.size || before.mtime !== after.mtime;
}

function hasOtherLink(
  before: OrdinaryEntry,
  after: OrdinaryEntry,
  options: CompareOptions,
): boolean {
  if (before.linkTarget !== after.linkTarget) return true;
  return options.hardLinks === true && before.hardLinkTo !== after.hardLinkTo;
}

/** capabilities(7): what a program may do beyond its user, an aspect of its own. */
const CAPABILITY = 'security.capability';

function sameCapabilities(before: OrdinaryEntry, after: OrdinaryEntry): boolean {
  return before.xattrs?.[CAPABILITY] === after.xattrs?.[CAPABILITY];
}

function sameXattrs(before: OrdinaryEntry['xattrs'], after: OrdinaryEntry['xattrs']): boolean {
  if (before === after) return true;
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  names.delete(CAPABILITY);
  return [...names].every((name) => before?.[name] === after?.[name]);
}

/**
 * Whether Docker says C: moby pkg/archive changes_unix.go, `statDifferent`, and the compared
 * `security.capability`. Modification time and size count for nothing but directories, block
 * devices and sockets, whose type bits contain those of a directory.
 */
export function differsForDocker(before: OrdinaryEntry, after: OrdinaryEntry): boolean {
  if (before === after) return false;
  if (before.type !== after.type) return true;
  if (before.implicit === true || after.implicit === true) return false;
  return (
    before.mode !== after.mode ||
    before.uid !== after.uid ||
    before.gid !== after.gid ||
    before.major !== after.major ||
    before.minor !== after.minor ||
    !sameCapabilities(before, after) ||
    (!IGNORES_TIME.has(after.type) && hasOtherTimeOrSize(before, after))
  );
}

const IGNORES_TIME: ReadonlySet<string> = new Set(['directory', 'block', 'socket']);

function hasOtherTimeOrSize(before: OrdinaryEntry, after: OrdinaryEntry): boolean {
  return statSize(before) !== statSize(after) || !sameTime(before.mtime, after.mtime);
}

/** lstat(2) gives the length of a symlink's target as its size. */
function statSize(entry: OrdinaryEntry): number {
  if (entry.linkTarget === undefined) return entry.size;
  return encodeName(entry.linkTarget).length;
}

/** moby `sameFsTime`: a time in whole seconds has lost its fraction in a tar. */
function sameTime(before: string, after: string): boolean {
  if (before === after) return true;
  const left = splitTime(before);
  const right = splitTime(after);
  return left.seconds === right.seconds && (left.fraction === 0n || right.fraction === 0n);
}

function splitTime(nanoseconds: string): { seconds: bigint; fraction: bigint } {
  const time = BigInt(nanoseconds);
  const fraction = BigInt.asUintN(64, ((time % SECOND) + SECOND) % SECOND);
  return { seconds: (time - fraction) / SECOND, fraction };
}

const SECOND = 1_000_000_000n;
