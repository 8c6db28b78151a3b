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
  const { linkTarget, hardLinkTo, major, minor, xattrs, sha256, implicit } = entry;
  return {
    type: entry.type,
    mode: entry.mode.toString(8).padStart(4, '0'),
    uid: entry.uid,
    gid: entry.gid,
    size: entry.size,
    mtime: formatNanoseconds(entry.mtime),
    ...(linkTarget === undefined ? {} : { linkTarget }),
    ...(linkTarget === undefined || isUtf8Name(linkTarget)
      ? {}
      : { linkTargetBase64: encodeName(linkTarget).toString('base64') }),
    ...(hardLinkTo === undefined ? {} : { hardLinkTo }),
    ...(major === undefined ? {} : { device: `${major}:${minor ?? 0}` }),
    ...(xattrs === undefined || Object.keys(xattrs).length === 0 ? {} : { xattrs: { ...xattrs } }),
    ...attributeFacts(xattrs),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(implicit === undefined ? {} : { implicit }),
  };
}

/** What well-known attributes mean; what makes no sense is in `xattrs` alone. */
function attributeFacts(
  xattrs: OrdinaryEntry['xattrs'],
): Pick<EntryFacts, 'capabilities' | 'acl' | 'defaultAcl'> {
  if (xattrs === undefined) return {};
  const decode = <Value>(name: string, format: (value: Buffer) => Value): Value | undefined => {
    const value = xattrs[name];
    return value === undefined ? undefined : format(Buffer.from(value, 'base64'));
  };
  const capabilities = decode('security.capability', formatFileCapabilities);
  const acl = decode('system.posix_acl_access', formatPosixAcl);
  const defaultAcl = decode('system.posix_acl_default', formatPosixAcl);
  return {
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(acl === undefined ? {} : { acl }),
    ...(defaultAcl === undefined ? {} : { defaultAcl }),
  };
}

const SECOND = 1_000_000_000n;

/** RFC 3339 in UTC with as many digits as say something. */
export function formatNanoseconds(time: string): string {
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
