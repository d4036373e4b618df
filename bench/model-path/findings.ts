import type { Bound, Findings } from '../report.ts';
import { percentileOf, spreadOf } from '../statistics.ts';
import type { Measured } from './measure.ts';
import type { Subject } from './subject.ts';

/** What the system may cost at most, in Portkey's: the promise. */
const MAX_ADDED_RATIO = 1.6;
const MAX_CPU_RATIO = 1.4;
const MAX_FIRST_RATIO = 0.4;
/** What a chunk may take longer than straight from the upstream, ms. */
const MAX_CHUNK_ADDED_MS = 1;

type Name = Subject['name'];

/** One line of the table: a metric, what it came to for each subject, and its decimals. */
interface Line {
  metric: string;
  value: Record<Name, number>;
  decimals: number;
}

/** What the measurements come to: the table, the bounds, and whether every call is in D1. Pure. */
export function findingsOf(
  measured: ReadonlyMap<Name, Measured>,
  attemptsInD1: number,
): Pick<Findings, 'table' | 'bounds' | 'details'> {
  const of = <T>(pick: (one: Measured) => T): Record<Name, T> => ({
    bare: pick(one(measured, 'bare')),
    portkey: pick(one(measured, 'portkey')),
    ours: pick(one(measured, 'ours')),
  });
  const call50 = of(({ callMs }) => percentileOf(callMs, 50));
  const cpu = of(({ callCpuSeconds }) => spreadOf(callCpuSeconds).median * 1e6);
  const first50 = of(({ streams }) => percentileOf(firstOf(streams), 50));
  const chunk50 = of(({ streams }) => percentileOf(chunksOf(streams), 50));
  const lines: Line[] = [
    { metric: 'call p50, ms', value: call50, decimals: 3 },
    { metric: 'call p95, ms', value: of(({ callMs }) => percentileOf(callMs, 95)), decimals: 3 },
    { metric: 'call p50, ms, added', value: added(call50), decimals: 3 },
    { metric: 'CPU per call, us', value: cpu, decimals: 0 },
    { metric: 'first token p50, ms', value: first50, decimals: 3 },
    {
      metric: 'first token p95, ms',
      value: of(({ streams }) => percentileOf(firstOf(streams), 95)),
      decimals: 3,
    },
    { metric: 'first token p50, ms, added', value: added(first50), decimals: 3 },
    { metric: 'chunk delay p50, ms', value: chunk50, decimals: 3 },
    {
      metric: 'chunk delay p95, ms',
      value: of(({ streams }) => percentileOf(chunksOf(streams), 95)),
      decimals: 3,
    },
    { metric: 'chunk delay p50, ms, added', value: added(chunk50), decimals: 3 },
    {
      metric: 'gap between chunks p95, ms',
      value: of(({ streams }) => percentileOf(gapsOf(streams), 95)),
      decimals: 3,
    },
    {
      metric: 'CPU per stream, us',
      value: of(({ streamCpuSeconds }) => spreadOf(streamCpuSeconds).median * 1e6),
      decimals: 0,
    },
    {
      metric: 'call p50, ms, 8 at once',
      value: of(({ concurrentMs }) => percentileOf(concurrentMs, 50)),
      decimals: 3,
    },
    {
      metric: 'call p95, ms, 8 at once',
      value: of(({ concurrentMs }) => percentileOf(concurrentMs, 95)),
      decimals: 3,
    },
    {
      metric: 'calls per second, 8 at once',
      value: of(({ concurrentRate }) => spreadOf(concurrentRate).median),
      decimals: 0,
    },
  ];
  const { calls } = one(measured, 'ours');
  const bounds: Bound[] = [
    {
      name: 'added to a call, ours / Portkey',
      measured: ratio(added(call50)),
      limit: MAX_ADDED_RATIO,
    },
    { name: 'CPU per call, ours / Portkey', measured: ratio(cpu), limit: MAX_CPU_RATIO },
    { name: 'first token, ours / Portkey', measured: ratio(first50), limit: MAX_FIRST_RATIO },
    {
      name: 'added to the delay of a chunk, ms',
      measured: added(chunk50).ours,
      limit: MAX_CHUNK_ADDED_MS,
    },
    {
      name: `of ${calls} calls missing or double in D1`,
      measured: Math.abs(calls - attemptsInD1),
      limit: 0,
    },
  ];
  // Single calls and chunks are left out: they would be tens of thousands of lines.
  const rounds = of(({ callCpuSeconds, streamCpuSeconds, concurrentRate }) => ({
    callCpuSeconds,
    streamCpuSeconds,
    concurrentRate,
  }));
  const details = { lines, rounds, calls, attemptsInD1 };
  return { table: lines.map(rowOf), bounds, details };
}

function rowOf({ metric, value, decimals }: Line): Record<string, string> {
  const { bare, portkey, ours } = value;
  return {
    metric,
    bare: bare.toFixed(decimals),
    Portkey: portkey.toFixed(decimals),
    ours: ours.toFixed(decimals),
    'ours / Portkey': ratio(value).toFixed(2),
  };
}

function one(measured: ReadonlyMap<Name, Measured>, name: Name): Measured {
  const found = measured.get(name);
  if (!found) throw new Error(`${name} was not measured`);
  return found;
}

const firstOf = (streams: Measured['streams']): number[] => streams.map(({ firstMs }) => firstMs);
const chunksOf = (streams: Measured['streams']): number[] =>
  streams.flatMap(({ chunkMs }) => chunkMs);
const gapsOf = (streams: Measured['streams']): number[] => streams.flatMap(({ gapMs }) => gapMs);

/** What each subject takes more than the upstream by itself. */
function added({ bare, portkey, ours }: Record<Name, number>): Record<Name, number> {
  return { bare: 0, portkey: portkey - bare, ours: ours - bare };
}

const ratio = ({ ours, portkey }: Record<Name, number>): number => ours / portkey;
