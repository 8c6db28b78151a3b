// --ulimit NAME=SOFT[:HARD]: getrlimit(2).
import { CutawayError } from '../../oci/error.js';
import type { ResourceLimit } from '../../oci/runtime-config.js';

const NAMES = `core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime
  sigpending stack`.split(/\s+/);

/** The last one for a name counts. Without a hard limit it is the same as the soft one. */
export function parseUlimits(texts: readonly string[]): ResourceLimit[] {
  const limits = new Map(texts.map(parseUlimit).map((limit) => [limit.type, limit]));
  return [...limits.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
}

function parseUlimit(text: string): ResourceLimit {
  const [, name = '', softText = '', hardText] =
    /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? refuse(text, 'it is NAME=SOFT[:HARD]');
  if (!NAMES.includes(name)) refuse(text, `no limit has this name: ${NAMES.join(', ')}`);
  const soft = amount(softText);
  const hard = amount(hardText ?? softText);
  if (soft > hard) refuse(text, 'the soft limit is above the hard one');
  return { type: `RLIMIT_${name.toUpperCase()}`, soft, hard };
}

/** -1 is without limit. */
function amount(text: string): number {
  return text === '-1' ? Infinity : Number(text);
}

function refuse(text: string, reason: string): never {
  throw new CutawayError('INVALID_INPUT', `--ulimit ${JSON.stringify(text)}: ${reason}`);
}
