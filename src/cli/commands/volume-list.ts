// Volumes as Docker shows and selects them.
import { randomBytes } from 'node:crypto';
import { CutawayError } from '../../oci/error.js';
import { volumeContent, type VolumeRecord } from '../../runtime/store/volume-store.js';
import type { Store } from '../../runtime/store/store.js';

export function inventVolumeName(): string {
  return randomBytes(32).toString('hex');
}

/** The shape of `docker volume inspect`. */
export function volumeObject(store: Store, { name, created, labels }: VolumeRecord): unknown {
  return {
    CreatedAt: created,
    Driver: 'local',
    Labels: Object.keys(labels).length === 0 ? null : labels,
    Mountpoint: volumeContent(store, name),
    Name: name,
    Options: null,
    Scope: 'local',
  };
}

export function matchesFilters(
  volume: VolumeRecord,
  users: ReadonlyMap<string, unknown>,
  filters: readonly string[],
): boolean {
  return filters.every((filter) => {
    const [, kind = '', value = ''] = /^(\w+)=(.*)$/s.exec(filter) ?? [];
    switch (kind) {
      case 'dangling':
        return users.has(volume.name) !== /^(true|1)$/.test(value);
      case 'name':
        return volume.name.includes(value);
      case 'label': {
        const [, key = value, wanted] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
        const own = Object.hasOwn(volume.labels, key) ? volume.labels[key] : undefined;
        return own !== undefined && (wanted === undefined || own === wanted);
      }
      default:
        throw new CutawayError('INVALID_INPUT', `--filter ${JSON.stringify(filter)}: unknown`, {
          hint: 'dangling=true|false, name=PART and label=KEY[=VALUE] are known',
        });
    }
  });
}
