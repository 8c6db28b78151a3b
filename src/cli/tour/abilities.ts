// What can be shown on this machine, and what is missing for the rest.
import { inspectHost } from '../../inspect/doctor.js';
import type { Check } from '../../inspect/documents/doctor.js';
import { CutawayError } from '../../oci/error.js';
import { parseReference } from '../../oci/reference.js';
import type { Context } from '../context.js';
import { findOffer } from '../offered-image.js';
import type { Need } from './tour-steps.js';

export interface LeftOut {
  readonly need: Need;
  /** What is missing, and the way to get it. */
  readonly reasons: readonly { readonly found: string; readonly remedy?: string }[];
}

/** The checks of `cutaway doctor` without which nothing runs. */
const RUNNING: readonly string[] = ['privilege', 'runc', 'tar', 'overlayfs'];

export async function findLeftOut(context: Context): Promise<readonly LeftOut[]> {
  const { checks } = await inspectHost(context.host, context.dataRoot);
  const missing = checks.filter(({ name, status }) => RUNNING.includes(name) && status !== 'ok');
  const reasons = missing.map(checkReason);
  const busybox = await busyboxReason(context, checks);
  return [
    ...(reasons.length === 0 ? [] : [{ need: 'containers' as const, reasons }]),
    ...(busybox === undefined ? [] : [{ need: 'busybox' as const, reasons: [busybox] }]),
  ];
}

function checkReason({ name, found, remedy }: Check): LeftOut['reasons'][number] {
  return { found: `${name}: ${found}`, ...(remedy === undefined ? {} : { remedy }) };
}

/** One that is there may still not do: see embedded/busybox-image.ts. */
async function busyboxReason(
  context: Context,
  checks: readonly Check[],
): Promise<LeftOut['reasons'][number] | undefined> {
  try {
    if ((await findOffer(context, parseReference('busybox'))) !== undefined) return undefined;
  } catch (error) {
    if (!(error instanceof CutawayError)) throw error;
    const { hint } = error;
    return { found: error.message, ...(hint === undefined ? {} : { remedy: hint }) };
  }
  const check = checks.find(({ name }) => name === 'busybox');
  return check === undefined ? { found: 'busybox: not installed' } : checkReason(check);
}
