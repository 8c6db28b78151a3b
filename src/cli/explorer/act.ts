// Acts on a container of our own store through the commands that do so, without their output.
import type { Act } from '../../tui/view-model/port.js';
import type { Context } from '../context.js';

export async function act(context: Context, target: string, [verb, flag]: Act): Promise<void> {
  const name = target.slice(target.indexOf(':') + 1);
  // What they say would go over the screen; what goes wrong is thrown.
  const silent = { print: () => undefined, note: () => undefined };
  const own: Context = Object.assign(Object.create(context) as Context, silent);
  if (verb === 'start') {
    const { start } = await import('../commands/start.js');
    await start.run(own, [name], {
      ...{ attach: false, interactive: false, 'detach-keys': undefined },
    });
  } else {
    const { rm } = await import('../commands/rm.js');
    await rm.run(own, [name], { force: flag === '-f', volumes: false });
  }
}
