// What the styles and looks are on a terminal: SGR parameters of ECMA-48, the 16 colours that every
// terminal lets its user choose.
import type { Look, Style } from '../view-model/line.js';

export const THEME_NAMES = ['default', 'light', 'high-contrast', 'none'] as const;
export type ThemeName = (typeof THEME_NAMES)[number];

export interface ScreenTheme {
  readonly styles: Readonly<Record<Style, string>>;
  readonly looks: Readonly<Record<Look, string>>;
  /** Of keys within a bar. */
  readonly barKey: string;
}

const DARK: ScreenTheme = {
  styles: {
    plain: '',
    dim: '2',
    bold: '1',
    key: '1;36',
    added: '32',
    changed: '33',
    deleted: '31',
    host: '35',
    shared: '36',
    finding: '1;91',
  },
  looks: { plain: '', cursor: '7', marked: '4', bar: '44;97' },
  barKey: '1;93',
};

const LIGHT: ScreenTheme = {
  styles: { ...DARK.styles, key: '1;34', changed: '34', finding: '1;31' },
  looks: { ...DARK.looks, bar: '47;30' },
  barKey: '1;34',
};

const HIGH_CONTRAST: ScreenTheme = {
  styles: {
    plain: '',
    dim: '',
    bold: '1',
    key: '1',
    added: '1;92',
    changed: '1;93',
    deleted: '1;91',
    host: '1;95',
    shared: '1;96',
    finding: '1;7;91',
  },
  looks: { plain: '', cursor: '1;7', marked: '1;4', bar: '1;7' },
  barKey: '4',
};

/** No colour: what is left is bold, underlined and turned round. */
const NONE: ScreenTheme = {
  styles: {
    plain: '',
    dim: '',
    bold: '1',
    key: '1',
    added: '',
    changed: '',
    deleted: '',
    host: '',
    shared: '',
    finding: '1',
  },
  looks: { plain: '', cursor: '7', marked: '4', bar: '7' },
  barKey: '1',
};

export const THEMES: Readonly<Record<ThemeName, ScreenTheme>> = {
  default: DARK,
  light: LIGHT,
  'high-contrast': HIGH_CONTRAST,
  none: NONE,
};
