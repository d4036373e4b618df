import { redact } from './secrets.ts';
import type { Io, Output } from './io.ts';

export interface Table {
  columns: string[];
  rows: string[][];
  /** A line for people that belongs to the table and is no data: it goes to stderr. */
  note?: string | undefined;
}

export type Format = 'json' | 'table';

/** Spaces between two columns. */
const GAP = '  ';
// oxlint-disable-next-line no-control-regex -- control characters are what is cut out
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Nano-dollars of one dollar. */
const DOLLAR_NANO = 1_000_000_000;
/** To the nano-dollar: one call may cost less than a thousandth of a cent. */
const money = new Intl.NumberFormat('en-US', {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 9,
});

/** Nano-dollars as dollars: `$0.000014`. */
function dollars(nano: number): string {
  return money.format(nano / DOLLAR_NANO);
}

/** A value as one cell: times and money readable, nothing that moves the terminal's cursor. */
export function cell(value: unknown, key = ''): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'number' && /nano/i.test(key)) return dollars(value);
  if (typeof value === 'number' && value > 0 && /(?:At|_at|^since|^at)$/.test(key)) {
    return new Date(value).toISOString();
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) {
    const scalars = value.every((item) => typeof item !== 'object' || item === null);
    return scalars ? value.map((item) => cell(item)).join(', ') || '-' : String(value.length);
  }
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value).replaceAll(CONTROL, ' ');
}

/** One object as a table of two columns; what lies deeper gets a dotted name. */
export function recordTable(record: object, prefix = ''): Table {
  const rows = Object.entries(record).flatMap(([key, value]): string[][] => {
    const name = prefix + key;
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value);
    return nested ? recordTable(value as object, `${name}.`).rows : [[name, cell(value, key)]];
  });
  return { columns: ['field', 'value'], rows };
}

/** A list as a table of the named fields. */
export function listTable<Row extends object>(
  rows: readonly Row[],
  columns: readonly (keyof Row & string)[],
): Table {
  return {
    columns: [...columns],
    rows: rows.map((row) => columns.map((key) => cell(row[key], key))),
  };
}

/** One page of a list as a table, which says how to get the next one. */
export function pageTable<Row extends object>(
  rows: readonly Row[],
  columns: readonly (keyof Row & string)[],
  cursor: string | number | null,
): Table {
  return { ...listTable(rows, columns), note: nextPage(cursor) };
}

/** What to say of a page that is not the last one. */
export function nextPage(cursor: string | number | null): string | undefined {
  return cursor === null ? undefined : `There are more: --cursor ${cursor}`;
}

/** Aligned columns under a heading, without trailing spaces; `mark` marks the heading. */
function renderTable(table: Table, mark: (text: string) => string = (text) => text): string {
  const widths = table.columns.map((name, column) =>
    Math.max(name.length, ...table.rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd();
  const heading = mark(line(table.columns.map((name) => name.toUpperCase())));
  return `${[heading, ...table.rows.map(line)].join('\n')}\n`;
}

function bold(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}

/** Whether to colour what goes to `output`. Source: no-color.org. */
function wantsColour(output: Output, env: Io['env']): boolean {
  return output.isTTY === true && !env['NO_COLOR'];
}

/** Writes one document to stdout: the data as JSON, or the table made of it. */
export function printResult(
  io: Io,
  format: Format,
  result: { data: unknown; table: () => Table },
): void {
  if (format === 'json') {
    io.stdout.write(redact(`${JSON.stringify(result.data, null, 2)}\n`, io.env));
    return;
  }
  const table = result.table();
  const text = renderTable(table, wantsColour(io.stdout, io.env) ? bold : undefined);
  io.stdout.write(redact(text, io.env));
  if (table.note !== undefined) io.stderr.write(redact(`${cell(table.note)}\n`, io.env));
}

/** Writes entries as they come: each as one line of JSON, or as the line that people read. */
export async function printEntries<Entry extends object>(
  io: Io,
  format: Format,
  stream: { entries: AsyncIterable<Entry>; line(entry: Entry): string },
): Promise<void> {
  for await (const entry of stream.entries) {
    const text = format === 'json' ? JSON.stringify(entry) : cell(stream.line(entry));
    io.stdout.write(redact(`${text}\n`, io.env));
  }
}
