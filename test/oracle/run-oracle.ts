// `npm run oracle`: as many random stacks as one has time for. Every sixth one is also written to and
// the changes compared; test/overlay/kernel-*.test.ts try a few hundred of the same.
import { parseArgs } from 'node:util';
import { whyNoOverlay } from '../overlay/oracle/bench.js';
import { tryWrites } from '../overlay/oracle/random-diff.js';
import { tryStack } from '../overlay/oracle/random-stack.js';

const HELP = `Mounts random stacks of layers with overlayfs and compares them with the merge.

  npm run oracle -- [--stacks N] [--seed N]

--stacks N   how many; default 1000
--seed N     where to start; each stack has the next number; default the time
`;

const { values } = parseArgs({
  options: {
    stacks: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    help: { type: 'boolean', default: false },
  },
});

function print(text: string): void {
  process.stdout.write(text);
}

async function run(stacks: number, from: number): Promise<number> {
  let [compared, wrong] = [0, 0];
  const started = Date.now();
  for (let at = 0; at < stacks; at += 1) {
    const seed = from + at;
    const isWritten = seed % 6 === 5;
    const outcome = await (isWritten ? tryWrites(seed) : tryStack(seed));
    compared += outcome.compared;
    if (outcome.differences.length > 0) {
      wrong += 1;
      const lines = outcome.differences.slice(0, 10).map((line) => `  ${line}\n`);
      print(`seed ${seed}, ${isWritten ? 'written to' : 'mounted'}:\n${lines.join('')}`);
    }
    if ((at + 1) % 500 === 0) print(`${at + 1} stacks, ${compared} paths, ${wrong} differ\n`);
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  print(`${stacks} stacks from seed ${from}, ${compared} paths, ${wrong} differ, ${seconds} s\n`);
  return wrong;
}

const stacks = Number(values.stacks);
const seed = Number(values.seed);
const obstacle = whyNoOverlay();
if (values.help) print(HELP);
else if (!Number.isSafeInteger(stacks) || !Number.isSafeInteger(seed) || stacks < 1) {
  process.stderr.write(HELP);
  process.exitCode = 2;
} else if (obstacle !== undefined) {
  process.stderr.write(`oracle: ${obstacle}\n`);
  process.exitCode = 2;
} else process.exitCode = (await run(stacks, seed)) === 0 ? 0 : 1;
