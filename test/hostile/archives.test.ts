import t from 'tap';
import { ARCHIVE_CASES } from './cases/archives.js';
import { checkCases } from './check-case.js';

await checkCases(t, ARCHIVE_CASES);
