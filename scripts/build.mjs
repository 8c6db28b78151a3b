// Bundles src/ into dist/: the command line and the shim, each in one CommonJS file. Start-up is
// a feature: one file is read faster than sixty, and Node starts CommonJS sooner than ES modules
// (docs/performance.md). Modules that a command does not use are in the file but never run.
// CUTAWAY_DIST moves the output.
import { build } from 'esbuild';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import v8 from 'node:v8';
import vm from 'node:vm';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const output = process.env.CUTAWAY_DIST ?? 'dist';

rmSync(output, { recursive: true, force: true });
await build({
  entryPoints: { main: 'src/cli/main.ts', shim: 'src/runtime/shim.ts' },
  outdir: output,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minifyWhitespace: true,
  minifySyntax: true,
  define: {
    CUTAWAY_VERSION: JSON.stringify(version),
    'import.meta.url': 'cutawayBundleUrl',
  },
  banner: { js: 'const cutawayBundleUrl=require("node:url").pathToFileURL(__filename).href;' },
  // Native, or large and needed by few commands: these stay packages and are loaded when used.
  external: ['koffi', 'yargs', 'cli-table3', 'typebox'],
  sourcemap: 'linked',
  logLevel: 'warning',
});

// All functions compiled ahead, for bin/cutaway.js: V8 takes it only from its own version and for
// the same source, and compiles by itself otherwise.
v8.setFlagsFromString('--no-lazy');
const filename = `${output}/main.cjs`;
const script = new vm.Script(wrap(readFileSync(filename, 'latin1')), { filename });
// The cache is for a V8 with the flags it has by default.
v8.setFlagsFromString('--lazy');
writeFileSync(`${output}/main.cache`, script.createCachedData());

/** The wrapper that bin/cutaway.js puts around the same source, to the letter. */
function wrap(source) {
  return `(function(require,module,exports,__filename){${source}\n})`;
}
