import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { formatOverlayOptions, parseOverlayOptions } from '../../src/overlay/mount-options.js';
import { openBench, whyNoOverlay } from './oracle/bench.js';

t.test('a line of mountinfo', (t) => {
  t.same(
    parseOverlayOptions(
      'rw,lowerdir=/l/A:/l/B,upperdir=/u,workdir=/w,index=off,metacopy=on,userxattr,xino=off',
    ),
    {
      lowerdir: ['/l/A', '/l/B'],
      dataOnly: [],
      upperdir: '/u',
      workdir: '/w',
      flags: ['rw', 'index=off', 'metacopy=on', 'userxattr', 'xino=off'],
    },
  );
  t.same(parseOverlayOptions('ro,lowerdir+=/a:b,lowerdir+=/c\\134d,datadir+=/e\\054f,volatile'), {
    lowerdir: ['/a:b', '/c\\d'],
    dataOnly: ['/e,f'],
    flags: ['ro', 'volatile'],
  });
  t.same(parseOverlayOptions('lowerdir=/a\\134:b:/c\\134\\054d::/e::/f'), {
    lowerdir: ['/a:b', '/c,d'],
    dataOnly: ['/e', '/f'],
    flags: [],
  });
  t.same(parseOverlayOptions(''), { lowerdir: [], dataOnly: [], flags: [] });
  t.end();
});

t.test('text for mount(8), there and back', (t) => {
  const odd = ['/a:b', '/c,d', '/e\\f', '/g\\:h', '/i j', '/k\nl', '/m=n', '/o\\', '/\u{1f4a3}'];
  const options = {
    lowerdir: odd,
    dataOnly: ['/data:1', '/data,2'],
    upperdir: '/u,:\\',
    workdir: '/w',
    flags: ['metacopy=on'],
  };
  const text = formatOverlayOptions(options);
  t.match(text, /^lowerdir=\/a\\:b:\/c\\,d:\/e\\\\f:.*::\/data\\:1::\/data\\,2,upperdir=/s);
  t.same(parseOverlayOptions(text, 'mount'), options);
  t.equal(formatOverlayOptions({ lowerdir: [], dataOnly: [], flags: ['ro'] }), 'ro');
  t.end();
});

const ODD = ['co:lon', 'com,ma', 'sp ace', 'back\\slash', 'b\\:c', 'tab\tx', 'new\nline', 'a::b'];
const MORE = ['eq=ual', 'ha#sh', 'end\\', 'ü\u{1f4a3}', 'all : , \\ \\\\ \\, \\: '];

/** The super options of what is mounted on `target`. */
function superOptions(target: string): string {
  const lines = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const line = lines.find((candidate) => candidate.split(' ')[4] === target);
  return line?.split(' - ')[1]?.split(' ').slice(2).join(' ') ?? '';
}

t.test('what the kernel prints of odd paths', { skip: whyNoOverlay() ?? false }, (t) => {
  const bench = openBench();
  t.teardown(bench.clear);
  for (const [at, odd] of [...ODD, ...MORE].entries()) {
    const top = bench.directory(`${at} ${odd}`);
    const made = (name: string): string => {
      fs.mkdirSync(join(top, name));
      return join(top, name);
    };
    const lowerdir = [made('one'), made('two')];
    const [upperdir, workdir] = [made('upper'), made('work')];
    const byCall = bench.mount({ lower: lowerdir });
    t.match(
      parseOverlayOptions(superOptions(byCall)),
      { lowerdir, dataOnly: [] },
      `${odd}: lowerdir+`,
    );
    const target = bench.directory(`target-${at}`);
    const options = { lowerdir, dataOnly: [], upperdir, workdir, flags: ['index=off'] };
    const text = formatOverlayOptions(options);
    const child = spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', text, target]);
    t.equal(child.status, 0, `${odd}: mount(8) takes our text`);
    t.match(
      parseOverlayOptions(superOptions(target)),
      { lowerdir, dataOnly: [], upperdir, workdir },
      `${odd}: lowerdir=`,
    );
    bench.unmount(target);
  }
  t.end();
});

t.test('data-only layers', { skip: whyNoOverlay() ?? false }, (t) => {
  const bench = openBench();
  t.teardown(bench.clear);
  const lowerdir = [bench.directory('lower')];
  const dataOnly = ['data:1', 'data,2'].map(bench.directory);
  const target = bench.directory('target');
  const text = formatOverlayOptions({ lowerdir, dataOnly, flags: ['metacopy=on'] });
  const child = spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', text, target]);
  if (child.status !== 0) t.pass('data-only layers need Linux 6.5', { skip: true });
  else {
    t.match(parseOverlayOptions(superOptions(target)), { lowerdir, dataOnly });
    bench.unmount(target);
  }
  t.end();
});
