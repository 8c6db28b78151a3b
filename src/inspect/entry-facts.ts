// A path of a layer as documents show it.
import { encodeName, isUtf8Name } from '../oci/byte-name.js';
import { formatFileCapabilities } from '../oci/file-capabilities.js';
import { formatPosixAcl } from '../oci/posix-acl.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';
import type { EntryFacts } from './documents/entry.js';

/** The path, with its bytes beside it where they are not UTF-8. */
export function pathFacts(path: string): { path: string; pathBase64?: string } {
  return isUtf8Name(path) ? { path } : { path, pathBase64: encodeName(path).toString('base64') };
}

export function entryFacts(entry: OrdinaryEntry): EntryFacts {
  const facts = {} as Writable<EntryFacts>;
  addFacts(facts, entry);
  return facts;
}

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** Path and facts in one record: there may be a million of them, so nothing is copied. */
export function entryRecord(entry: OrdinaryEntry): EntryRecord {
  const record = pathFacts(entry.path) as Writable<EntryRecord>;
  addFacts(record, entry);
  return record;
}

export type EntryRecord = ReturnType<typeof pathFacts> & EntryFacts;

/** In the order that documents have them in. */
function addFacts(facts: Writable<EntryFacts>, entry: OrdinaryEntry): void {
  facts.type = entry.type;
  facts.mode = modeText(entry.mode);
  facts.uid = entry.uid;
  facts.gid = entry.gid;
  facts.size = entry.size;
  facts.mtime = formatNanoseconds(entry.mtime);
  const { linkTarget, hardLinkTo, major, xattrs, sha256 } = entry;
  if (linkTarget !== undefined) {
    facts.linkTarget = linkTarget;
    if (!isUtf8Name(linkTarget)) {
      facts.linkTargetBase64 = encodeName(linkTarget).toString('base64');
    }
  }
  if (hardLinkTo !== undefined) facts.hardLinkTo = hardLinkTo;
  if (major !== undefined) facts.device = `${major}:${entry.minor ?? 0}`;
  if (xattrs !== undefined) addAttributes(facts, xattrs);
  if (sha256 !== undefined) facts.sha256 = sha256;
  if (entry.implicit === true) facts.implicit = true;
}

const modes = new Map<number, string>();

function modeText(mode: number): string {
  let text = modes.get(mode);
  if (text === undefined) {
    text = mode.toString(8).padStart(4, '0');
    modes.set(mode, text);
  }
  return text;
}

/** As they are, and what the well-known ones mean where that makes sense. */
function addAttributes(
  facts: Writable<EntryFacts>,
  xattrs: NonNullable<OrdinaryEntry['xattrs']>,
): void {
  if (Object.keys(xattrs).length === 0) return;
  facts.xattrs = { ...xattrs };
  const decode = <Value>(name: string, format: (value: Buffer) => Value): Value | undefined => {
    const value = xattrs[name];
    return value === undefined ? undefined : format(Buffer.from(value, 'base64'));
  };
  const capabilities = decode('security.capability', formatFileCapabilities);
  if (capabilities !== undefined) facts.capabilities = capabilities;
  const acl = decode('system.posix_acl_access', formatPosixAcl);
  if (acl !== undefined) facts.acl = acl;
  const defaultAcl = decode('system.posix_acl_default', formatPosixAcl);
  if (defaultAcl !== undefined) facts.defaultAcl = defaultAcl;
}

const SECOND = 1_000_000_000n;

/** Files of one package have one time. */
let latest = { time: '', text: '' };

/** RFC 3339 in UTC with as many digits as say something. */
export function formatNanoseconds(time: string): string {
  if (latest.time !== time) latest = { time, text: formatTime(time) };
  return latest.text;
}

function formatTime(time: string): string {
  const total = BigInt(time);
  const fraction = ((total % SECOND) + SECOND) % SECOND;
  const seconds = (total - fraction) / SECOND;
  const whole = new Date(Number(seconds) * 1000);
  // Beyond what a Date holds (year 275760) there is no RFC 3339 either.
  if (Number.isNaN(whole.getTime()) || whole.getUTCFullYear() > 9999) return '9999-12-31T23:59:59Z';
  const text = whole.toISOString().slice(0, -5).replace(/^-\d+/, '0000');
  const digits = fraction.toString().padStart(9, '0').replace(/0+$/, '');
  return `${text}${digits === '' ? '' : `.${digits}`}Z`;
}
