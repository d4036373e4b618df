import ts from 'typescript';

export interface SdkMethod {
  verb: string;
  /** One template; two where the SDK takes an account or a zone. Parameters as `{account_id}`. */
  paths: string[];
  /** Its parameter that carries what is sent besides the path: `params`, `query`, `body`; null when none. */
  carrier: string | null;
  /** Names of `carrier` that are neither query nor body: path and header parameters. */
  elsewhere: string[];
  /** `rest` is all names that are not taken otherwise; a string is the one parameter that is all of it. */
  query: 'none' | 'rest' | string[];
  body: 'none' | 'rest' | string[] | { whole: string };
  isMultipart: boolean;
}

/** A list is a GET unless its options name another method, as a paged query by POST does. */
function verbOf(callee: string, method: ts.Node | null): string {
  if (method && ts.isStringLiteral(method)) return method.text;
  return callee === 'getAPIList' ? 'get' : callee;
}

function snakeCase(name: string): string {
  return name
    .replaceAll('ID', 'Id')
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    .replace(/^_/, '');
}

function find<T extends ts.Node>(root: ts.Node, test: (node: ts.Node) => node is T): T | null {
  if (test(root)) return root;
  return ts.forEachChild(root, (child) => find(child, test) ?? undefined) ?? null;
}

function clientCall(node: ts.Node): node is ts.CallExpression {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.expression.getText() === 'this._client' &&
    node.arguments.length > 0
  );
}

function pathsOf(argument: ts.Expression): string[] {
  if (ts.isStringLiteral(argument)) return [argument.text];
  if (!ts.isTaggedTemplateExpression(argument)) throw new Error(`No path: ${argument.getText()}`);
  const { template } = argument;
  if (ts.isNoSubstitutionTemplateLiteral(template)) return [template.text];
  const text = template.templateSpans.reduce(
    (path, { expression, literal }) => `${path}{${snakeCase(expression.getText())}}${literal.text}`,
    template.head.text,
  );
  if (!text.includes('{account_or_zone}')) return [text];
  return ['account', 'zone'].map((kind) =>
    text.replace('{account_or_zone}/{account_or_zone_id}', `${kind}s/{${kind}_id}`),
  );
}

const nameText = (name: ts.Node): string =>
  ts.isStringLiteral(name) ? name.text : (name as ts.Identifier).text;

/** `const { a, 'b-c': d, ...rest } = params`: the names taken, by the local they became. */
function destructuring(method: ts.Node): { rest: string | null; locals: Map<string, string> } {
  const declaration = find(
    method,
    (node): node is ts.VariableDeclaration =>
      ts.isVariableDeclaration(node) &&
      ts.isObjectBindingPattern(node.name) &&
      /^params\b/.test(node.initializer?.getText() ?? ''),
  );
  const locals = new Map<string, string>();
  let rest: string | null = null;
  if (declaration && ts.isObjectBindingPattern(declaration.name)) {
    for (const element of declaration.name.elements) {
      const local = nameText(element.name);
      if (element.dotDotDotToken) rest = local;
      else locals.set(local, element.propertyName ? nameText(element.propertyName) : local);
    }
  }
  return { rest, locals };
}

/** Reads one method of a resource of the SDK: what it calls, and where each parameter goes. */
export function readSdkMethod(source: ts.SourceFile, name: string): SdkMethod {
  const method = find(
    source,
    (node): node is ts.MethodDeclaration =>
      ts.isMethodDeclaration(node) && node.name.getText() === name,
  );
  const call = method && find(method, clientCall);
  if (!method || !call) throw new Error(`${source.fileName} has no operation ${name}`);
  const { rest, locals } = destructuring(method);
  const callee = (call.expression as ts.PropertyAccessExpression).name.text;
  const options = call.arguments
    .slice(1)
    .map((argument) => find(argument, ts.isObjectLiteralExpression))
    .find((found) => found !== null);
  const carriers = method.parameters.map((parameter) => nameText(parameter.name));
  const carrier = carriers.find((each) => ['params', 'query', 'body'].includes(each)) ?? null;

  const destination = (option: string): ts.Node | null => {
    for (const property of options?.properties ?? []) {
      if (!property.name || nameText(property.name) !== option) continue;
      return ts.isPropertyAssignment(property) ? property.initializer : property.name;
    }
    return null;
  };
  const namesFor = (option: string): 'none' | 'rest' | string[] | { whole: string } => {
    const value = destination(option);
    if (!value) return 'none';
    if (ts.isObjectLiteralExpression(value)) {
      return value.properties.map((property) => {
        const local = nameText(property.name as ts.Node);
        return locals.get(local) ?? local;
      });
    }
    const text = nameText(value);
    if (text === rest || (text === carrier && rest === null)) return 'rest';
    return { whole: locals.get(text) ?? text };
  };
  const query = namesFor('query');
  const body = namesFor('body');
  if (typeof query === 'object' && 'whole' in query) throw new Error(`${name}: a query of one`);
  const sent = [query, body].flatMap((each) => {
    if (typeof each === 'string') return [];
    return Array.isArray(each) ? each : [each.whole];
  });
  return {
    verb: verbOf(callee, destination('method')),
    paths: pathsOf(call.arguments[0] as ts.Expression),
    carrier,
    elsewhere: [...locals.values()].filter((each) => !sent.includes(each)),
    query,
    body,
    isMultipart: /[mM]ultipartFormRequestOptions\(/.test(call.getText()),
  };
}
