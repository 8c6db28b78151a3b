// npm run docs: writes what is generated and committed, from the program that was built.
//   schema/NAME-v1.json   `cutaway schema NAME`, for every document
//   docs/tour.md          `cutaway tour --format markdown`: needs root, runc and busybox-static
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program =
  process.env.CUTAWAY_PROGRAM ?? fileURLToPath(new URL('../bin/cutaway.js', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));

function cutaway(path, ...args) {
  return execFileSync(process.execPath, [path, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  });
}

function writeSchemas() {
  const directory = `${root}/schema`;
  const names = cutaway(program, 'schema').split('\n').filter(Boolean);
  const wanted = new Map(
    names.map((name) => {
      const text = cutaway(program, 'schema', name);
      const version = /\/(v\d+)$/.exec(JSON.parse(text).$id)[1];
      return [`${name}-${version}.json`, text];
    }),
  );
  mkdirSync(directory, { recursive: true });
  for (const old of readdirSync(directory)) {
    if (!wanted.has(old)) rmSync(`${directory}/${old}`);
  }
  for (const [name, text] of wanted) writeFileSync(`${directory}/${name}`, text);
  process.stdout.write(`schema/: ${wanted.size} files\n`);
}

const HEAD = `<!-- Made by "npm run docs" from "cutaway tour --format markdown". Do not edit. -->

`;

/** Run as it is when it is installed, so that the listing of processes has its usual name. */
function writeTour() {
  const directory = '/tmp/cutaway-docs';
  mkdirSync(directory, { mode: 0o700 });
  try {
    symlinkSync(program, `${directory}/cutaway`);
    const text = cutaway(`${directory}/cutaway`, 'tour', '--format', 'markdown');
    if (text.includes('Left out')) {
      throw new Error(`this machine cannot show the whole tour:\n${text.slice(0, 1500)}`);
    }
    writeFileSync(`${root}/docs/tour.md`, HEAD + text);
    process.stdout.write('docs/tour.md\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

writeSchemas();
writeTour();
