import t from 'tap';
import { DIVE_RULES, judgeWaste, readRules } from '../../src/inspect/waste-rules.js';
import type { WasteRules } from '../../src/inspect/waste-rules.js';

const FIGURES = {
  efficiency: 0.9,
  wastedBytes: 20_000_000,
  userWastedPercent: 0.2,
  sizeBytes: 200_000_000,
  userSizeBytes: 100_000_000,
};

function verdict(rules: WasteRules, figures = FIGURES): string {
  return judgeWaste(figures, rules)
    .map(({ status }) => status)
    .join(' ');
}

t.test('a threshold that is met is kept', (t) => {
  const met = {
    lowestEfficiency: '0.9',
    highestWastedBytes: '20MB',
    highestUserWastedPercent: '0.2',
  };
  t.equal(verdict(met), 'PASS PASS PASS');
  const close = {
    lowestEfficiency: '0.90001',
    highestWastedBytes: '19999999',
    highestUserWastedPercent: '.19',
  };
  t.equal(verdict(close), 'FAIL FAIL FAIL');
  t.equal(verdict({ lowestEfficiency: 'disabled', highestWastedBytes: 'off' }), 'SKIP SKIP SKIP');
  const infinite = { ...FIGURES, userWastedPercent: Infinity };
  t.equal(verdict({ highestUserWastedPercent: '1' }, infinite), 'SKIP SKIP FAIL');
  t.equal(judgeWaste(infinite, {})[2]?.actual, undefined, 'JSON has no infinity');
  t.end();
});

t.test('sizes as dive reads them', (t) => {
  const sizes: readonly (readonly [string, number])[] = [
    ['20MB', 20_000_000],
    ['20 mb', 20_000_000],
    ['20MiB', 20_971_520],
    ['1.5k', 1500],
    ['1,024 B', 1024],
    ['2Gi', 2 ** 31],
    ['77', 77],
  ];
  for (const [text, bytes] of sizes) {
    const [, rule] = judgeWaste(FIGURES, { highestWastedBytes: text });
    t.equal(rule?.threshold, bytes, text);
  }
  t.end();
});

t.test('what is no threshold is refused', (t) => {
  const wrong: readonly WasteRules[] = [
    { lowestEfficiency: '1.1' },
    { lowestEfficiency: '90%' },
    { highestUserWastedPercent: '-0.1' },
    { highestWastedBytes: 'much' },
    { highestWastedBytes: '1.2.3MB' },
    { highestWastedBytes: '-5' },
  ];
  for (const rules of wrong) {
    t.throws(() => judgeWaste(FIGURES, rules), { code: 'INVALID_INPUT' }, JSON.stringify(rules));
  }
  t.end();
});

t.test('rules of a file', (t) => {
  t.same(readRules(null, 'f'), DIVE_RULES, 'an empty file');
  t.same(readRules({}, 'f'), DIVE_RULES);
  t.same(readRules({ rules: { lowestEfficiency: '0.95' } }, 'f'), {
    ...DIVE_RULES,
    lowestEfficiency: '0.95',
  });
  t.same(
    readRules(
      { ci: 'true', rules: { 'lowest-efficiency-threshold': 0.5, HIGHESTWASTEDBYTES: 7 } },
      'f',
    ),
    { ...DIVE_RULES, lowestEfficiency: '0.5', highestWastedBytes: '7' },
    'in all spellings',
  );
  t.throws(
    () => readRules({ rules: { lowestEficiency: 1 } }, 'f'),
    /read f: there is no rule "low/,
  );
  t.throws(() => readRules({ rules: [] }, 'f'), /"rules" is no map/);
  t.throws(() => readRules('text', 'f'), { code: 'INVALID_INPUT' });
  t.throws(() => readRules({ rules: { lowestEfficiency: {} } }, 'f'), { code: 'INVALID_INPUT' });
  t.end();
});
