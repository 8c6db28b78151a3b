// Bringing an image of 974 MB (some 430 MB compressed) into a store: from a registry on loopback and
// from an archive, each time into a store that has nothing of it.
import { spawn, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { preparePodman, quiet, run, startDocker } from './engines.mjs';
import { USUAL_IMAGE, writeImage } from './image.mjs';
import { measure, median, peakMemory } from './measure.mjs';
import { compare, limited } from './table.mjs';

const ROUNDS = Number(process.env.CUTAWAY_BENCH_COLD_ROUNDS ?? 3);

export async function benchImages({ cutaway, place, stops }) {
  const archive = `${place}/usual.tar`;
  writeImage(archive, USUAL_IMAGE);
  const registry = await startRegistry(place);
  stops.push(registry.stop);
  const name = `127.0.0.1:${registry.port}/bench:1`;
  push(archive, name);
  // The same layers below, and one more on top.
  writeImage(archive, [...USUAL_IMAGE, { megabytes: 5, entries: 50 }], 'bench:2');
  push(archive, `127.0.0.1:${registry.port}/bench:2`);
  writeImage(archive, USUAL_IMAGE);

  const root = `${place}/store`;
  const ours = [...cutaway, '--data-root', root];
  const times = new Map();
  const take = (label, prepare, command) => {
    const seconds = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      prepare();
      run(['sync'], quiet);
      seconds.push(...measure(new Map([[label, command]]), 1, { warm: false }).get(label));
    }
    times.set(label, seconds);
  };
  const empty = () => rmSync(root, { recursive: true, force: true });
  const docker = await startDocker(`${place}/docker`);
  if (docker !== undefined) stops.push(docker.stop);
  const podman = preparePodman(`${place}/podman`);
  if (podman !== undefined) stops.push(() => run([...podman, 'system', 'reset', '--force'], quiet));
  const forget = (engine, wanted) => () =>
    spawnSync(engine[0], [...engine.slice(1), 'rmi', '-f', wanted], quiet);

  for (const verb of [
    ['pull', name],
    ['load', '-i', archive],
  ]) {
    take(`cutaway ${verb[0]}`, empty, [...ours, ...verb]);
    const wanted = verb[0] === 'pull' ? name : 'bench:1';
    if (docker !== undefined) {
      take(`docker ${verb[0]}`, forget(docker.docker, wanted), [...docker.docker, ...verb]);
      forget(docker.docker, wanted)();
    }
    if (podman !== undefined) {
      const loose = verb[0] === 'pull' ? ['pull', '--tls-verify=false', name] : verb;
      take(`podman ${verb[0]}`, forget(podman, wanted), [...podman, ...loose]);
      forget(podman, wanted)();
    }
  }
  compare('`pull` of 433 MB : docker', times, 'cutaway pull', 'docker pull', 0.7);
  compare('the same : podman', times, 'cutaway pull', 'podman pull', 1);
  compare('`load` of 974 MB : docker', times, 'cutaway load', 'docker load', 0.6);
  compare('the same : podman', times, 'cutaway load', 'podman load');
  empty();
  limited('`pull`, peak memory', await peakMemory([...ours, 'pull', name]), 200, 'MiB');
  const second = measure(
    new Map([['second', [...ours, 'pull', `127.0.0.1:${registry.port}/bench:2`]]]),
    1,
    { warm: false },
  );
  limited('`pull` of one more layer', median(second.get('second')) * 1000, 1000, 'ms');
}

function push(archive, name) {
  const to = `docker://${name}`;
  const command = ['skopeo', 'copy', '--quiet', '--dest-tls-verify=false'];
  run([...command, `docker-archive:${archive}`, to], quiet);
}

async function startRegistry(place) {
  const port = await freePort();
  const file = `${place}/registry.yml`;
  writeFileSync(
    file,
    `version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: ${place}/registry}}
http: {addr: "127.0.0.1:${port}"}
`,
  );
  const child = spawn('docker-registry', ['serve', file], quiet);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
    if (answer?.ok === true) break;
    await sleep(100);
  }
  return { port, stop: () => child.kill('SIGTERM') };
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
