// Bundles src/ into dist/. One entry for the command line, one for the shim; what only some
// commands need becomes a chunk of its own, so that start-up reads only what the command uses.
// CUTAWAY_DIST moves the output.
import { build } from 'esbuild';
import { readFileSync, rmSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

const output = process.env.CUTAWAY_DIST ?? 'dist';

rmSync(output, { recursive: true, force: true });
await build({
  entryPoints: { main: 'src/cli/main.ts', shim: 'src/runtime/shim.ts' },
  outdir: output,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  minifySyntax: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  define: { CUTAWAY_VERSION: JSON.stringify(version) },
  // CommonJS packages keep their own require; the rest is read from the bundle.
  external: ['koffi', 'yargs', 'cli-table3', 'tar-stream', 'blessed'],
  loader: { '.bin': 'base64' },
  sourcemap: 'linked',
  logLevel: 'warning',
});
