// Acts on a container of our own store. The commands say on stderr what goes wrong, one container after
// the other; on a screen it is thrown.
import { parseSignal } from '../../runtime/signal.js';
import { resolveContainer } from '../../runtime/store/container-store.js';
import type { Act } from '../../tui/view-model/port.js';
import { contextStore, type Context } from '../context.js';

export async function act(context: Context, target: string, [verb, flag]: Act): Promise<void> {
  const name = target.slice(target.indexOf(':') + 1);
  if (verb === 'start' || verb === 'rm') {
    await runCommand(context, verb, name, flag === '-f');
    return;
  }
  const store = await contextStore(context);
  const container = resolveContainer(store, name);
  if (verb === 'stop' || verb === 'kill') {
    const { killContainer, stopContainer } = await import('../../runtime/stop-container.js');
    if (verb === 'stop') await stopContainer(store, container, {});
    else await killContainer(store, container, parseSignal('KILL'));
  } else {
    const { pauseContainer, unpauseContainer } = await import('../../runtime/pause.js');
    await (verb === 'pause' ? pauseContainer : unpauseContainer)(store, container);
  }
}

async function runCommand(
  context: Context,
  verb: 'start' | 'rm',
  name: string,
  force: boolean,
): Promise<void> {
  // What they say would go over the screen.
  const silent = { print: () => undefined, note: () => undefined };
  const own: Context = Object.assign(Object.create(context) as Context, silent);
  if (verb === 'start') {
    const { start } = await import('../commands/start.js');
    await start.run(own, [name], { attach: false, interactive: false, 'detach-keys': undefined });
  } else {
    const { rm } = await import('../commands/rm.js');
    await rm.run(own, [name], { force, volumes: false });
  }
}
