import { Type, type Static } from 'typebox';
import { documentOf, strictObject } from './common.js';

export const SearchResult = strictObject({
  name: Type.String({ description: 'What `run` and `pull` take' }),
  description: Type.Optional(Type.String({ description: 'Of Docker Hub' })),
  stars: Type.Optional(Type.Integer({ description: 'Of Docker Hub' })),
  official: Type.Optional(Type.Boolean({ description: 'Of Docker Hub' })),
  tags: Type.Optional(
    Type.Integer({ description: 'Of another registry, where few enough were found to count' }),
  ),
});
export type SearchResult = Static<typeof SearchResult>;

export const SearchDocument = documentOf('search', {
  term: Type.String(),
  results: Type.Array(SearchResult, { description: "In the registry's order" }),
  more: Type.Boolean({ description: 'There are more than were asked for' }),
});
export type SearchDocument = Static<typeof SearchDocument>;
