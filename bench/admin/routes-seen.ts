/** Routes that refuse now and then, with what they answer. */
export const ROUTES_SEEN: readonly (readonly [route: string, status: number])[] = [
  ['', 401],
  ['', 429],
  ['/api/me', 401],
  ['/api/sessions', 401],
  ['/api/sessions/:sessionId/turns', 429],
  ['/api/members', 403],
  ['/api/usage', 403],
  ['/api/sign-in', 429],
  ['/v1/chat/completions', 401],
  ['/v1/chat/completions', 429],
  ['/v1/models', 401],
  ['/admin/api/tenants', 403],
  ['/admin/api/agents/:id/wake', 403],
  ['/admin/api/overview', 401],
];
