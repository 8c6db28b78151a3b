import * as fs from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { planOverlayMount, type OverlayPlan } from '../../src/overlay/mount.js';
import { host, openBench, whyNoOverlay } from './oracle/bench.js';

const plan: OverlayPlan = {
  lower: ['/s/l/B', '/s/l/A'],
  upper: '/s/u',
  work: '/s/w',
  target: '/s/m',
};

t.test('a writable mount', (t) => {
  t.same(planOverlayMount(plan), {
    lower: ['/s/l/B', '/s/l/A'],
    upper: '/s/u',
    work: '/s/w',
    target: '/s/m',
    options: ['index=off', 'metacopy=off', 'redirect_dir=nofollow'],
  });
  t.match(planOverlayMount({ ...plan, root: '/s' }), { lower: ['l/B', 'l/A'], directory: '/s' });
  t.match(planOverlayMount({ ...plan, root: '/' }), { lower: ['s/l/B', 's/l/A'], directory: '/' });
  t.match(planOverlayMount({ ...plan, root: '/other' }).lower, ['/s/l/B', '/s/l/A']);
  t.match(planOverlayMount({ ...plan, userxattr: true, volatile: true }).options, [
    'index=off',
    'userxattr',
    'volatile',
  ]);
  t.equal(planOverlayMount({ ...plan, readOnly: true }).readOnly, true);
  t.end();
});

t.test('without an upperdir it is read-only', (t) => {
  const readOnly = { lower: plan.lower, target: plan.target };
  t.match(planOverlayMount(readOnly), { readOnly: true, lower: plan.lower });
  t.notOk('upper' in planOverlayMount(readOnly));
  t.end();
});

t.test('what no kernel takes', (t) => {
  const noWork = { lower: plan.lower, upper: '/s/u', target: plan.target };
  const many = Array.from({ length: 501 }, (_, at) => `/l/${at}`);
  const refused: readonly (readonly [string, OverlayPlan, RegExp])[] = [
    ['INVALID_INPUT', { ...plan, lower: [] }, /no lower directory/],
    ['INVALID_INPUT', { ...plan, lower: ['/a', '/a'] }, /twice/],
    ['INVALID_INPUT', { ...plan, lower: [''] }, /without a name/],
    ['INVALID_INPUT', noWork, /go together/],
    ['INVALID_INPUT', { lower: ['/a'], target: '/m' }, /one layer alone/],
    ['LIMIT_EXCEEDED', { ...plan, lower: many }, /501 layers, the kernel takes 500/],
  ];
  for (const [code, wrong, message] of refused) {
    t.throws(() => planOverlayMount(wrong), { code, message }, message.source);
  }
  t.end();
});

t.test('the kernel takes the plan, and the most layers', { skip: whyNoOverlay() ?? false }, (t) => {
  const bench = openBench();
  t.teardown(bench.clear);
  const lower = Array.from({ length: 500 }, (_, at) => bench.directory(`l${at}`));
  fs.writeFileSync(join(bench.root, 'l499/base'), 'base');
  const directories = { lower, upper: bench.directory('u'), work: bench.directory('w') };
  for (const root of [undefined, bench.root]) {
    const target = bench.directory(root === undefined ? 'm1' : 'm2');
    const more = root === undefined ? {} : { root };
    host.mountOverlay(planOverlayMount({ ...directories, target, ...more }));
    t.equal(fs.readFileSync(join(target, 'base'), 'utf8'), 'base');
    bench.unmount(target);
  }
  const target = bench.directory('m3');
  host.mountOverlay(planOverlayMount({ lower, target }));
  t.throws(
    () => {
      fs.writeFileSync(join(target, 'new'), '');
    },
    { code: 'EROFS' },
  );
  bench.unmount(target);
  t.throws(() => {
    host.mountOverlay({ lower: lower.slice(0, 1), target });
  }, 'one layer alone is refused by the kernel too');
  t.end();
});
