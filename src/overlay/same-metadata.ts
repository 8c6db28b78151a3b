// Where a tar and the files unpacked from it may say the same in two ways.

const SECOND = 1_000_000_000n;

/**
 * A time in whole seconds may have lost its fraction on its way into the tar (moby archive
 * `sameFsTime`), and a time before 1970 is unpacked as 1970 (moby `chtimes`, containerd `boundTime`).
 */
export function sameLayerTime(expected: string, found: string): boolean {
  if (expected === found) return true;
  const [wanted, actual] = [BigInt(expected), BigInt(found)];
  if (wanted < 0n) return actual >= 0n && actual < SECOND;
  return wanted % SECOND === 0n && actual >= wanted && actual < wanted + SECOND;
}

/** What the kernel's security modules put on any file: a tar has them only where somebody wants. */
const OF_THE_HOST: ReadonlySet<string> = new Set([
  'security.selinux',
  'security.SMACK64',
  'security.ima',
  'security.evm',
]);
const CAPABILITY = 'security.capability';

type Xattrs = Readonly<Record<string, string>> | undefined;

/** `isShifted`: unpacked in a user namespace. */
export function sameXattrs(expected: Xattrs, found: Xattrs, isShifted: boolean): boolean {
  const names = new Set([...Object.keys(expected ?? {}), ...Object.keys(found ?? {})]);
  return [...names].every((name) => {
    const [wanted, actual] = [expected?.[name], found?.[name]];
    if (wanted === actual || (wanted === undefined && OF_THE_HOST.has(name))) return true;
    if (!isShifted || name !== CAPABILITY) return false;
    return wanted !== undefined && actual !== undefined && isSameGrant(wanted, actual);
  });
}

/**
 * In a user namespace the kernel writes down whose root the capabilities are for: revision 3 of the
 * attribute instead of 2, with an id behind it (capabilities(7), "namespaced file capabilities").
 */
function isSameGrant(expected: string, found: string): boolean {
  const [wanted, actual] = [Buffer.from(expected, 'base64'), Buffer.from(found, 'base64')];
  if (wanted.length < 20 || actual.length < 20) return false;
  const isEffective = ((wanted[0] ?? 0) & 1) === ((actual[0] ?? 0) & 1);
  return isEffective && wanted.subarray(4, 20).equals(actual.subarray(4, 20));
}
