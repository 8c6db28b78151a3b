// The extended attributes `system.posix_acl_access` and `system.posix_acl_default`: acl(5), struct
// posix_acl_xattr_header of linux/posix_acl_xattr.h. All numbers little-endian.

const VERSION = 2;
const HEADER = 4;
const ENTRY = 8;

/** Whether an id stands behind the tag. */
const TAGS: ReadonlyMap<number, readonly [name: string, hasId: boolean]> = new Map([
  [0x01, ['user', false]],
  [0x02, ['user', true]],
  [0x04, ['group', false]],
  [0x08, ['group', true]],
  [0x10, ['mask', false]],
  [0x20, ['other', false]],
]);

/** As getfacl(1) -n writes them: "user:1000:r--". Undefined when the bytes are no such list. */
export function formatPosixAcl(value: Buffer): string[] | undefined {
  const isList = value.length >= HEADER && (value.length - HEADER) % ENTRY === 0;
  if (!isList || value.readUInt32LE(0) !== VERSION) return undefined;
  const lines: string[] = [];
  for (let at = HEADER; at < value.length; at += ENTRY) {
    const tag = TAGS.get(value.readUInt16LE(at));
    if (tag === undefined) return undefined;
    const [name, hasId] = tag;
    const permissions = value.readUInt16LE(at + 2);
    const id = hasId ? String(value.readUInt32LE(at + 4)) : '';
    const letter = (bit: number, text: string) => ((permissions & bit) === 0 ? '-' : text);
    lines.push(`${name}:${id}:${letter(4, 'r')}${letter(2, 'w')}${letter(1, 'x')}`);
  }
  return lines;
}
