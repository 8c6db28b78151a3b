// The extended attribute `security.capability`: capabilities(7), "File capability extended
// attribute versioning"; struct vfs_ns_cap_data of linux/capability.h. All numbers little-endian.
import { CAPABILITIES } from './capability-names.js';

const REVISION_MASK = 0xff000000;
const EFFECTIVE = 0x000001;
/** Words of each set, and bytes in all, by revision. */
const REVISIONS: ReadonlyMap<number, { readonly words: number; readonly length: number }> = new Map(
  [
    [0x01000000, { words: 1, length: 12 }],
    [0x02000000, { words: 2, length: 20 }],
    [0x03000000, { words: 2, length: 24 }],
  ],
);

/**
 * As getcap(8) writes it: "cap_net_raw=ep"; with the root user that version 3 names,
 * "cap_net_raw=ep [rootid=1000]". Undefined when the bytes are no such attribute.
 */
export function formatFileCapabilities(value: Buffer): string | undefined {
  if (value.length < 4) return undefined;
  const magic = value.readUInt32LE(0);
  const revision = REVISIONS.get((magic & REVISION_MASK) >>> 0);
  if (revision === undefined || value.length !== revision.length) return undefined;
  const flags = (capability: number): string => {
    const at = 4 + (capability >>> 5) * 8;
    const has = (offset: number) => ((value.readUInt32LE(offset) >>> (capability & 31)) & 1) === 1;
    const [permitted, inheritable] = [has(at), has(at + 4)];
    const isEffective = (magic & EFFECTIVE) !== 0 && (permitted || inheritable);
    return `${isEffective ? 'e' : ''}${inheritable ? 'i' : ''}${permitted ? 'p' : ''}`;
  };
  const groups = new Map<string, string[]>();
  for (let capability = 0; capability < revision.words * 32; capability += 1) {
    const key = flags(capability);
    if (key === '') continue;
    const name = CAPABILITIES[capability]?.toLowerCase() ?? String(capability);
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const text = [...groups].map(([key, names]) => `${names.join(',')}=${key}`).join(' ');
  const rootId = revision.length === 24 ? value.readUInt32LE(20) : 0;
  const shown = text === '' ? '=' : text;
  return rootId === 0 ? shown : `${shown} [rootid=${rootId}]`;
}
