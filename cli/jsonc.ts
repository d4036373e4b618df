/**
 * Parses JSON with comments and trailing commas, as wrangler writes it. Throws a SyntaxError on
 * anything else.
 */
export function parseJsonc(source: string): unknown {
  // Strings come first in each alternation, so that what looks like a comment in one stays.
  const withoutComments = source
    .replace(/^\uFEFF/, '')
    .replaceAll(
      /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
      (_, kept?: string) => kept ?? ' ',
    );
  const withoutCommas = withoutComments.replaceAll(
    /("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g,
    (_, kept?: string) => kept ?? '',
  );
  return JSON.parse(withoutCommas) as unknown;
}
