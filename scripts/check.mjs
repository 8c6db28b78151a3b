// npm run check: format, typed lint, types, architecture. Stops at nothing, fails if anything does.
import { spawnSync } from 'node:child_process';

const steps = [
  ['format', ['node_modules/.bin/prettier', '--check', '--log-level', 'warn', '.']],
  ['types', ['node_modules/.bin/tsc', '-p', 'tsconfig.json']],
  ['lint', ['node_modules/.bin/eslint', '--max-warnings', '0', '.']],
  ['architecture', [process.execPath, 'scripts/test.mjs', 'test/architecture.test.ts']],
];
let failed = 0;
for (const [name, [command, ...rest]] of steps) {
  const { status } = spawnSync(command, rest, { stdio: 'inherit' });
  process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}\n`);
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
