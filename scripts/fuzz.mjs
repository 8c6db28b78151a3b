// The fuzzers of test/fuzz for as long as you like.
//   npm run fuzz -- --seconds 600          from a seed that is printed
//   npm run fuzz -- --seed 123             that one trial again
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
});
const { status } = spawnSync(process.execPath, ['scripts/test.mjs', 'test/fuzz'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    CUTAWAY_FUZZ_SECONDS: values.seconds,
    ...(values.seed === undefined ? {} : { FUZZ_SEED: values.seed }),
    // tap ends a file after half a minute by itself.
    TAP_TIMEOUT: String(Number(values.seconds) + 60),
  },
});
process.exitCode = status ?? 1;
