/** What became of a page that could not be shown. */
type LoadErrorKind = 'missing' | 'refused' | 'failed';

/** The kind of an answer's HTTP status. */
export function loadErrorKind(status: number): LoadErrorKind {
  if (status === 404) return 'missing';
  return status === 403 ? 'refused' : 'failed';
}

export const LOAD_ERROR_TITLES: Record<LoadErrorKind, string> = {
  missing: 'This is not here',
  refused: 'Your role does not show this',
  failed: 'This could not be loaded',
};
