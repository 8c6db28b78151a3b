import t from 'tap';
import { markdownFace, terminalFace } from '../../src/cli/tour/tour-face.js';
import type { TourLine } from '../../src/cli/tour/tour-steps.js';
import { makeTheme } from '../../src/report/theme.js';

const LINE: TourLine = { where: 'host', text: 'ls', status: 0 };
const INSIDE: TourLine = { where: 'inside', text: 'mount', status: 0, lines: 2 };

function written(make: (print: (text: string) => void) => void): string {
  let text = '';
  make((part) => {
    text += part;
  });
  return text;
}

t.test('Markdown: one block of code for each step, with prose outside of it', (t) => {
  const text = written((print) => {
    const face = markdownFace(print);
    face.title('A tour');
    face.step(1, 2, 'First');
    face.paragraph('See `ls`.');
    face.command(LINE, 'ls');
    face.output(LINE, 'one\n');
    face.command(INSIDE, 'mount');
    face.output(INSIDE, 'a\nb\nc\nd\n');
    face.step(2, 2, 'Second');
    face.command(LINE, 'true');
    face.output(LINE, '');
    face.paragraph('The end.');
    face.item('one thing');
  });
  t.equal(
    text,
    `# A tour

## 1. First

See \`ls\`.

\`\`\`console
$ ls
one

/ # mount
a
b
… (2 more lines)
\`\`\`

## 2. Second

\`\`\`console
$ true
\`\`\`

The end.
- one thing
`,
  );
  t.end();
});

t.test('terminal: text is wrapped by what is seen, code is marked or bold', (t) => {
  const words = 'a word and then `some code here` and more words';
  const plain = written((print) => {
    const style = { theme: makeTheme(false), color: false, columns: 40 };
    terminalFace(print, style).paragraph(words);
  });
  t.equal(plain, '\na word and then `some code here` and\nmore words\n');
  const painted = written((print) => {
    const style = { theme: makeTheme(true), color: true, columns: 40 };
    terminalFace(print, style).paragraph(words);
  });
  const bold = '\u001b[1msome code here\u001b[22m';
  t.equal(painted, `\na word and then ${bold} and more\nwords\n`, 'marks take no room');
  t.end();
});

t.test('terminal: a heading fills the line and no more', (t) => {
  for (const columns of [40, 80, 200]) {
    const text = written((print) => {
      const style = { theme: makeTheme(false), color: false, columns };
      terminalFace(print, style).step(3, 11, 'A title');
    });
    t.equal(text.trim().length, Math.min(columns, 80), `${columns} columns`);
    t.match(text, /^\n── 3 of 11 · A title ─+\n$/);
  }
  t.end();
});

t.test('output is cut where the line says so, and says so itself', (t) => {
  const show = (line: TourLine, text: string) =>
    written((print) => {
      markdownFace(print).output(line, text);
    });
  t.equal(show({ ...LINE, columns: 5 }, 'one two three\nfour\n'), 'one …\nfour\n');
  t.equal(show({ ...LINE, lines: 2 }, 'a\nb\n'), 'a\nb\n', 'nothing is missing: nothing is said');
  t.equal(show(LINE, ''), '');
  t.equal(show(LINE, 'no newline'), 'no newline\n');
  t.end();
});
