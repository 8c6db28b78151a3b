// A parsed JSON document is read through a reader that knows where in it it stands, so that every
// complaint names the place. Keys are looked up as own properties only: `__proto__` and
// `constructor` are keys like any other.
import { digestFault, isDigest, type Digest } from './digest.js';
import { CutawayError, type ErrorCode } from './error.js';

const DEFAULT_MAXIMUM_BYTES = 8 * 1024 * 1024;
const DEFAULT_MAXIMUM_DEPTH = 64;

export interface ParseJsonOptions {
  /** Default 8 MiB. */
  readonly maximumBytes?: number;
  /** Of objects and arrays within each other; default 64. */
  readonly maximumDepth?: number;
}

/** One value of a document: absent, null, or a JSON value, with its path (`$.rootfs.diff_ids[2]`). */
export class JsonReader {
  readonly what: string;
  readonly path: string;
  readonly value: unknown;

  constructor(what: string, value: unknown, path = '$') {
    this.what = what;
    this.value = value;
    this.path = path;
  }

  /** Neither absent nor null: Go writes null for what is empty, so the two mean the same. */
  get isPresent(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  fail(reason: string, code: ErrorCode = 'CORRUPT'): never {
    throw new CutawayError(code, `parse ${this.what}: ${this.path}: ${reason}`, {
      data: { path: this.path },
    });
  }

  /** A member of this object; a reader of an absent value when it has none. */
  get(key: string): JsonReader {
    const object = this.object();
    return this.child(memberPath(key), Object.hasOwn(object, key) ? object[key] : undefined);
  }

  keys(): string[] {
    return Object.keys(this.object());
  }

  object(): Readonly<Record<string, unknown>> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.expected('an object');
    }
    return value as Record<string, unknown>;
  }

  items(): JsonReader[] {
    if (!Array.isArray(this.value)) return this.expected('an array');
    return this.value.map((item, index) => this.child(`[${index}]`, item));
  }

  string(): string {
    return typeof this.value === 'string' ? this.value : this.expected('a string');
  }

  boolean(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.expected('a boolean');
  }

  /** An integer that a double holds exactly. */
  integer(minimum = Number.MIN_SAFE_INTEGER): number {
    const { value } = this;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < minimum) {
      return this.expected(minimum === 0 ? 'an integer from 0' : 'an integer');
    }
    return value;
  }

  digest(): Digest {
    const text = this.string();
    if (isDigest(text)) return text;
    const { code, reason } = digestFault(text);
    return this.fail(reason, code === 'UNSUPPORTED' ? code : 'CORRUPT');
  }

  strings(): string[] {
    return this.items().map((item) => item.string());
  }

  /** The members of an object in its order. The result has no prototype, so any key is safe. */
  map<Value>(read: (reader: JsonReader) => Value): Record<string, Value> {
    const result = Object.create(null) as Record<string, Value>;
    for (const key of this.keys()) result[key] = read(this.get(key));
    return result;
  }

  stringMap(): Record<string, string> {
    return this.map((reader) => reader.string());
  }

  /** What `read` makes of the value; undefined when it is absent or null. */
  optional<Value>(read: (reader: JsonReader) => Value): Value | undefined {
    return this.isPresent ? read(this) : undefined;
  }

  optionalString(): string | undefined {
    return this.optional((reader) => reader.string());
  }

  /** Absent, null and the empty list are all the empty list. */
  list<Value>(read: (reader: JsonReader) => Value): Value[] {
    return this.isPresent ? this.items().map(read) : [];
  }

  private child(step: string, value: unknown): JsonReader {
    return new JsonReader(this.what, value, this.path + step);
  }

  private expected(kind: string): never {
    if (this.value === undefined) return this.fail('missing');
    return this.fail(`not ${kind}: ${excerpt(this.value)}`);
  }
}

/** `what` names the document in messages: "parse image config: …". */
export function parseJson(
  bytes: Uint8Array,
  what: string,
  {
    maximumBytes = DEFAULT_MAXIMUM_BYTES,
    maximumDepth = DEFAULT_MAXIMUM_DEPTH,
  }: ParseJsonOptions = {},
): JsonReader {
  const fail = (code: ErrorCode, reason: string, cause?: unknown): never => {
    throw new CutawayError(code, `parse ${what}: ${reason}`, { cause, data: { path: '$' } });
  };
  if (bytes.length > maximumBytes) {
    return fail('LIMIT_EXCEEDED', `${bytes.length} bytes, more than the limit of ${maximumBytes}`);
  }
  if (nestsDeeper(bytes, maximumDepth)) {
    return fail('LIMIT_EXCEEDED', `nested deeper than the limit of ${maximumDepth}`);
  }
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    return fail('CORRUPT', 'not JSON: not valid UTF-8', error);
  }
  if (text.trim() === '') return fail('CORRUPT', 'not JSON: empty');
  try {
    return new JsonReader(what, JSON.parse(text));
  } catch (error) {
    return fail('CORRUPT', `not JSON: it starts with ${excerpt(text)}`, error);
  }
}

/** `fields` without those that are undefined: an absent key says less than a key without value. */
export function present<Fields extends object>(fields: Fields): Present<Fields> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Present<Fields>;
}

type Present<Fields> = {
  [Key in keyof Fields as undefined extends Fields[Key] ? never : Key]: Fields[Key];
} & {
  [Key in keyof Fields as undefined extends Fields[Key] ? Key : never]?: Exclude<
    Fields[Key],
    undefined
  >;
};

/** Whether brackets outside of strings open deeper than `maximum`; looks before anything is built. */
function nestsDeeper(bytes: Uint8Array, maximum: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > maximum) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}

function memberPath(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function excerpt(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
