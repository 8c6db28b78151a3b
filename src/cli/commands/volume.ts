import { CutawayError } from '../../oci/error.js';
import { requireVolumeName } from '../../runtime/spec/volumes.js';
import { exclusively, type Store } from '../../runtime/store/store.js';
import { measureTree } from '../../runtime/store/tree-size.js';
import {
  ensureVolume,
  getVolume,
  listVolumes,
  removeUnused,
  removeVolume,
  volumeContent,
  volumeUsers,
  type VolumeRecord,
} from '../../runtime/store/volume-store.js';
import { formatTemplate } from '../../report/go-template.js';
import { formatSize } from '../../report/size.js';
import { defineCommand, type OptionValues } from '../command.js';
import { contextStore, type Context } from '../context.js';
import { readLabels } from './name-options.js';
import { inventVolumeName, matchesFilters, volumeObject } from './volume-list.js';

const OPTIONS = {
  quiet: { type: 'boolean', alias: 'q', describe: 'ls: names only' },
  filter: {
    type: 'strings',
    value: 'NAME=VALUE',
    describe: 'ls: dangling=true, name=PART, label=KEY[=VALUE]; prune: label=',
  },
  label: { type: 'strings', alias: 'l', value: 'KEY=VALUE', describe: 'create: a label' },
  force: { type: 'boolean', alias: 'f', describe: 'rm: no error when it is not there' },
  format: {
    type: 'string',
    value: 'TEMPLATE',
    describe: "inspect: what to print of each: '{{.Mountpoint}}'",
  },
  all: { type: 'boolean', alias: 'a', describe: 'prune: also those with a name' },
} as const;

type Options = OptionValues<typeof OPTIONS>;
type Verb = (context: Context, store: Store, names: readonly string[], options: Options) => void;

/** Each with the options that mean something to it. */
const VERBS: Readonly<Record<string, readonly [Verb, least: number, options: readonly string[]]>> =
  {
    create: [create, 0, ['label']],
    ls: [list, 0, ['quiet', 'filter']],
    inspect: [inspect, 1, ['format']],
    rm: [remove, 1, ['force']],
    prune: [prune, 0, ['all', 'filter', 'force']],
  };

export const volume = defineCommand({
  usage: 'create|ls|inspect|rm|prune [OPTIONS] [VOLUME…]',
  options: OPTIONS,
  least: 1,
  most: Infinity,
  examples: [
    'cutaway volume create data',
    'cutaway run -v data:/srv busybox ls /srv',
    'cutaway volume ls --filter dangling=true',
  ],
  async run(context, [name = '', ...names], options) {
    const entry = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    if (entry === undefined) refuse(`${JSON.stringify(name)} is no verb of volumes`);
    const [verb, least, known] = entry;
    if (names.length < least) refuse(`${name} needs a volume`);
    if (least === 0 && names.length > (name === 'create' ? 1 : 0)) {
      refuse(`unexpected "${names.at(-1) ?? ''}"`);
    }
    requireKnown(name, options, known);
    verb(context, await contextStore(context), names, options);
    return 0;
  },
});

/** The options of one verb mean nothing to another. */
function requireKnown(verb: string, options: Options, known: readonly string[]): void {
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, option) || known.includes(option)) continue;
    const isGiven = Array.isArray(value)
      ? value.length > 0
      : value !== undefined && value !== false;
    if (isGiven) refuse(`--${option} is not for ${verb}`);
  }
}

function create(context: Context, store: Store, [name]: readonly string[], options: Options): void {
  if (name !== undefined) requireVolumeName(name);
  const labels = readLabels(context, options.label, []);
  const record = { name: name ?? inventVolumeName(), labels };
  exclusively(store, () => {
    ensureVolume(store, name === undefined ? { ...record, anonymous: true } : record);
  });
  context.print(`${record.name}\n`);
}

function list(context: Context, store: Store, _: readonly string[], options: Options): void {
  const users = volumeUsers(store);
  const volumes = listVolumes(store).filter((one) => matchesFilters(one, users, options.filter));
  if (options.quiet) {
    context.print(volumes.map(({ name }) => `${name}\n`).join(''));
    return;
  }
  const rows = volumes.map(({ name }) => `local     ${name}\n`);
  context.print(`DRIVER    VOLUME NAME\n${rows.join('')}`);
}

function inspect(
  context: Context,
  store: Store,
  names: readonly string[],
  { format }: Options,
): void {
  const objects = names.map((name) => volumeObject(store, getVolume(store, name)));
  if (format !== undefined) {
    context.print(objects.map((one) => `${formatTemplate(format, one)}\n`).join(''));
    return;
  }
  context.print(`${JSON.stringify(objects, null, 4)}\n`);
}

function remove(
  context: Context,
  store: Store,
  names: readonly string[],
  { force }: Options,
): void {
  const there = new Set(force ? listVolumes(store).map(({ name }) => name) : names);
  for (const name of names) {
    if (there.has(name)) removeVolume(store, name);
    context.print(`${name}\n`);
  }
}

/** As Docker since 23: what was made without a name, unless all are meant. */
function prune(context: Context, store: Store, _: readonly string[], options: Options): void {
  const users = volumeUsers(store);
  const isMeant = (one: VolumeRecord) =>
    (options.all || one.anonymous === true) && matchesFilters(one, users, options.filter);
  const going = listVolumes(store).filter((one) => !users.has(one.name) && isMeant(one));
  const sizes = new Map(
    going.map(({ name }) => [name, measureTree(store.host, volumeContent(store, name))]),
  );
  const gone = removeUnused(
    store,
    going.map(({ name }) => name),
  );
  if (gone.length > 0) context.print(`Deleted Volumes:\n${gone.join('\n')}\n\n`);
  const freed = gone.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
  context.print(`Total reclaimed space: ${formatSize(freed)}\n`);
}

function refuse(reason: string): never {
  throw new CutawayError('INVALID_INPUT', `volume: ${reason}`, {
    hint: 'cutaway volume --help says what it takes',
    data: { usage: true },
  });
}
