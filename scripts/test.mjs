// Compiles src/ and test/ file by file into build/ and runs the tests there with tap.
// Prints what was skipped and why, and ends with "N passed, N failed, N skipped".
//   npm test                     everything
//   npm test -- test/oci         one folder or file
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Parser } from 'tap-parser';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const output = process.env.CUTAWAY_BUILD ?? 'build';

/** Every file below `folder` whose name passes `wanted`. */
function files(folder, wanted) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => statSync(name).isFile() && wanted(name));
}

async function compile() {
  rmSync(output, { recursive: true, force: true });
  const isTypeScript = (name) => name.endsWith('.ts') && !name.endsWith('.d.ts');
  await build({
    entryPoints: [...files('src', isTypeScript), ...files('test', isTypeScript)],
    outdir: output,
    outbase: '.',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    define: { CUTAWAY_VERSION: JSON.stringify(version) },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

function selectTests(arguments_) {
  const chosen = arguments_.length > 0 ? arguments_ : ['test'];
  return chosen
    .flatMap((path) =>
      statSync(path).isDirectory() ? files(path, (f) => f.endsWith('.test.ts')) : [path],
    )
    .map((path) => join(output, path.replace(/\.ts$/, '.js')))
    .sort();
}

/** Runs tap and feeds its output to a parser that counts and collects skips. */
function runTap(tests) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['node_modules/tap/dist/esm/run.mjs', '--reporter=tap', ...tests],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '--enable-source-maps --no-warnings' },
      },
    );
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const skips = new Map();
    const durations = new Map();
    const watch = (parser, trail) => {
      parser.on('child', (sub) => watch(sub, [...trail, sub.name]));
      parser.on('assert', (result) => {
        if (trail.length === 0) durations.set(result.name, result.time ?? 0);
        if (result.skip !== false && result.skip !== undefined) {
          counts.skipped += 1;
          const reason = result.skip === true ? 'no reason given' : String(result.skip);
          skips.set(reason, [
            ...(skips.get(reason) ?? []),
            [...trail.slice(1), result.name].join(' > '),
          ]);
        } else if (result.ok) counts.passed += 1;
        else {
          counts.failed += 1;
          if (!result.name.includes('child test')) {
            process.stdout.write(
              `\nFAILED ${[...trail, result.name].join(' > ')}\n${JSON.stringify(result.diag, null, 2)}\n`,
            );
          }
        }
      });
      if (trail.length === 1) process.stdout.write(`${trail[0]}\n`);
    };
    const parser = new Parser();
    watch(parser, []);
    child.stdout.pipe(parser);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, counts, skips, durations }));
  });
}

const started = Date.now();
await compile();
// Tests of the whole program run this bundle: test/support/cli.ts.
const place = output === 'build' ? '.' : output;
if (place !== '.') cpSync('bin', join(place, 'bin'), { recursive: true });
process.env.CUTAWAY_PROGRAM = resolve(place, 'bin/cutaway.js');
process.env.CUTAWAY_DIST = resolve(place, 'dist');
await import('./build.mjs');
const tests = selectTests(process.argv.slice(2));
const { code, counts, skips, durations } = await runTap(tests);
for (const [reason, names] of skips) {
  process.stdout.write(`\nleft out (${reason}):\n${names.map((name) => `  ${name}\n`).join('')}`);
}
const slowest = [...durations].sort((a, b) => b[1] - a[1]).slice(0, 20);
process.stdout.write('\nthe slowest:\n');
for (const [name, time] of slowest) {
  process.stdout.write(`  ${(time / 1000).toFixed(1).padStart(6)} s  ${name}\n`);
}
process.stdout.write(`\n${tests.length} files, ${Math.round((Date.now() - started) / 1000)} s\n`);
process.stdout.write(
  `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
);
process.exitCode = code === 0 && counts.failed === 0 && counts.passed > 0 ? 0 : 1;
