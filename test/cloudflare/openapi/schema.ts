import ts from 'typescript';

export type Schema = Record<string, unknown>;

/** Names that say nothing alone: what they mean, they mean in their file. */
const QUALIFIED = /^(?:__type|__object)$/;

/** A file to upload, by the SDK's own name for it. */
const UPLOADS = new Set(['Uploadable', 'FileLike', 'ResponseLike']);

/** `#/components/schemas/X`, each time it is referred to. */
const REFERENCE = /"#\/components\/schemas\/([\w.]+)"/g;

/**
 * Puts one name for all components that say the same, until nothing is said twice: the SDK names a
 * type anew for each operation that takes it. Answers the document's JSON.
 */
export function mergeEqual(document: { components: { schemas: Record<string, Schema> } }): string {
  let json = JSON.stringify(document);
  for (;;) {
    const { schemas } = (JSON.parse(json) as typeof document).components;
    const kept = new Map<string, string>();
    const renamed = new Map<string, string>();
    for (const [name, schema] of Object.entries(schemas)) {
      const same = kept.get(JSON.stringify(schema));
      if (same === undefined) kept.set(JSON.stringify(schema), name);
      else renamed.set(name, same);
    }
    if (renamed.size === 0) return json;
    const merged = JSON.parse(
      json.replaceAll(REFERENCE, (_, name: string) =>
        JSON.stringify(`#/components/schemas/${renamed.get(name) ?? name}`),
      ),
    ) as typeof document;
    for (const name of renamed.keys()) delete merged.components.schemas[name];
    json = JSON.stringify(merged);
  }
}

/** Writes JSON schemas for types of the SDK, each named type once under `components`. */
export class SchemaWriter {
  readonly components: Record<string, Schema> = {};
  readonly #names = new Map<ts.Type, string>();
  readonly #checker: ts.TypeChecker;

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  /** The schema of a type; objects allow no more than the type names. */
  schemaOf(type: ts.Type): Schema {
    const alias = type.aliasSymbol?.name;
    if (alias !== undefined && UPLOADS.has(alias)) return { type: 'string', format: 'binary' };
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (type.flags & ts.TypeFlags.Null) return { type: 'null' };
    if (type.flags & ts.TypeFlags.Void) return {};
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & ts.TypeFlags.BooleanLiteral) {
      return { const: this.#checker.typeToString(type) === 'true' };
    }
    if (type.flags & ts.TypeFlags.String) return { type: 'string' };
    if (type.flags & ts.TypeFlags.Number) return { type: 'number' };
    if (type.flags & ts.TypeFlags.Boolean) return { type: 'boolean' };
    if (type.isUnion()) return this.#union(type);
    if (this.#checker.isArrayType(type)) return this.#array(type);
    if (type.isIntersection() || type.flags & ts.TypeFlags.Object) return this.#named(type);
    throw new Error(`No schema for ${this.#checker.typeToString(type)}`);
  }

  /** An object of these properties of a type, and of nothing else. */
  objectOf(type: ts.Type, keep: (name: string) => boolean = () => true): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of type.getProperties()) {
      if (!keep(property.name)) continue;
      properties[property.name] = this.schemaOf(this.typeOf(property));
      if (!(property.flags & ts.SymbolFlags.Optional)) required.push(property.name);
    }
    const index = type.getStringIndexType();
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required: required.toSorted() }),
      additionalProperties: index ? this.schemaOf(index) : false,
    };
  }

  /** A property's type; the `undefined` of an optional one is left out where unions are written. */
  typeOf(property: ts.Symbol): ts.Type {
    return this.#checker.getTypeOfSymbol(property);
  }

  #union(type: ts.UnionType): Schema {
    const members = type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
    const literals = members.filter((each) => each.isStringLiteral() || each.isNumberLiteral());
    const booleans = members.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral);
    const others = members.filter(
      (each) => !literals.includes(each as never) && !booleans.includes(each),
    );
    const variants: Schema[] = others.map((each) => this.schemaOf(each));
    if (booleans.length === 2) variants.push({ type: 'boolean' });
    else variants.push(...booleans.map((each) => this.schemaOf(each)));
    if (literals.length > 0) {
      variants.push({ enum: literals.map(({ value }) => value).toSorted() });
    }
    const [only] = variants;
    return variants.length === 1 && only ? only : { anyOf: variants };
  }

  #array(type: ts.Type): Schema {
    const [item] = this.#checker.getTypeArguments(type as ts.TypeReference);
    return { type: 'array', items: item ? this.schemaOf(item) : {} };
  }

  #named(type: ts.Type): Schema {
    const symbol = type.aliasSymbol ?? type.getSymbol();
    if (!symbol || QUALIFIED.test(symbol.name)) return this.objectOf(type);
    if (UPLOADS.has(symbol.name)) return { type: 'string', format: 'binary' };
    const known = this.#names.get(type);
    if (known !== undefined) return { $ref: `#/components/schemas/${known}` };
    const name = this.#freeName(this.#checker.getFullyQualifiedName(symbol));
    this.#names.set(type, name);
    // Taken before it is written: a type may contain itself.
    this.components[name] = {};
    this.components[name] = this.objectOf(type);
    return { $ref: `#/components/schemas/${name}` };
  }

  #freeName(qualified: string): string {
    const name = qualified.replace(/^".*"\./, '').replaceAll(/[^\w.]/g, '_');
    for (let count = 1; ; count += 1) {
      const candidate = count === 1 ? name : `${name}_${count}`;
      if (!(candidate in this.components)) return candidate;
    }
  }
}
