// --mount KEY=VALUE,…: the long form, which says everything by its name.
import { CutawayError } from '../../oci/error.js';
import { parseDockerSize } from './docker-size.js';
import { cleanDestination, type TmpfsWish } from './tmpfs.js';
import { hostPath, requireVolumeName, type MountWish } from './volumes.js';

/** By every name that Docker has for it. */
const KEYS: Readonly<Record<string, string>> = {
  type: 'type',
  source: 'source',
  src: 'source',
  target: 'target',
  destination: 'target',
  dst: 'target',
  readonly: 'readonly',
  ro: 'readonly',
  consistency: 'consistency',
  'bind-propagation': 'bind-propagation',
  'bind-nonrecursive': 'bind-nonrecursive',
  'volume-nocopy': 'volume-nocopy',
  'volume-label': 'volume-label',
  'tmpfs-size': 'tmpfs-size',
  'tmpfs-mode': 'tmpfs-mode',
};
const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];

interface Fields {
  readonly text: string;
  readonly values: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly destination: string;
  readonly readOnly: boolean;
}

export type ParsedMount = MountWish | ({ readonly kind: 'tmpfs' } & TmpfsWish);

export function parseMountOption(text: string, directory: string): ParsedMount {
  const fields = readFields(text);
  const type = fields.values.get('type') ?? 'volume';
  for (const key of fields.values.keys()) {
    const [owner = ''] = key.split('-');
    if (['bind', 'volume', 'tmpfs'].includes(owner) && owner !== type) {
      refuse(text, `${key} is not for type ${type}`);
    }
  }
  if (type === 'bind') return bindOf(fields, directory);
  if (type === 'volume') return volumeOf(fields);
  if (type === 'tmpfs') return tmpfsOf(fields);
  return refuse(text, `type is bind, volume or tmpfs, not ${JSON.stringify(type)}`);
}

function readFields(text: string): Fields {
  const values = new Map<string, string>();
  const labels: Record<string, string> = {};
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const name = (at < 0 ? part : part.slice(0, at)).toLowerCase();
    const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
    if (key === undefined) refuse(text, `unknown key ${JSON.stringify(name)}`);
    const isFlag = ['readonly', 'bind-nonrecursive', 'volume-nocopy'].includes(key);
    if (at < 0 && !isFlag) refuse(text, `${name} needs a value`);
    const value = at < 0 ? 'true' : part.slice(at + 1);
    if (key === 'volume-label') {
      const equals = value.indexOf('=');
      labels[equals < 0 ? value : value.slice(0, equals)] =
        equals < 0 ? '' : value.slice(equals + 1);
    }
    values.set(key, value);
  }
  const target = values.get('target') ?? refuse(text, 'target is missing');
  const destination = cleanDestination(target, `--mount ${JSON.stringify(text)}`);
  const base = { text, values, labels, destination };
  return { ...base, readOnly: isSet({ ...base, readOnly: false }, 'readonly') };
}

function bindOf({ ...fields }: Fields, directory: string): MountWish {
  const { text, values, destination, readOnly } = fields;
  const source = hostPath(values.get('source') ?? '', directory);
  if (source === undefined) refuse(text, 'source is a path of the host');
  const propagation = values.get('bind-propagation');
  if (propagation !== undefined && !PROPAGATIONS.includes(propagation)) {
    refuse(text, `bind-propagation is one of ${PROPAGATIONS.join(', ')}`);
  }
  return {
    ...{ kind: 'bind', source, destination, readOnly },
    ...(propagation === undefined ? {} : { propagation }),
    ...(isSet(fields, 'bind-nonrecursive') ? { shallow: true } : {}),
  };
}

function volumeOf(fields: Fields): MountWish {
  const { values, labels, destination, readOnly } = fields;
  const name = values.get('source');
  if (name !== undefined && name !== '') requireVolumeName(name);
  return {
    ...{ kind: 'volume', destination, readOnly },
    ...(name === undefined || name === '' ? {} : { name }),
    ...(isSet(fields, 'volume-nocopy') ? { noCopy: true } : {}),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}

function tmpfsOf({ text, values, destination, readOnly }: Fields): ParsedMount {
  if (values.has('source')) refuse(text, 'a tmpfs has no source');
  const size = values.get('tmpfs-size');
  const mode = values.get('tmpfs-mode');
  if (mode !== undefined && !/^[0-7]{1,4}$/.test(mode)) refuse(text, 'tmpfs-mode is octal');
  const options = [
    ...(readOnly ? ['ro'] : []),
    ...(mode === undefined ? [] : [`mode=${mode}`]),
    ...(size === undefined ? [] : [`size=${parseDockerSize(size, 'tmpfs-size')}`]),
  ];
  return { kind: 'tmpfs', destination, options };
}

function isSet({ text, values }: Fields, key: string): boolean {
  const value = values.get(key) ?? 'false';
  if (/^(true|1|t)$/i.test(value)) return true;
  if (/^(false|0|f)$/i.test(value)) return false;
  return refuse(text, `${key} is true or false`);
}

function refuse(text: string, reason: string): never {
  throw new CutawayError('INVALID_INPUT', `--mount ${JSON.stringify(text)}: ${reason}`, {
    hint: 'as in --mount type=bind,source=/srv,target=/srv,readonly',
  });
}
