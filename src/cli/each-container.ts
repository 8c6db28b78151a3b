// A verb on several containers: one that fails keeps nobody from the others.
import { resolveContainer, type StoredContainer } from '../runtime/store/container-store.js';
import type { Store } from '../runtime/store/store.js';
import { contextStore, type Context } from './context.js';
import { reportError } from './exit-status.js';

export interface EachOptions {
  /** The command's, for messages. */
  readonly verb: string;
  readonly names: readonly string[];
  /** What is printed of one that went well; default its name as it was given. */
  readonly printed?: (name: string) => string;
}

type Action = (store: Store, container: StoredContainer, name: string) => Promise<void> | void;

/** All at the same time; what is printed keeps the order. 2 when one of them failed. */
export async function onEachContainer(
  context: Context,
  { verb, names, printed = (name) => name }: EachOptions,
  action: Action,
): Promise<number> {
  const store = await contextStore(context);
  const under = names.map(async (name) => {
    await action(store, resolveContainer(store, name), name);
  });
  const outcomes = under.map((one) =>
    one.then(
      () => undefined,
      (error: unknown) => ({ error }),
    ),
  );
  let status = 0;
  for (const [at, outcome] of outcomes.entries()) {
    const failure = await outcome;
    if (failure === undefined) {
      context.print(`${printed(names[at] ?? '')}\n`);
      continue;
    }
    reportError(failure.error, verb);
    status = 2;
  }
  return status;
}
