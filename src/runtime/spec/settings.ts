// What a container was asked to be beyond what its image says, by what it is about.
import type { ResourceWishes } from './resources.js';

/** Kept in the container's record as it is. What is absent is the usual. */
export interface ContainerSettings {
  readonly resources?: ResourceWishes;
}
