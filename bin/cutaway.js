#!/usr/bin/env node
'use strict';
// Runs dist/main.cjs with the compiled code that the build has left beside it.
const { existsSync, readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const vm = require('node:vm');

const filename = join(__dirname, '../dist/main.cjs');
const cache = join(__dirname, '../dist/main.cache');
if (existsSync(cache)) {
  // esbuild writes ASCII: one byte a character is read faster.
  const source = readFileSync(filename, 'latin1');
  const script = new vm.Script(`(function(require,module,exports,__filename){${source}\n})`, {
    filename,
    cachedData: readFileSync(cache),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const program = { exports: {} };
  script.runInThisContext()(createRequire(filename), program, program.exports, filename);
} else {
  process.stderr.write('cutaway: it is not built\n  npm run build\n');
  process.exitCode = 2;
}
