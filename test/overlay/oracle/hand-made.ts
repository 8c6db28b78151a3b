// Layers by hand, one line an entry: what only a mount with redirects writes, and what none would.
//   d a          directory            d a =b       renamed from b       o a   opaque
//   f a TEXT     file                 m a, m a =b  metacopy             w a   whiteout
//   d . =a   the top directory, renamed
import * as fs from 'node:fs';
import { join } from 'node:path';
import { host } from './bench.js';

export function makeByHand(top: string, lines: readonly string[]): void {
  for (const line of lines) {
    const [kind = '', name = '', rest = ''] = line.split(' ');
    const path = join(top, name);
    const redirect = rest.startsWith('=') ? rest.slice(1) : undefined;
    const set = (attribute: string, value: string) => {
      host.setXattr(path, `trusted.overlay.${attribute}`, Buffer.from(value));
    };
    if (kind === 'w') host.makeNode(path, 'char', 0, 0, 0);
    else if (kind === 'f' || kind === 'm') fs.writeFileSync(path, kind === 'f' ? rest : '');
    else if (name !== '.') fs.mkdirSync(path);
    if (kind === 'o') set('opaque', 'y');
    if (kind === 'm') {
      fs.truncateSync(path, 4);
      set('metacopy', '');
    }
    if (redirect !== undefined) set('redirect', redirect);
  }
}
