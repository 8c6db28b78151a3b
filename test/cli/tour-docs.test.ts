// What is generated and committed is what the program has now: `npm run docs` makes it so.
import { readFileSync, readdirSync } from 'node:fs';
import t from 'tap';
import { STEPS } from '../../src/cli/tour/tour-steps.js';
import { formatJson } from '../../src/report/json.js';
import { documentSchema, SCHEMA_NAMES } from '../../src/report/schemas.js';

t.test('schema/ has the schema of every document, and no other', (t) => {
  const wanted = SCHEMA_NAMES.map((name) => `${name}-v1.json`).sort();
  t.same(readdirSync('schema').sort(), wanted);
  for (const name of SCHEMA_NAMES) {
    const text = readFileSync(`schema/${name}-v1.json`, 'utf8');
    t.equal(text, formatJson(documentSchema(name)), name);
  }
  t.end();
});

/** Headings, and the commands under them, of a tour in Markdown. */
function outline(markdown: string): string[] {
  return markdown
    .split('\n')
    .filter((line) => /^(?:## |\$ |\/ # )/.test(line))
    .map((line) =>
      line.replace(/[0-9a-f]{64}/, '{tour}').replaceAll('/tmp/cutaway-tour', '{root}'),
    );
}

t.test('docs/tour.md has the steps of the tour and their commands', (t) => {
  const steps = STEPS.filter(({ without }) => without === undefined);
  const wanted = steps.flatMap(({ title, lines }, index) => [
    `## ${index + 1}. ${title}`,
    ...lines.map(({ where, text }) => `${where === 'host' ? '$' : '/ #'} ${text}`),
  ]);
  const page = readFileSync('docs/tour.md', 'utf8');
  t.same(outline(page), wanted);
  for (const { text, title } of steps) {
    const flat = (words: string) => words.replaceAll(/\s+/g, ' ');
    t.ok(flat(page).includes(flat(text)), `the text of "${title}"`);
  }
  t.end();
});
