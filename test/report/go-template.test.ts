import t from 'tap';
import { formatTemplate } from '../../src/report/go-template.js';
import { formatTemplateRows } from '../../src/report/template-rows.js';
import { makeTheme } from '../../src/report/theme.js';

const VALUE = {
  ID: 'abc',
  Size: 12,
  Config: { Env: ['A=1', 'B=2'], Labels: { z: '26', a: '1' }, Cmd: null, 'odd.key': 'x' },
  Tags: ['one', 'two'],
  None: [],
  Yes: true,
};

const CASES: readonly (readonly [template: string, text: string])[] = [
  ['{{.ID}} {{ .Size }}', 'abc 12'],
  ['{{.Config.Env}}', '[A=1 B=2]'],
  ['{{.Config.Labels}}', 'map[a:1 z:26]'],
  ['{{json .Config.Env}}', '["A=1","B=2"]'],
  ['{{json .}}', JSON.stringify(VALUE)],
  ['{{.Config.Cmd}}', '<no value>'],
  ['{{range .Tags}}<{{.}}>{{end}}', '<one><two>'],
  ['{{range $i, $tag := .Tags}}{{$i}}={{$tag}} {{end}}', '0=one 1=two '],
  ['{{range $k, $v := .Config.Labels}}{{$k}}{{$v}};{{end}}', 'a1;z26;'],
  ['{{range .None}}x{{else}}none{{end}}', 'none'],
  ['{{if .Yes}}y{{else}}n{{end}}{{if not .Yes}}n{{end}}', 'y'],
  ['{{if .None}}a{{else if eq .ID "abc"}}b{{else}}c{{end}}', 'b'],
  ['{{with .Config}}{{index .Labels "a"}}{{end}}', '1'],
  ['{{index .Tags 1}} {{len .Tags}} {{index .Config "odd.key"}}', 'two 2 x'],
  ['{{join .Tags ","}} {{upper .ID}} {{.ID | upper | printf "%5s|"}}', 'one,two ABC   ABC|'],
  ['{{$x := .ID}}{{range .Tags}}{{$x}}{{$.Size}}{{end}}', 'abc12abc12'],
  ['a {{- .ID -}} b', 'aabcb'],
  ['{{/* nothing */}}{{"}} \\" quoted"}}', '}} " quoted'],
  ['{{(index .Tags 0)}}{{println .ID}}', 'oneabc\n'],
  ['{{truncate .ID 2}}{{if and .Yes (gt .Size 10)}}!{{end}}', 'ab!'],
  ['no field', 'no field'],
];

t.test('templates that people use', (t) => {
  for (const [template, text] of CASES) t.equal(formatTemplate(template, VALUE), text, template);
  t.end();
});

const BAD: readonly (readonly [template: string, says: RegExp])[] = [
  ['{{.Nope}}', /"\.Nope", which is not there/],
  ['{{.ID.x}}', /"\.x", which is not there/],
  ['{{.constructor}}', /not there/],
  ['{{.ID', /not closed/],
  ['{{end}}', /without what it ends/],
  ['{{if .ID}}x', /without its "end"/],
  ['{{}}', /empty action/],
  ['{{nope .ID}}', /unknown function "nope"/],
  ['{{constructor .ID}}', /unknown function/],
  ['{{$x}}', /no variable/],
  ['{{index .Tags 9}}', /out of range/],
  ['{{range .ID}}{{end}}', /can't iterate/],
  ['{{.ID |}}', /missing value/],
  ['{{(.ID}}', /not closed/],
  ['{{.ID % 2}}', /unexpected/],
];

t.test('what is wrong is said', (t) => {
  for (const [template, says] of BAD) {
    t.throws(
      () => formatTemplate(template, VALUE),
      { code: 'INVALID_INPUT', message: says },
      template,
    );
  }
  t.end();
});

t.test('rows: safe for a terminal, and as a table', (t) => {
  const view = { theme: makeTheme(false), width: 80, noTrunc: false, now: 0 };
  const rows = [
    { ID: '1', Name: '\x1b]0;evil\x07' },
    { ID: '22', Name: 'b\u202e' },
  ];
  t.equal(
    formatTemplateRows('{{.ID}}\\t{{.Name}}', rows, {}, view),
    '1\t\\x1b]0;evil\\x07\n22\tb\\u202e\n',
  );
  t.equal(
    formatTemplateRows('table {{.ID}}\\t{{.Name}}', rows, { ID: 'ID', Name: 'NAME' }, view),
    'ID   NAME\n1    \\x1b]0;evil\\x07\n22   b\\u202e\n',
  );
  t.end();
});
