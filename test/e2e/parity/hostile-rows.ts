// Images that want a mount of the runtime's to end elsewhere: peers lost here (CVE-2019-16884,
// CVE-2021-30465, CVE-2024-45310).
import { runArguments, type Row } from '../../support/parity.js';

const on = (place: string, options: readonly string[], script: string) => [
  ...[...runArguments(options), `turned-${place}`, 'sh', '-c', script],
];

export function hostileRows(): Row[] {
  return [
    { what: '/proc is a link', refused: true, steps: [on('proc', [], 'true')] },
    { what: '/sys is a link', refused: true, steps: [on('sys', [], 'true')] },
    {
      what: '/dev is a link',
      steps: [
        on(
          'dev',
          [],
          'ls -l / | grep -c "dev -> "; ls /dev/ | sort; echo x >/dev/null && echo null',
        ),
      ],
    },
    {
      what: '/etc is a link',
      steps: [
        on(
          'etc',
          ['-h', 'inside'],
          'cat /etc/hostname; ls /tmp/turned-etc; ls -l / | grep -c "etc -> "',
        ),
      ],
    },
    {
      what: 'a mount beneath a link',
      steps: [
        on('etc', ['--tmpfs', '/etc/a/b'], "grep -c ' /tmp/turned-etc/a/b ' /proc/self/mountinfo"),
      ],
    },
    {
      what: 'a mount on /proc',
      refused: true,
      steps: [on('etc', ['--tmpfs', '/proc/self/attr'], 'true')],
    },
  ];
}
