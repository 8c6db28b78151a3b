import { causeText, hasCode } from '../../oci/error.js';
import { probeInContainer } from '../exec-container.js';
import { findContainer, type ContainerRecord } from '../store/container-store.js';
import { containerPaths } from '../store/paths.js';
import { writeQuickly } from '../store/temporary.js';
import type { Store } from '../store/store.js';
import {
  FIRST_HEALTH,
  nextHealth,
  type Healthcheck,
  type HealthProbe,
} from '../store/health-state.js';

export interface HealthWatch {
  stop(): void;
}

const OUTPUT_MOST = 4096;

/** Probes a container again and again from one interval after its start on; undefined without a check. */
export function watchHealth(store: Store, record: ContainerRecord): HealthWatch | undefined {
  const { healthcheck } = record;
  if (healthcheck === undefined) return undefined;
  const began = store.host.monotonic();
  const controller = new AbortController();
  const { signal } = controller;
  const isStopped = () => signal.aborted;
  let state = FIRST_HEALTH;
  const write = () => {
    try {
      const path = containerPaths(store.paths, record.id).health;
      writeQuickly(store, path, JSON.stringify(state), 0o600);
    } catch (error) {
      // With --rm it is gone.
      if (!hasCode(error, 'NOT_FOUND')) throw error;
    }
  };
  write();
  void (async () => {
    for (;;) {
      await pauseFor(healthcheck.interval, signal);
      if (isStopped()) return;
      if (findContainer(store, record.id)?.status !== 'running') continue;
      const at = store.host.monotonic() - began;
      const probe = await runProbe(store, record, healthcheck, signal);
      if (isStopped()) return;
      state = nextHealth(state, probe, healthcheck, at < BigInt(healthcheck.startPeriod));
      write();
    }
  })();
  return {
    stop: () => {
      controller.abort();
    },
  };
}

async function pauseFor(nanoseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, nanoseconds / 1e6);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}

async function runProbe(
  store: Store,
  record: ContainerRecord,
  check: Healthcheck,
  signal: AbortSignal,
): Promise<HealthProbe> {
  const start = new Date(store.host.now()).toISOString();
  const [kind, ...words] = check.test;
  const args = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : words;
  const chunks: Buffer[] = [];
  const take = (chunk: Buffer) => chunks.push(chunk);
  const probe = (exitCode: number, text: string): HealthProbe => ({
    start,
    end: new Date(store.host.now()).toISOString(),
    exitCode,
    output: text,
  });
  try {
    const container = findContainer(store, record.id);
    if (container === undefined) return probe(-1, 'the container is gone');
    const exitCode = await probeInContainer(store, container, args, {
      onOutput: take,
      milliseconds: check.timeout / 1e6,
      signal,
    });
    const text = Buffer.concat(chunks).subarray(0, OUTPUT_MOST).toString('utf8');
    if (exitCode !== undefined) return probe(exitCode, text);
    return probe(-1, `Health check exceeded timeout (${check.timeout / 1e9}s)`);
  } catch (error) {
    return probe(-1, causeText(error));
  }
}
