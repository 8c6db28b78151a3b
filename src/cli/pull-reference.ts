// A pull as people know it: for `pull`, and for `run` and `create` that miss an image.
import { openRegistry, type Registry } from '../image/registry/registry-client.js';
import { parsePlatform } from '../oci/platform.js';
import { familiarReference, type Reference } from '../oci/reference.js';
import { pullImage } from '../runtime/store/pull-image.js';
import type { Store } from '../runtime/store/store.js';
import { safeText } from '../report/text.js';
import type { Context } from './context.js';
import { showPull } from './pull-progress.js';
import { registryOptions } from './registry-options.js';

export interface PullReferenceOptions {
  readonly platform: string | undefined;
  readonly quiet: boolean;
}

export function openReferenceRegistry(context: Context, reference: Reference): Registry {
  return openRegistry(context.host, reference.registry, registryOptions(context));
}

/** All that is told goes to stderr: stdout is for data. */
export async function pullReference(
  context: Context,
  { store, registry }: { readonly store: Store; readonly registry: Registry },
  reference: Reference,
  { platform, quiet }: PullReferenceOptions,
): Promise<void> {
  const note = (text: string) => {
    if (!quiet) context.note(safeText(text));
  };
  note(`${reference.digest ?? reference.tag ?? 'latest'}: Pulling from ${reference.repository}`);
  const view = showPull(context, quiet);
  try {
    const { digest, isNew } = await pullImage(store, registry, reference, {
      platform: context.platform,
      wanted: platform === undefined ? undefined : parsePlatform(platform),
      onProgress: view.report,
    });
    view.end();
    note(`Digest: ${digest}`);
    const name = familiarReference(reference);
    note(`Status: ${isNew ? 'Downloaded newer image' : 'Image is up to date'} for ${name}`);
  } catch (error) {
    view.end();
    throw error;
  }
}
