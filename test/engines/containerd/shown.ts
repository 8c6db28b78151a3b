import type { Test } from 'tap';
import type { Engine } from '../../../src/engines/engine.js';
import { ROOT, SNAPSHOTS } from './fixture.js';

/** What the engine shows, with every path that it would open. */
export function shown(engine: Engine) {
  const containers = engine.listContainers();
  const problems = engine.listProblems?.() ?? [];
  const paths = containers.flatMap(({ directories, runtimeConfig = '' }) => {
    const { lower, upper = '', work = '', merged = '' } = directories;
    return [...lower.map(({ directory }) => directory), upper, work, merged, runtimeConfig];
  });
  return {
    containers,
    paths: paths.filter((path) => path !== ''),
    codes: problems.map(({ code }) => code),
    messages: problems.map(({ message }) => message).join('\n'),
  };
}

export function staysInside(t: Test, engine: Engine): void {
  const places = [`${ROOT}/`, '/run/containerd/', SNAPSHOTS];
  const outside = shown(engine).paths.filter(
    (path) => path.split('/').includes('..') || !places.some((place) => path.startsWith(place)),
  );
  t.same(outside, [], 'every path is below containerd');
}
