// Whose namespaces a container is in, with Docker's names, and --uts container:NAME.
import { present } from '../../oci/json-reader.js';
import { CutawayError } from '../../oci/error.js';
import type { ContainerRecord } from '../../runtime/store/container-store.js';
import type { NamespaceWishes } from '../../runtime/spec/settings.js';
import type { OptionSpecs, OptionValues } from '../command.js';

export const NAMESPACE_OPTIONS = {
  network: {
    type: 'string',
    value: 'none|host|container:NAME',
    describe:
      "none: a network of its own with loopback only (default); host: the host's; " +
      "container:NAME: another container's",
  },
  net: { type: 'string', value: 'none|host|container:NAME', describe: 'the same' },
  pid: { type: 'string', value: 'host|container:NAME', describe: 'whose processes it sees' },
  uts: { type: 'string', value: 'host|container:NAME', describe: 'whose host name it has' },
  ipc: {
    type: 'string',
    value: 'private|shareable|none|host|container:NAME',
    describe: 'whose shared memory it has; shareable: its own, and others may join',
  },
  cgroupns: { type: 'string', value: 'host|private', describe: 'which cgroup it takes for /' },
  userns: { type: 'string', value: 'host', describe: 'whose user ids it has' },
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof NAMESPACE_OPTIONS>;

/** Of the others as they were written: "container:NAME" becomes an id when it is created. */
export function readNetwork({ network, net }: Options): ContainerRecord['network'] {
  return readWish(
    'network',
    network ?? net ?? 'none',
    ['none', 'host'],
    true,
  ) as ContainerRecord['network'];
}

export function readNamespaces(options: Options): NamespaceWishes {
  const { pid, uts, ipc, cgroupns, userns } = options;
  if (userns !== undefined) readUsers(userns);
  return present({
    pid: pid === undefined ? undefined : readWish('pid', pid, ['host'], true),
    uts: uts === undefined ? undefined : readWish('uts', uts, ['host'], true),
    ipc:
      ipc === undefined
        ? undefined
        : readWish('ipc', ipc, ['private', 'shareable', 'none', 'host'], true),
    cgroup:
      cgroupns === undefined
        ? undefined
        : readWish('cgroupns', cgroupns, ['host', 'private'], false),
  }) as NamespaceWishes;
}

function readWish(
  option: string,
  text: string,
  words: readonly string[],
  takesContainer: boolean,
): string {
  if (words.includes(text) || (takesContainer && /^container:./.test(text))) return text;
  const known = [...words, ...(takesContainer ? ['container:NAME'] : [])].join(', ');
  throw new CutawayError(
    'INVALID_INPUT',
    `--${option} ${JSON.stringify(text)}: ${known} are known`,
  );
}

function readUsers(text: string): void {
  if (text === 'host') return;
  throw new CutawayError('UNSUPPORTED', `--userns ${text}: ids are not mapped yet`, {
    hint: "--userns host, which is the default, has the host's",
  });
}
