import { spawnSync } from 'node:child_process';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { capabilitiesBeyond, decodeCapabilities } from '../../src/ns/capability.js';
import { readProcess } from '../../src/ns/process.js';

t.test('masks and what is beyond a usual one', (t) => {
  t.same(decodeCapabilities('0000000000000000'), []);
  t.same(decodeCapabilities('0000000000000003'), ['cap_chown', 'cap_dac_override']);
  t.same(decodeCapabilities('8000000000000000'), ['63'], 'one without a name');
  t.same(capabilitiesBeyond('00000000a82425fb', '00000000a80425fb'), ['cap_sys_admin']);
  t.same(capabilitiesBeyond('0000000000000000', '00000000a80425fb'), []);
  t.end();
});

const noCapsh = spawnSync('capsh', ['--version']).error === undefined ? false : 'needs capsh';

t.test('as capsh(1) decodes them, each alone and all together', { skip: noCapsh }, (t) => {
  const masks = Array.from({ length: 41 }, (_, bit) => (1n << BigInt(bit)).toString(16));
  const all = ((1n << 41n) - 1n).toString(16);
  for (const mask of [...masks, all, 'a80425fb']) {
    const { stdout } = spawnSync('capsh', [`--decode=${mask}`], { encoding: 'utf8' });
    const theirs = stdout.trim().replace(/^[^=]*=/, '');
    t.equal(decodeCapabilities(mask).join(','), theirs, mask);
  }
  t.end();
});

t.test('live: our own, as /proc/self/status has them', (t) => {
  const host = linuxHost();
  const process = readProcess(host, host.processId)?.process;
  const status = host.readText('/proc/self/status');
  const field = (key: string) => new RegExp(`^${key}:\\s+(.*)$`, 'm').exec(status)?.[1];
  t.same(process?.capabilities, {
    effective: field('CapEff'),
    permitted: field('CapPrm'),
    inheritable: field('CapInh'),
    bounding: field('CapBnd'),
    ambient: field('CapAmb'),
  });
  t.equal(String(process?.seccomp), field('Seccomp'));
  t.equal(process?.noNewPrivs, field('NoNewPrivs') === '1');
  t.end();
});
