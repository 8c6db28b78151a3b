import { CutawayError } from '../../oci/error.js';
import { defineCommand } from '../command.js';
import type { Context } from '../context.js';
import { contextTheme } from '../view.js';
import { giveTour } from '../tour/give-tour.js';
import { listenForStop } from '../tour/stop.js';
import { markdownFace, terminalFace, type TourFace } from '../tour/tour-face.js';
import { makeTourPlace } from '../tour/tour-place.js';

export const tour = defineCommand({
  usage: '[OPTIONS]',
  options: {
    step: { type: 'boolean', describe: 'wait for Enter between two steps' },
    keep: { type: 'boolean', describe: 'leave its containers and images in its store' },
    format: {
      type: 'string',
      value: 'text|markdown',
      choices: ['text', 'markdown'],
      describe: 'how it is written down',
    },
  },
  least: 0,
  most: 0,
  examples: ['cutaway tour', 'cutaway tour --step', 'cutaway tour --format markdown'],
  async run(context, _none, { step, keep, format }) {
    if (step && !(context.stdin.isTTY && context.stdout.isTTY)) {
      throw new CutawayError('INVALID_INPUT', '--step needs a terminal to wait at');
    }
    const stop = listenForStop(context);
    const place = await makeTourPlace(context);
    let kept = false;
    try {
      const done = await giveTour(context, place, {
        face: chooseFace(context, format),
        captured: !context.stdout.isTTY || format === 'markdown',
        keep,
        pause: step ? () => stop.waitForEnter() : () => Promise.resolve(true),
        isStopped: () => stop.status !== undefined,
      });
      kept = keep && done && stop.status === undefined;
      return stop.status ?? (done ? 0 : 2);
    } finally {
      if (kept) place.keep();
      else await place.strike();
      stop.end();
      if (stop.status) context.note('cutaway tour: stopped; nothing of it is left');
    }
  },
});

function chooseFace(context: Context, format: string | undefined): TourFace {
  const { stdout } = context;
  const print = (text: string) => {
    context.print(text);
  };
  if (format === 'markdown') return markdownFace(print);
  return terminalFace(print, {
    theme: contextTheme(context),
    color: context.color,
    columns: stdout.isTTY ? stdout.columns : 80,
  });
}
