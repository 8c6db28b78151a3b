import { availableParallelism } from 'node:os';

/** How many threads of this process can run at the same time: sched_getaffinity(2). */
export function processorCount(): number {
  return availableParallelism();
}
