import { execFileSync } from 'node:child_process';
import { lstatSync, writeFileSync } from 'node:fs';
import t from 'tap';
import {
  joinChunks,
  TAR_END,
  tarHeader,
  tarPadding,
  type TarMember,
} from '../../src/image/tar-writer.js';
import { decodeName } from '../../src/oci/byte-name.js';
import { readTar } from '../support/read-tar.js';

const base64 = (bytes: string | number[]) => Buffer.from(bytes as string).toString('base64');
const raw = decodeName(Buffer.from([0x66, 0xff, 0xfe]));
const long = `${'d'.repeat(120)}/${'n'.repeat(200)}`;

const MEMBERS: readonly TarMember[] = [
  { name: 'd/', type: 'directory', mode: 0o1777, uid: 3_000_000, gid: 4_000_000_000 },
  { name: 'd/file', type: 'file', mode: 0o4755, size: 3, mtime: 1_700_000_000_123_456_789n },
  { name: raw, type: 'file', mode: 0o600, mtime: -1_500_000_000n },
  { name: long, type: 'file', mode: 0o644, mtime: 1n },
  { name: 's', type: 'symlink', mode: 0o777, linkName: `../${long}` },
  { name: 'l', type: 'link', mode: 0o755, linkName: 'd/file' },
  { name: 'c', type: 'char', mode: 0o620, major: 4095, minor: 1_048_575 },
  { name: 'b', type: 'block', mode: 0o660, major: 8, minor: 1 },
  { name: 'p', type: 'fifo', mode: 0o600 },
  {
    name: 'x',
    type: 'file',
    mode: 0o755,
    xattrs: { 'user.z=%': base64([0, 10, 61, 255]), 'security.capability': base64([1, 0, 0, 2]) },
  },
];

function write(members: readonly TarMember[]): Buffer {
  return Buffer.concat([
    ...members.flatMap((member) => {
      const body = Buffer.alloc(member.size ?? 0, 'x');
      return [tarHeader(member), body, tarPadding(body.length)];
    }),
    TAR_END,
  ]);
}

t.test('our own reader gives it all back', (t) => {
  const { entries, problems } = readTar(write(MEMBERS));
  t.same(problems, []);
  for (const [at, member] of MEMBERS.entries()) {
    const { size = 0, uid = 0, gid = 0, mtime = 0n, major = 0, minor = 0 } = member;
    t.match(
      entries[at],
      {
        ...{ name: member.name, type: member.type, mode: member.mode, size, uid, gid, mtime },
        ...{ major, minor, linkName: member.linkName, ambiguity: undefined },
      },
      member.name,
    );
  }
  t.same(
    entries.at(-1)?.pax.map(([key]) => key),
    ['SCHILY.xattr.security.capability', 'SCHILY.xattr.user.z%3D%25'],
  );
  t.equal(entries.at(-1)?.pax[1]?.[1], '\0\n=\xff');
  t.end();
});

t.test('a PAX header only where ustar does not do', (t) => {
  t.equal(tarHeader({ name: 'a', type: 'file', mode: 0o644, mtime: 7_000_000_000n }).length, 512);
  t.equal(tarHeader({ name: 'a', type: 'file', mode: 0o644, mtime: 7_000_000_001n }).length, 1536);
  t.equal(tarHeader({ name: 'n'.repeat(100), type: 'file', mode: 0o644 }).length, 512);
  t.equal(tarHeader({ name: 'n'.repeat(101), type: 'file', mode: 0o644 }).length, 1536);
  t.match(
    tarHeader({ name: 'h', type: 'file', mode: 0o644, size: 2 ** 33 }).toString('latin1'),
    '19 size=8589934592\n',
  );
  t.end();
});

t.test('GNU tar reads it', { skip: process.getuid?.() === 0 ? false : 'needs root' }, (t) => {
  const directory = t.testdir();
  writeFileSync(`${directory}/a.tar`, write(MEMBERS));
  execFileSync('tar', ['-xpf', 'a.tar', '--xattrs', '--xattrs-include=user.*', '--numeric-owner'], {
    cwd: directory,
    stdio: 'pipe',
  });
  const status = (name: string) => lstatSync(`${directory}/${name}`, { bigint: true });
  t.match(status('d'), { uid: 3_000_000n, gid: 4_000_000_000n, mode: 0o41777n });
  t.match(status('d/file'), { mtimeNs: 1_700_000_000_123_456_789n, nlink: 2n });
  t.equal(status(long).mtimeNs, 1n);
  t.ok(status('c').isCharacterDevice());
  t.end();
});

t.test('chunks are joined and none is lost', async (t) => {
  const chunks = [1, 5, 300_000, 7, 262_144, 3].map((size, at) => Buffer.alloc(size, at + 1));
  const joined: Buffer[] = [];
  for await (const chunk of joinChunks(chunks)) joined.push(chunk);
  t.ok(Buffer.concat(joined).equals(Buffer.concat(chunks)));
  t.ok(joined.length < chunks.length);
});
