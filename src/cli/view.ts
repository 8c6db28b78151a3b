import { makeTheme, type Theme, type View } from '../report/theme.js';
import type { Context } from './context.js';

export function contextTheme(context: Context): Theme {
  return makeTheme(context.color);
}

/** What a face is told of this terminal, or of no terminal. */
export function contextView(context: Context, options: { noTrunc: boolean }): View {
  return {
    theme: contextTheme(context),
    width: context.stdout.isTTY ? context.stdout.columns : Infinity,
    noTrunc: options.noTrunc,
    now: context.host.now(),
  };
}
