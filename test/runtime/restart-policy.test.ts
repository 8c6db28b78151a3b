import t from 'tap';
import { nextDelay, parseRestartPolicy, shallRestart } from '../../src/runtime/restart-policy.js';

t.test('policies', (t) => {
  t.equal(parseRestartPolicy('no'), undefined);
  t.same(parseRestartPolicy('always'), { name: 'always' });
  t.same(parseRestartPolicy('on-failure:3'), { name: 'on-failure', maximumRetryCount: 3 });
  for (const text of ['', 'yes', 'always:3', 'on-failure:', 'on-failure:-1', 'no:1']) {
    t.throws(() => parseRestartPolicy(text), /invalid restart policy/, text);
  }
  t.end();
});

t.test('when', (t) => {
  const two = { name: 'on-failure', maximumRetryCount: 2 } as const;
  t.equal(shallRestart(two, { exitCode: 1 }, 1, undefined), true);
  t.equal(shallRestart(two, { exitCode: 1 }, 2, undefined), false);
  t.equal(shallRestart(two, { exitCode: 0 }, 0, undefined), false);
  t.equal(shallRestart(two, { error: 'lost' }, 0, undefined), true);
  t.equal(shallRestart({ name: 'always' }, { exitCode: 0 }, 99, undefined), true);
  t.equal(shallRestart({ name: 'always' }, { exitCode: 0 }, 0, 'stopped'), false);
  t.equal(shallRestart(undefined, { exitCode: 1 }, 0, undefined), false);
  t.end();
});

t.test('how long after', (t) => {
  const delays: (number | undefined)[] = [undefined];
  for (let turn = 0; turn < 12; turn += 1) {
    delays.push(nextDelay(delays.at(-1), 5));
  }
  t.same(
    delays.slice(1),
    [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000],
  );
  t.equal(nextDelay(60_000, 10_000), 100);
  t.end();
});
