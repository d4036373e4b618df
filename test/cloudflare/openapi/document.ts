import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { OPERATIONS } from './operations.ts';
import { mergeEqual, SchemaWriter, type Schema } from './schema.ts';
import { readSdkMethod, type SdkMethod } from './sdk-method.ts';

const SDK = join(import.meta.dirname, '../../../node_modules/cloudflare');

const typesOf = (module: string): string => join(SDK, `resources/${module}.d.mts`);

/** The type of what a method takes besides its path: null when it takes nothing. */
function carrierType(options: {
  program: ts.Program;
  module: string;
  method: string;
  carrier: string | null;
}): ts.Type | null {
  const { program, module, method, carrier } = options;
  if (carrier === null) return null;
  const checker = program.getTypeChecker();
  let found: ts.Type | null = null;
  const visit = (node: ts.Node): void => {
    if (found) return;
    if (ts.isMethodDeclaration(node) && node.name.getText() === method) {
      const parameter = node.parameters.find(({ name }) => name.getText() === carrier);
      if (parameter) found = checker.getNonNullableType(checker.getTypeAtLocation(parameter));
    }
    ts.forEachChild(node, visit);
  };
  const file = program.getSourceFile(typesOf(module));
  if (file) visit(file);
  if (!found) throw new Error(`${module} does not say what ${method} takes`);
  return found;
}

const partsOf = (type: ts.Type): ts.Type[] => (type.isUnion() ? type.types : [type]);

function queryParameters(method: SdkMethod, type: ts.Type | null, writer: SchemaWriter): Schema[] {
  if (!type || method.query === 'none') return [];
  const isQuery = (name: string): boolean =>
    method.query === 'rest' ? !method.elsewhere.includes(name) : method.query.includes(name);
  const byName = new Map(
    partsOf(type).flatMap((part) => part.getProperties().map((each) => [each.name, each] as const)),
  );
  return [...byName]
    .filter(([name]) => isQuery(name))
    .map(([name, property]) => ({
      name,
      in: 'query',
      ...(!(property.flags & ts.SymbolFlags.Optional) && { required: true }),
      schema: writer.schemaOf(writer.typeOf(property)),
    }));
}

function requestBody(method: SdkMethod, type: ts.Type | null, writer: SchemaWriter): Schema | null {
  const { body } = method;
  if (!type || body === 'none') return null;
  const queries = Array.isArray(method.query) ? method.query : [];
  const isBody = (name: string): boolean =>
    Array.isArray(body)
      ? body.includes(name)
      : !method.elsewhere.includes(name) && !queries.includes(name);
  const variants = partsOf(type).map((part) => {
    if (typeof body === 'object' && 'whole' in body) {
      const property = part.getProperty(body.whole);
      if (!property) throw new Error(`No ${body.whole}`);
      return writer.schemaOf(writer.typeOf(property));
    }
    return writer.objectOf(part, isBody);
  });
  const [only] = variants;
  const schema = variants.length === 1 && only ? only : { anyOf: variants };
  const isRequired = variants.every(
    (each) => each.required !== undefined || each.type !== 'object',
  );
  const media = method.isMultipart ? 'multipart/form-data' : 'application/json';
  return { ...(isRequired && { required: true }), content: { [media]: { schema } } };
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function readTypes(): ts.Program {
  const options: ts.CompilerOptions = {
    strict: true,
    lib: ['lib.es5.d.ts', 'lib.dom.d.ts'],
    types: [],
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    module: ts.ModuleKind.ESNext,
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  // Half of the SDK's types is documentation.
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseNone;
  return ts.createProgram({
    rootNames: OPERATIONS.map(([module]) => typesOf(module)),
    options,
    host,
  });
}

/**
 * An OpenAPI 3.1 document of the operations we use, made from the sources of the official SDK, which
 * itself is generated from the document that Cloudflare publishes: method and path from its code,
 * parameters and bodies from its types. Answers are not in it; the double's are typed by the SDK.
 */
export function writeDocument(): string {
  const program = readTypes();
  const writer = new SchemaWriter(program.getTypeChecker());
  const paths: Record<string, Record<string, Schema>> = {};
  for (const [module, ...methods] of OPERATIONS) {
    const path = join(SDK, `resources/${module}.mjs`);
    const source = ts.createSourceFile(
      path,
      readFileSync(path, 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    for (const name of methods) {
      const method = readSdkMethod(source, name);
      const type = carrierType({ program, module, method: name, carrier: method.carrier });
      const body = requestBody(method, type, writer);
      for (const template of method.paths) {
        const inPath = [...template.matchAll(/\{(\w+)\}/g)].map(([, each]) => ({
          name: each,
          in: 'path',
          required: true,
          schema: { type: 'string' },
        }));
        const parameters = [...inPath, ...queryParameters(method, type, writer)];
        (paths[template] ??= {})[method.verb] = {
          operationId: `${module.replaceAll('/', '.')}.${name}`,
          ...(parameters.length > 0 && { parameters }),
          ...(body && { requestBody: body }),
          responses: { '200': { description: 'Cloudflare’s envelope.' } },
        };
      }
    }
  }
  const { version } = JSON.parse(readFileSync(join(SDK, 'package.json'), 'utf8')) as {
    version: string;
  };
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'The operations of Cloudflare’s API that are used here',
      version: `cloudflare ${version}`,
    },
    servers: [{ url: 'https://api.cloudflare.com/client/v4' }],
    paths: sorted(paths),
    components: { schemas: sorted(writer.components) },
  };
  return `${JSON.stringify(JSON.parse(mergeEqual(document)), null, 1)}\n`;
}
