// A command that must put something right before it ends: the first signal asks it to stop.
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function cancelOnSignal<Value>(
  action: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController();
  const abort = () => {
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, abort);
  try {
    return await action(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, abort);
  }
}
