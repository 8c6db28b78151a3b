// What lies around the store and the evidence, to be the same before and after.
import { execFileSync, spawnSync } from 'node:child_process';
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
import { join } from 'node:path';

/** Where tricks try to write, absolute; nothing may ever be there. */
export const TRAP = '/tmp/cutaway-hostile-escaped';
/** What they try to overwrite: made beside each store, so that enough `..` lead there. */
export const CANARY = 'canary';

/** Makes files, links, a FIFO and a socket to be left alone. */
export function makeCanary(directory: string): string {
  const canary = join(directory, CANARY);
  mkdirSync(join(canary, 'inner'), { recursive: true });
  writeFileSync(join(canary, 'file'), 'untouched\n');
  writeFileSync(join(canary, 'inner/file'), 'untouched too\n', { mode: 0o600 });
  execFileSync('ln', ['-s', 'file', join(canary, 'link')]);
  execFileSync('ln', ['-s', '/etc', join(canary, 'out')]);
  execFileSync('mkfifo', [join(canary, 'fifo')]);
  makeSocket(join(canary, 'socket'));
  return canary;
}

/** A socket that nobody listens to any more. */
export function makeSocket(path: string): void {
  // A server that closes removes its name; one that is killed does not.
  const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 9))`;
  spawnSync(process.execPath, ['-e', script, path], { env: {} });
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
  if (status?.isFile() !== true || status.size > 1 << 26) return `${status?.size ?? 0}`;
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Names that tricks would have made. */
export function sprung(): string[] {
  return [TRAP, '/cutaway-hostile-escaped', '/etc/cutaway-hostile-escaped'].filter(existsSync);
}
