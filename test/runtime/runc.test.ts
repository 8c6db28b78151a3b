// What runc says when a start fails, and what we make of it.
import { mkdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { isExecComplaint, readExecFailure, readStartFailure } from '../../src/runtime/runc.js';
import { containerPaths, storePaths } from '../../src/runtime/store/paths.js';

const NOT_FOUND = 'exec: "nosuch": executable file not found in $PATH';

t.test('from its log', (t) => {
  const host = linuxHost();
  const paths = {
    ...containerPaths(storePaths(host, t.testdir()), 'a'.repeat(64)),
    runtimeLog: `${t.testdirName}/log`,
  };
  mkdirSync(t.testdirName, { recursive: true });
  const line = (level: string, msg: string) => `${JSON.stringify({ level, msg, time: 'x' })}\n`;
  const failed = 'runc run failed: unable to start container process: ';
  const cases: [string, number, string][] = [
    [line('error', `${failed}${NOT_FOUND}`), 127, NOT_FOUND],
    [line('error', `container_linux.go:380: ${NOT_FOUND}`), 127, NOT_FOUND],
    [
      line('error', `${failed}exec: "/x": stat /x: no such file or directory`),
      127,
      'exec: "/x": stat /x: no such file or directory',
    ],
    [
      line('error', `${failed}exec: "/etc": permission denied`),
      126,
      'exec: "/etc": permission denied',
    ],
    [line('error', `${failed}exec: "/etc": is a directory`), 126, 'exec: "/etc": is a directory'],
    [
      line('error', `${failed}error mounting "/x" to rootfs: not a directory`),
      125,
      'error mounting "/x" to rootfs: not a directory',
    ],
    [line('error', 'first') + line('warning', 'in between') + line('error', 'last'), 125, 'last'],
    ['not JSON\n' + line('fatal', 'x'), 125, 'x'],
    ['', 125, 'from stderr'],
  ];
  for (const [log, exitCode, text] of cases) {
    writeFileSync(paths.runtimeLog, log);
    const failure = readStartFailure(host, paths, 'web', ' from stderr\n');
    t.equal(failure.exitCode, exitCode, text);
    t.equal(failure.error.message, `start container "web": ${text}`);
  }
  writeFileSync(paths.runtimeLog, '');
  t.match(readStartFailure(host, paths, 'web', '').error.message, /the runtime said nothing$/);
  t.end();
});

t.test('after it has called the program started', (t) => {
  const format = 'exec /in/garbage: exec format error\n';
  t.match(readExecFailure('web', 1, format), {
    exitCode: 126,
    error: { message: 'start container "web": exec "/in/garbage": exec format error' },
  });
  t.equal(readExecFailure('web', 255, format)?.exitCode, 126, 'a later runc');
  t.equal(readExecFailure('web', 1, 'exec /x: no such file or directory\n')?.exitCode, 127);
  const old = 'standard_init_linux.go:228: exec user process caused: exec format error\n';
  t.match(readExecFailure('web', 1, old), {
    exitCode: 126,
    error: { message: /: exec: exec format error$/ },
  });
  for (const [status, text] of [
    [0, format],
    [3, format],
    [undefined, format],
    [1, `${format}more\n`],
    [1, `before\n${format}`],
    [1, 'exec /x: something else\n'],
    [1, ''],
  ] as const) {
    t.equal(readExecFailure('web', status, text), undefined, JSON.stringify([status, text]));
  }
  t.ok(isExecComplaint(format));
  t.notOk(isExecComplaint('exec /in/garbage: exec format error'), 'a line is not whole yet');
  t.end();
});
