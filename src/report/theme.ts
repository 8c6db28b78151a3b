// Colours by meaning. The same colour means the same thing in every face; without colour
// nothing is lost, because no fact is told by colour alone.
import { Chalk } from 'chalk';

type Paint = (text: string) => string;

export interface Theme {
  readonly added: Paint;
  readonly changed: Paint;
  readonly deleted: Paint;
  /** Belongs to the host, not to a container. */
  readonly host: Paint;
  /** Belongs to several. */
  readonly shared: Paint;
  /** What a reader must not overlook. */
  readonly finding: Paint;
  readonly heading: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
}

export function makeTheme(color: boolean): Theme {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return {
    added: chalk.green,
    changed: chalk.yellow,
    deleted: chalk.red,
    host: chalk.magenta,
    shared: chalk.cyan,
    finding: chalk.redBright,
    heading: chalk.bold,
    bold: chalk.bold,
    dim: chalk.dim,
  };
}

/** What a face is told about the place it draws on. */
export interface View {
  readonly theme: Theme;
  /** Columns of the terminal; Infinity when the output is no terminal. */
  readonly width: number;
  /** Ids and texts whole. */
  readonly noTrunc: boolean;
  /** For ages ("2 minutes ago"): the moment of the document. */
  readonly now: number;
}
