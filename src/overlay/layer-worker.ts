import { Worker } from 'node:worker_threads';
import type { LayerReply, LayerRequest } from './layer-message.js';

/** Another thread that indexes layers, one at a time. */
export interface LayerWorker {
  /** Undefined when the thread is dead: it never started, died of it, or `signal` ended it. */
  ask(request: LayerRequest, signal: AbortSignal): Promise<LayerReply | undefined>;
  stop(): Promise<void>;
}

/** Beside this file, among the sources as in the program that is packed from them. */
const WORKER = new URL('./index-layers-worker.js', import.meta.url);

export function startLayerWorker(url = WORKER): LayerWorker {
  // Without execArgv, what a test runner loads into this thread would be loaded into that one too.
  const worker = new Worker(url, { name: 'cutaway-index', execArgv: [] });
  let isDead = false;
  let waiting: ((reply: LayerReply | undefined) => void) | undefined;
  const settle = (reply: LayerReply | undefined) => {
    waiting?.(reply);
    waiting = undefined;
  };
  const die = () => {
    isDead = true;
    settle(undefined);
  };
  const stop = async () => {
    await worker.terminate();
  };
  worker.on('message', settle);
  for (const event of ['messageerror', 'error', 'exit']) worker.on(event, die);
  return {
    stop,
    ask: async (request, signal) => {
      if (isDead || signal.aborted) return undefined;
      const stopNow = () => void stop();
      signal.addEventListener('abort', stopNow);
      try {
        return await new Promise((resolve) => {
          waiting = resolve;
          worker.postMessage(request);
        });
      } finally {
        signal.removeEventListener('abort', stopNow);
      }
    },
  };
}
