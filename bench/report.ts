import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../local/runner/paths.ts';

/** What a bench promises: the measured value is at most the limit. */
export interface Bound {
  name: string;
  measured: number;
  limit: number;
}

/** What a bench has found: a table for people, and everything behind it. */
export interface Findings {
  /** What was measured, how, and what each side includes. */
  notes: string[];
  table: Record<string, string>[];
  bounds: Bound[];
  details: unknown;
}

/** @returns whether a bound holds; one that could not be measured does not. */
export function holds({ measured, limit }: Bound): boolean {
  return measured <= limit;
}

/** Prints the findings and writes them to bench/results/<name>.json. @returns whether all bounds hold. */
export async function report(name: string, findings: Findings): Promise<boolean> {
  const { notes, table, bounds } = findings;
  console.log(`\n${notes.join('\n')}\n`);
  console.log(renderTable(table));
  for (const bound of bounds) {
    const verdict = holds(bound) ? 'holds' : 'BROKEN';
    console.log(
      `\n${bound.name}: ${bound.measured.toFixed(3)}, at most ${bound.limit}: ${verdict}`,
    );
  }
  const folder = join(ROOT, 'bench/results');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  const facts = { name, at: new Date().toISOString(), commit: commit(), machine: machine() };
  await writeFile(file, `${JSON.stringify({ ...facts, ...findings }, null, 2)}\n`);
  console.log(`\nWritten to ${file}`);
  return bounds.every(holds);
}

/** @returns rows under their common headings, numbers to the right. */
export function renderTable(rows: readonly Record<string, string>[]): string {
  const headings = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [headings, ...rows.map((row) => headings.map((heading) => row[heading] ?? ''))];
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column === 0 ? cell.padEnd(width) : cell.padStart(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function machine(): Record<string, unknown> {
  const all = cpus();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  const load = loadavg();
  return { cpus: all.length, model: all[0]?.model, memoryGb, node: process.version, load };
}

function commit(): string | null {
  try {
    const args = ['describe', '--always', '--dirty'];
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return null;
  }
}
