// npm run oracle -- --stacks 5000: bundles test/oracle/run-oracle.ts and runs it with these arguments.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

// Beside node_modules, where the native parts of koffi are found.
const output = mkdtempSync('build-oracle-');
process.on('exit', () => rmSync(output, { recursive: true, force: true }));
const outfile = join(output, 'run-oracle.mjs');
await build({
  entryPoints: ['test/oracle/run-oracle.ts'],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
