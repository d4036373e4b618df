import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

type Schema = Record<string, unknown>;

interface Parameter {
  name: string;
  in: 'path' | 'query';
  required?: boolean;
  schema: Schema;
}

interface OperationObject {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> };
}

interface Document {
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, Schema> };
}

export interface Operation {
  id: string;
  method: string;
  template: string;
  path: RegExp;
  query: Parameter[];
  media: 'application/json' | 'multipart/form-data' | null;
  isBodyRequired: boolean;
  /** Null when it takes no body. */
  body: z.ZodType | null;
}

/** Most problems of one body that are told. */
const MAX_PROBLEMS = 5;

function readDocument(name: string): Document {
  return JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as Document;
}

/** Adds what else a published object may have. */
function extend(known: Schema | undefined, more: Schema, name: string): void {
  if (known?.type !== 'object') throw new Error(`${name} is not published as an object`);
  known.properties = { ...(known.properties as Schema), ...(more.properties as Schema) };
  if (more.required) known.required = more.required;
}

/**
 * The published document with what wrangler sends beyond it. An operation that is not published is
 * taken as it is; to one that is, query parameters and properties of its body are added. A schema is
 * always one that is published.
 */
function merge(published: Document, unpublished: Document): Document {
  for (const [template, operations] of Object.entries(unpublished.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const known = published.paths[template]?.[method];
      if (!known) {
        (published.paths[template] ??= {})[method] = operation;
        continue;
      }
      known.parameters = [...(known.parameters ?? []), ...(operation.parameters ?? [])];
      for (const [media, { schema }] of Object.entries(operation.requestBody?.content ?? {})) {
        extend(known.requestBody?.content[media]?.schema, schema, `${method} ${template}`);
      }
    }
  }
  for (const [name, schema] of Object.entries(unpublished.components.schemas)) {
    extend(published.components.schemas[name], schema, name);
  }
  return published;
}

/** zod finds definitions under `$defs`; OpenAPI keeps them under `components`. */
function withDefinitions<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('#/components/schemas/', '#/$defs/')) as T;
}

/** A model's name has slashes that nobody escapes, such as `@cf/zai-org/glm-4.7-flash`. */
function pathPattern(template: string): RegExp {
  const named = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === 'model_name' ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`,
  );
  return new RegExp(`^${named}$`);
}

function readOperations(): Operation[] {
  const { paths, components } = withDefinitions(
    merge(readDocument('openapi.json'), readDocument('unpublished.json')),
  );
  return Object.entries(paths).flatMap(([template, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      const [media, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
      let body: z.ZodType | null = null;
      return {
        id: operation.operationId,
        method: method.toUpperCase(),
        template,
        path: pathPattern(template),
        query: (operation.parameters ?? []).filter((each) => each.in === 'query'),
        media: (media ?? null) as Operation['media'],
        isBodyRequired: operation.requestBody?.required ?? false,
        get body() {
          if (content) body ??= z.fromJSONSchema({ $defs: components.schemas, ...content.schema });
          return body;
        },
      };
    }),
  );
}

export const operations: readonly Operation[] = readOperations();

/** A path without parameters wins over one with them: `/tokens/verify` over `/tokens/{token_id}`. */
const byPrecedence = operations.toSorted(
  (a, b) => a.template.split('{').length - b.template.split('{').length,
);

/** The operation that a request asks for, with its path's parameters; null when there is none. */
export function findOperation(
  method: string,
  path: string,
): { operation: Operation; path: Record<string, string> } | null {
  for (const operation of byPrecedence) {
    if (operation.method !== method) continue;
    const found = operation.path.exec(path);
    if (!found) continue;
    const values = Object.entries(found.groups ?? {});
    return {
      operation,
      path: Object.fromEntries(values.map(([name, value]) => [name, decodeURIComponent(value)])),
    };
  }
  return null;
}

function isTextOf(schema: Schema, value: string): boolean {
  if (schema.const !== undefined) return value === String(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map(String).includes(value);
  if (Array.isArray(schema.anyOf))
    return schema.anyOf.some((each: Schema) => isTextOf(each, value));
  if (schema.type === 'number') return value !== '' && Number.isFinite(Number(value));
  if (schema.type === 'boolean') return value === 'true' || value === 'false';
  return true;
}

/** What the document does not allow in a query. A part of an object is sent as `account.id`. */
export function queryProblems(operation: Operation, query: URLSearchParams): string[] {
  const unknown = [...query].flatMap(([name, value]) => {
    const parameter = operation.query.find((each) => each.name === name.replace(/[.[].*$/, ''));
    if (!parameter) return [`query ${name}: not a parameter of this operation`];
    const isNested = name !== parameter.name;
    return isNested || isTextOf(parameter.schema, value) ? [] : [`query ${name}: bad value`];
  });
  const missing = operation.query.filter(({ name, required }) => required && !query.has(name));
  return [...unknown, ...missing.map(({ name }) => `query ${name}: required`)];
}

/** How close a variant of a union came: what is wrong lies deep, and is little. */
function closeness(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(...issues.map(({ path }) => path.length)) * 10 - issues.length;
}

function tell(issue: z.core.$ZodIssue, at: readonly PropertyKey[] = []): string[] {
  const path = [...at, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) {
    return [`${path.join('.') || 'body'}: ${issue.message}`];
  }
  const [closest = []] = issue.errors.toSorted((a, b) => closeness(b) - closeness(a));
  return closest.flatMap((each) => tell(each, path));
}

/** What the document does not allow in a body: nothing when it may be sent. */
export function bodyProblems(operation: Operation, body: unknown): string[] {
  if (body === undefined) return operation.isBodyRequired ? ['body: required'] : [];
  if (!operation.body) return ['body: this operation takes none'];
  const parsed = operation.body.safeParse(body);
  return parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) => tell(issue)).slice(0, MAX_PROBLEMS);
}
