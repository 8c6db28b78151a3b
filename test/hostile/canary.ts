// What lies around the store and the evidence, to be the same before and after.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Where tricks try to write, absolute; nothing may ever be there. */
export const TRAP = '/tmp/cutaway-hostile-escaped';
/** What they try to overwrite: made beside each store, so that enough `..` lead there. */
export const CANARY = 'canary';

/** Makes files, links, a FIFO and a socket to be left alone. */
export async function makeCanary(directory: string): Promise<string> {
  const canary = join(directory, CANARY);
  mkdirSync(join(canary, 'inner'), { recursive: true });
  writeFileSync(join(canary, 'file'), 'untouched\n');
  writeFileSync(join(canary, 'inner/file'), 'untouched too\n', { mode: 0o600 });
  execFileSync('ln', ['-s', 'file', join(canary, 'link')]);
  execFileSync('ln', ['-s', '/etc', join(canary, 'out')]);
  execFileSync('mkfifo', [join(canary, 'fifo')]);
  await makeSocket(join(canary, 'socket'));
  return canary;
}

/** A socket that nobody listens to any more. */
export async function makeSocket(path: string): Promise<void> {
  const listening = `${path}.tmp`;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(listening, resolve));
  // A server removes its own name when it closes, so another name is kept.
  execFileSync('mv', [listening, path]);
  await new Promise((resolve) => server.close(resolve));
}

/** Everything below `directory` but what `leaveOut` names: type, mode, owner, times, content. */
export function snapshot(directory: string, leaveOut: readonly string[] = []): string[] {
  const lines: string[] = [];
  const walk = (path: string) => {
    if (leaveOut.includes(path)) return;
    const status = lstatSync(path, { bigint: true });
    const { mode, uid, gid, ino, mtimeNs, ctimeNs } = status;
    const facts = [mode, uid, gid, ino, mtimeNs, ctimeNs].join(' ');
    // The directory itself changes with what is left out of it.
    if (path !== directory) lines.push(`${path} ${facts} ${content(path, status)}`);
    if (status.isDirectory()) for (const name of readdirSync(path)) walk(join(path, name));
  };
  walk(directory);
  return lines.sort();
}

function content(path: string, status: ReturnType<typeof lstatSync>): string {
  if (status?.isSymbolicLink() === true) return readlinkSync(path);
  if (status?.isFile() !== true) return '';
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Names that tricks would have made. */
export function sprung(): string[] {
  return [TRAP, '/cutaway-hostile-escaped', '/etc/cutaway-hostile-escaped'].filter(existsSync);
}
