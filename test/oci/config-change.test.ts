import t from 'tap';
import { changeConfig } from '../../src/oci/config-change.js';
import type { ExecutionConfig } from '../../src/oci/image-config.js';

const BASE: ExecutionConfig = {
  Env: ['PATH=/bin', 'A=1'],
  Cmd: ['sh'],
  Labels: { old: '1' },
  WorkingDir: '/srv',
};

const GOOD: readonly (readonly [line: string, config: ExecutionConfig])[] = [
  ['CMD ["a", "b c"]', { Cmd: ['a', 'b c'] }],
  ['CMD echo $HOME', { Cmd: ['/bin/sh', '-c', 'echo $HOME'] }],
  ['cmd [not json', { Cmd: ['/bin/sh', '-c', '[not json'] }],
  ['ENV B=2 C="two words" D=a\\ b', { Env: ['PATH=/bin', 'A=1', 'B=2', 'C=two words', 'D=a b'] }],
  ['ENV A=$A$A', { Env: ['PATH=/bin', 'A=11'] }],
  ["ENV A='$A'", { Env: ['PATH=/bin', 'A=$A'] }],
  ['ENV PATH=/opt:${PATH} X=${NO:-none}', { Env: ['PATH=/opt:/bin', 'A=1', 'X=none'] }],
  ['ENV NAME all the rest', { Env: ['PATH=/bin', 'A=1', 'NAME=all the rest'] }],
  [
    'EXPOSE 80 53/udp 8000-8001',
    {
      ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} },
    },
  ],
  ['LABEL a=1 "b c"="d e"', { Labels: { old: '1', a: '1', 'b c': 'd e' } }],
  ['ONBUILD RUN make', { OnBuild: ['RUN make'] }],
  ['USER 1000:1000', { User: '1000:1000' }],
  ['VOLUME /data /log', { Volumes: { '/data': {}, '/log': {} } }],
  ['VOLUME ["/a b"]', { Volumes: { '/a b': {} } }],
  ['WORKDIR sub/../x', { WorkingDir: '/srv/x' }],
  ['WORKDIR /', { WorkingDir: '/' }],
  ['STOPSIGNAL SIGRTMIN+3', { StopSignal: 'SIGRTMIN+3' }],
  ['STOPSIGNAL 9', { StopSignal: '9' }],
  ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
  [
    'HEALTHCHECK --interval=1m30s --retries=3 CMD curl -f x',
    {
      Healthcheck: { Interval: 90e9, Retries: 3, Test: ['CMD-SHELL', 'curl -f x'] },
    },
  ],
];

t.test('each instruction', (t) => {
  for (const [line, expected] of GOOD)
    t.same(changeConfig(BASE, [line]), { ...BASE, ...expected }, line);
  t.end();
});

t.test('an entrypoint takes the command away that was there, not the one beside it', (t) => {
  const alone = changeConfig(BASE, ['ENTRYPOINT ["x"]']);
  t.same([alone.Entrypoint, alone.Cmd], [['x'], undefined]);
  const both = { ...BASE, Entrypoint: ['x'], Cmd: ['y'] };
  t.same(changeConfig(BASE, ['CMD ["y"]', 'ENTRYPOINT ["x"]']), both);
  t.same(changeConfig(BASE, ['ENTRYPOINT ["x"]', 'CMD ["y"]']), both);
  t.end();
});

const BAD: readonly (readonly [line: string, says: RegExp])[] = [
  ['RUN make', /not an instruction/],
  ['FROM x', /not an instruction/],
  ['constructor x', /not an instruction/],
  ['', /not an instruction/],
  ['CMD', /needs a value/],
  ['ENV A', /NAME=VALUE/],
  ['ENV A=1 B', /"B" is not NAME=VALUE/],
  ['ENV =1', /no name/],
  ['ENV A="open', /a " is missing/],
  ['ENV A=${B', /bad substitution|missing/],
  ['EXPOSE 70000', /no port/],
  ['EXPOSE 80/icmp', /no port/],
  ['EXPOSE 9-8', /no port/],
  ['ONBUILD ONBUILD RUN x', /not allowed/],
  ['ONBUILD FROM x', /no trigger/],
  ['STOPSIGNAL 99', /no signal/],
  ['HEALTHCHECK --nope=1 CMD x', /does not take/],
  ['HEALTHCHECK --interval=x CMD x', /no span of time/],
  ['HEALTHCHECK x', /CMD or NONE/],
  ['VOLUME [""]', /a volume has a path/],
];

t.test('what is wrong is said with the line', (t) => {
  for (const [line, says] of BAD) {
    t.throws(() => changeConfig(BASE, [line]), { code: 'INVALID_INPUT', message: says }, line);
  }
  t.end();
});
