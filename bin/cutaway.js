#!/usr/bin/env node
'use strict';
// Runs dist/main.cjs with the compiled code that the build has left beside it.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const vm = require('node:vm');

const filename = join(__dirname, '../dist/main.cjs');
// esbuild writes ASCII: one byte a character is read faster.
const source = `(function(require,module,exports,__filename){${readFileSync(filename, 'latin1')}\n})`;
const script = new vm.Script(source, {
  filename,
  cachedData: readFileSync(join(__dirname, '../dist/main.cache')),
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const program = { exports: {} };
script.runInThisContext()(createRequire(filename), program, program.exports, filename);
