import t from 'tap';
import { COMPRESSION_CASES } from './cases/compression.js';
import { checkCases } from './check-case.js';

await checkCases(t, COMPRESSION_CASES);
