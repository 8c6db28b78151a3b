// How a container is, as its health checks say: a file beside its record, which its shim writes.
import type { ReadHost } from '../../host/host.js';
import { hasCode } from '../../oci/error.js';

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

/** The newest five, as Docker keeps them. */
export interface HealthProbe {
  readonly start: string;
  readonly end: string;
  /** -1: it took too long. */
  readonly exitCode: number;
  readonly output: string;
}

export interface HealthState {
  readonly status: HealthStatus;
  readonly failingStreak: number;
  readonly log: readonly HealthProbe[];
}

/** Spans in nanoseconds, as image configs have them. */
export interface Healthcheck {
  /** ["CMD", …] or ["CMD-SHELL", text]. */
  readonly test: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly retries: number;
}

export const FIRST_HEALTH: HealthState = { status: 'starting', failingStreak: 0, log: [] };

const PROBES_KEPT = 5;

/**
 * What a probe makes of a state (moby, daemon/health.go). While a container is starting, failures within
 * its start period do not count.
 */
export function nextHealth(
  state: HealthState,
  probe: HealthProbe,
  check: Healthcheck,
  isWithinStart: boolean,
): HealthState {
  const log = [...state.log, probe].slice(-PROBES_KEPT);
  if (probe.exitCode === 0) return { status: 'healthy', failingStreak: 0, log };
  if (state.status === 'starting' && isWithinStart) return { ...state, log };
  const failingStreak = state.failingStreak + 1;
  const status = failingStreak >= check.retries ? 'unhealthy' : state.status;
  return { status, failingStreak, log };
}

export function readHealth(host: ReadHost, path: string): HealthState | undefined {
  try {
    return JSON.parse(host.readText(path)) as HealthState;
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}
