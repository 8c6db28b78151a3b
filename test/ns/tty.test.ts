import t from 'tap';
import { parseTtyDrivers, ttyName } from '../../src/ns/tty.js';

const DRIVERS = parseTtyDrivers(`/dev/tty             /dev/tty        5       0 system:/dev/tty
/dev/console         /dev/console    5       1 system:console
serial               /dev/ttyS       4 64-111 serial
hvc                  /dev/hvc      229 0-7 system
pty_slave            /dev/pts      136 0-1048575 pty:slave
unknown              /dev/tty        4 1-63 console
garbage
`);

t.test('device numbers and their names', (t) => {
  const number = (major: number, minor: number) =>
    (major << 8) | (minor & 0xff) | ((minor & 0xfff00) << 12);
  const table: [number, number, string][] = [
    [136, 0, 'pts/0'],
    [136, 300, 'pts/300'],
    [137, 1, 'pts/257'],
    [4, 1, 'tty1'],
    [4, 64, 'ttyS0'],
    [4, 66, 'ttyS2'],
    [5, 1, 'console'],
    [240, 3, '240:3'],
  ];
  for (const [major, minor, name] of table) t.equal(ttyName(DRIVERS, number(major, minor)), name);
  t.equal(ttyName(DRIVERS, 0), undefined);
  t.equal(ttyName([], number(4, 2)), 'tty2', 'without /proc/tty');
  t.end();
});
