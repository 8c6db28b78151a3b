import type { Healthcheck as ImageHealthcheck } from '../../oci/image-config.js';
import type { Healthcheck } from '../store/health-state.js';

/** What was asked for; undefined is the image's, or the default. Nanoseconds. */
export interface HealthChoice {
  readonly test: readonly string[] | undefined;
  readonly interval: number | undefined;
  readonly timeout: number | undefined;
  readonly startPeriod: number | undefined;
  readonly retries: number | undefined;
  readonly isOff: boolean;
}

/** All as the image has it. */
export const NO_CHOICE: HealthChoice = {
  test: undefined,
  interval: undefined,
  timeout: undefined,
  startPeriod: undefined,
  retries: undefined,
  isOff: false,
};

const THIRTY_SECONDS = 30e9;

/** The check of a container; undefined when there is none. */
export function chooseCheck(
  choice: HealthChoice,
  image: ImageHealthcheck | undefined,
): Healthcheck | undefined {
  const test = choice.test ?? image?.Test ?? [];
  const isNone = test.length < 2 || test[0] === 'NONE';
  if (choice.isOff || isNone) return undefined;
  // Docker's: zero is the default.
  const or = (given: number | undefined, own: number | undefined, preset: number) =>
    [given, own].find((value) => value !== undefined && value > 0) ?? preset;
  return {
    test,
    interval: or(choice.interval, image?.Interval, THIRTY_SECONDS),
    timeout: or(choice.timeout, image?.Timeout, THIRTY_SECONDS),
    startPeriod: or(choice.startPeriod, image?.StartPeriod, 0),
    retries: or(choice.retries, image?.Retries, 3),
  };
}
