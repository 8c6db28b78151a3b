import { CutawayError } from '../oci/error.js';

/** signal(7): those of Linux on the architectures we run on, by number; 0 is none. */
const NAMES = [
  ...['', 'HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV'],
  ...['USR2', 'PIPE', 'ALRM', 'TERM', 'STKFLT', 'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU'],
  ...['URG', 'XCPU', 'XFSZ', 'VTALRM', 'PROF', 'WINCH', 'IO', 'PWR', 'SYS'],
] as const;
const ALIASES: Readonly<Record<string, number>> = { IOT: 6, CLD: 17, POLL: 29, UNUSED: 31 };
/** What a program sees: the two below are the C library's own. */
const RTMIN = 34;
const RTMAX = 64;

export const SIGKILL = 9;

/** The number of a signal: "TERM", "SIGTERM", "sigterm", "15", "RTMIN+3". */
export function parseSignal(text: string): number {
  const number = /^[0-9]+$/.test(text) ? Number(text) : namedSignal(text);
  if (number !== undefined && number >= 1 && number <= RTMAX) return number;
  throw new CutawayError('INVALID_INPUT', `invalid signal "${text}"`, {
    hint: 'a name or a number of signal(7): TERM, SIGHUP, 9',
  });
}

function namedSignal(text: string): number | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const at = name === '' ? -1 : (NAMES as readonly string[]).indexOf(name);
  if (at > 0) return at;
  const [, base, offset = '0'] = /^(RTMIN|RTMAX)(?:[+-](\d{1,2}))?$/.exec(name) ?? [];
  if (base === undefined) return ALIASES[name];
  const number = base === 'RTMIN' ? RTMIN + Number(offset) : RTMAX - Number(offset);
  return number >= RTMIN ? number : undefined;
}
