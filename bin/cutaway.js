#!/bin/sh
':' /*
# The shell's part of this file; to Node it is a comment.
# Node parses these certificates at every start, for 40 ms, before anyone speaks TLS.
if [ -n "${NODE_EXTRA_CA_CERTS-}" ]; then
  export CUTAWAY_NODE_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"
  unset NODE_EXTRA_CA_CERTS
fi
# Without "--", Node 20 takes an --env-file that is meant for us for its own.
exec node -- "$0" "$@"
*/
'use strict';
// Runs the command line from dist/, each chunk with the code that the build compiled ahead.
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');

const dist = join(__dirname, '../dist');
giveBack('NODE_EXTRA_CA_CERTS');
if (existsSync(join(dist, 'chunks.json'))) load('main.js', readPack());
else {
  process.stderr.write('cutaway: it is not built\n  npm run build\n');
  process.exitCode = 2;
}

/** The environment as the caller set it, for those who read it later and for children. */
function giveBack(name) {
  const value = process.env[`CUTAWAY_${name}`];
  if (value === undefined) return;
  process.env[name] = value;
  delete process.env[`CUTAWAY_${name}`];
}

function readPack() {
  return {
    index: JSON.parse(readFileSync(join(dist, 'chunks.json'), 'latin1')),
    // The build writes ASCII: one byte a character is read faster.
    text: readFileSync(join(dist, 'chunks.js'), 'latin1'),
    cache: readFileSync(join(dist, 'chunks.cache')),
    modules: new Map(),
  };
}

/** A chunk of the pack by its name, run at its first use. */
function load(name, pack) {
  const known = pack.modules.get(name);
  if (known !== undefined) return known.exports;
  const [from, to, cacheFrom, cacheTo] = pack.index[name];
  const filename = join(dist, name);
  const script = new vm.Script(pack.text.slice(from, to), {
    filename,
    cachedData: pack.cache.subarray(cacheFrom, cacheTo),
  });
  const module = { exports: {} };
  pack.modules.set(name, module);
  const requireChunk = (id) => {
    const chunk = id.startsWith('./') ? id.slice(2) : id;
    return Object.hasOwn(pack.index, chunk) ? load(chunk, pack) : require(id);
  };
  script.runInThisContext()(requireChunk, module, module.exports, filename);
  return module.exports;
}
