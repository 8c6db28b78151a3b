// Bundles src/ into dist/: the shim and the worker thread in a file each, and the command line as a
// pack of chunks with V8's compiled code beside it, which bin/cutaway.js runs. Start-up is a feature: a command reads
// and compiles only what it uses (docs/performance.md). CUTAWAY_DIST moves the output.
import { build, transform } from 'esbuild';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import v8 from 'node:v8';
import vm from 'node:vm';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const output = process.env.CUTAWAY_DIST ?? 'dist';

/** In the sources koffi is required at the first system call; here it comes into the bundle. */
const bundleKoffi = {
  name: 'bundle-koffi',
  setup: ({ onLoad }) => {
    onLoad({ filter: /src\/host\/load-koffi\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/^.*= createRequire\(.*$/m, ''),
      loader: 'ts',
    }));
  },
};

/** cli-table3 measures with a string-width that compiles every emoji there is: 15 ms of each table. */
const oneStringWidth = {
  name: 'one-string-width',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^string-width$/ }, () => ({ path: 'string-width', namespace: 'fast' }));
    onLoad({ filter: /.*/, namespace: 'fast' }, () => ({
      contents: "module.exports = require('fast-string-width').default;",
      resolveDir: process.cwd(),
    }));
  },
};

/** In tmux blessed asks tmux for its version at every start: 10 ms for what we use nothing of. */
const quietBlessed = {
  name: 'quiet-blessed',
  setup: ({ onLoad }) => {
    onLoad({ filter: /blessed\/lib\/program\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace('!!process.env.TMUX', 'false'),
      loader: 'js',
    }));
  },
};

const options = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifyWhitespace: true,
  minifySyntax: true,
  define: { CUTAWAY_VERSION: JSON.stringify(version), 'import.meta.url': 'cutawayUrl' },
  // Native, or large and needed by few commands: these stay packages and are loaded when used.
  external: ['@koromix/*', 'yargs', 'typebox', 'yaml'],
  plugins: [bundleKoffi, oneStringWidth, quietBlessed],
  logLevel: 'warning',
};
const URL_BANNER = 'const cutawayUrl=require("node:url").pathToFileURL(__filename).href;';
// What CommonJS has in every module and koffi asks for.
const REQUIRE_BANNER =
  'import{createRequire as cutawayRequire}from"node:module";import{fileURLToPath as cutawayPath}from"node:url";' +
  'const require=cutawayRequire(import.meta.url),__filename=cutawayPath(import.meta.url);';

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
await build({
  ...options,
  entryPoints: { shim: 'src/runtime/shim.ts' },
  outfile: `${output}/shim.cjs`,
  format: 'cjs',
  banner: { js: URL_BANNER },
});
// By the name that it has among the sources: src/overlay/layer-worker.ts looks for it beside itself.
await build({
  ...options,
  entryPoints: { 'index-layers-worker': 'src/overlay/index-layers-worker.ts' },
  outdir: output,
  format: 'esm',
  define: {},
  banner: { js: REQUIRE_BANNER },
});
writePack(await buildChunks());

/** The chunks of the command line by name, each a CommonJS module. */
async function buildChunks() {
  const { outputFiles } = await build({
    ...options,
    entryPoints: { main: 'src/cli/main.ts' },
    outdir: output,
    format: 'esm',
    splitting: true,
    write: false,
  });
  const chunks = new Map();
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      minifyWhitespace: true,
      // Chunks are loaded from the pack, packages by Node 20.19's require of ES modules.
      supported: { 'dynamic-import': false },
    });
    const banner = code.includes('cutawayUrl') ? URL_BANNER : '';
    chunks.set(basename(path), `(function(require,module,exports,__filename){${banner}${code}\n})`);
  }
  return chunks;
}

/** All functions compiled ahead: V8 takes that only from its own version, else it compiles. */
function writePack(chunks) {
  const sources = [];
  const caches = [];
  const index = {};
  let [source, cache] = [0, 0];
  for (const [name, code] of chunks) {
    v8.setFlagsFromString('--no-lazy');
    const script = new vm.Script(code, { filename: name });
    // The cache is for a V8 with the flags it has by default.
    v8.setFlagsFromString('--lazy');
    const data = script.createCachedData();
    index[name] = [source, (source += code.length), cache, (cache += data.length)];
    sources.push(code);
    caches.push(data);
  }
  const text = sources.join('');
  if (/[^\0-\x7f]/.test(text)) throw new Error('the bundle is not ASCII');
  writeFileSync(`${output}/chunks.js`, text);
  writeFileSync(`${output}/chunks.cache`, Buffer.concat(caches));
  writeFileSync(`${output}/chunks.json`, JSON.stringify(index));
}
