// The files of a real containerd (fixtures/containerd) as a host.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { containerdEngine } from '../../../src/engines/containerd/containerd-engine.js';
import type { Engine, EngineImage } from '../../../src/engines/engine.js';
import { recordedHost, type HostRecord } from '../../../src/host/recorded-host.js';
import { tarRecord } from '../../support/tar-record.js';

const FOLDER = 'fixtures/containerd';
export const ROOT = '/var/lib/containerd';
export const SNAPSHOTS = `${ROOT}/io.containerd.snapshotter.v1.overlayfs`;
export const META = `${ROOT}/io.containerd.metadata.v1.bolt/meta.db`;
export const PLACES = { root: ROOT, state: '/run/containerd', docker: '/var/lib/docker' };

export function fixtureRecord(): ReturnType<typeof tarRecord> {
  return tarRecord(gunzipSync(readFileSync(`${FOLDER}/host.tar.gz`)));
}

/** The rows of a table of ctr's in the fixture, without its head. */
export function ctrRows(command: string): string[][] {
  const text = readFileSync(`${FOLDER}/ctr.txt`, 'utf8');
  const block = text.split(/^\$ /m).find((one) => one.startsWith(`${command}\n`)) ?? '';
  const lines = block.split('\n').slice(2).filter(Boolean);
  return lines.map((line) => line.trim().split(/\s+/));
}

export function engineOn(record: HostRecord, isLive = false): Engine {
  return containerdEngine({
    host: recordedHost(record),
    isLive,
    platform: { os: 'linux', architecture: 'amd64' },
    limits: {},
    name: 'containerd',
    places: PLACES,
  });
}

export function firstImage(engine: Engine): EngineImage {
  const [image] = engine.listImages();
  if (image === undefined) throw new Error('there is no image');
  return image;
}
