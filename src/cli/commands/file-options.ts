// What a container sees of the host's files and of volumes, with Docker's names.
import type { MountsWanted } from '../../runtime/container-mounts.js';
import { parseMountOption } from '../../runtime/spec/mount-option.js';
import type { TmpfsWish } from '../../runtime/spec/tmpfs.js';
import { parseVolume, parseVolumesFrom, type MountWish } from '../../runtime/spec/volumes.js';
import type { OptionSpecs, OptionValues } from '../command.js';

export const FILE_OPTIONS = {
  volume: {
    type: 'strings',
    alias: 'v',
    value: '[HOST|VOLUME:]DIR[:ro]',
    describe: 'mount a path of the host, or a volume, which is made when it is missing',
  },
  mount: {
    type: 'strings',
    value: 'KEY=VALUE,…',
    describe: 'the same by names: type=bind|volume|tmpfs, source=, target=, readonly',
  },
  'volumes-from': {
    type: 'strings',
    value: 'CONTAINER[:ro]',
    describe: 'the mounts of another container',
  },
} as const satisfies OptionSpecs;

export interface Files extends Omit<MountsWanted, 'taken'> {
  readonly tmpfs: readonly TmpfsWish[];
}

export function readFiles(options: OptionValues<typeof FILE_OPTIONS>): Files {
  const directory = process.cwd();
  const long = options.mount.map((text) => parseMountOption(text, directory));
  return {
    mounts: [
      ...options.volume.map((text) => parseVolume(text, directory)),
      ...long.filter((one): one is MountWish => one.kind !== 'tmpfs'),
    ],
    tmpfs: long.flatMap((one) =>
      one.kind === 'tmpfs' ? [{ destination: one.destination, options: one.options }] : [],
    ),
    volumesFrom: options['volumes-from'].map(parseVolumesFrom),
  };
}
