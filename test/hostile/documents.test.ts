import t from 'tap';
import { DOCUMENT_CASES } from './cases/documents.js';
import { checkCases } from './check-case.js';

await checkCases(t, DOCUMENT_CASES);
