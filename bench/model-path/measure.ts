import { Client, type StreamedCall } from './client.ts';
import type { Subject } from './subject.ts';

/** Calls one after the other, of each subject in a round: enough for CPU time, told in 10 ms, to say something. */
const SEQUENTIAL_CALLS = 600;
/** Calls of each subject in a round that are made by several clients at once. */
const CONCURRENT_CALLS = 400;
const CONCURRENCY = 8;
/** Streams of each subject in a round, one after the other; each takes a second. */
const STREAMS = 8;
/** Calls of each subject before anything counts: until then its code is still being compiled. */
const WARM_UP = { calls: 2_000, streams: 3 };

/**
 * What is measured, one after the other: between two turns of a subject lies a second or two, and no
 * half a minute of the others' streams, after which its code is cold and its agent asleep.
 */
const PHASES = ['sequential', 'concurrent', 'streamed'] as const;

/** What was measured of one subject, all rounds together. */
export interface Measured {
  /** One after the other, ms. */
  callMs: number[];
  /** CPU time per call, one after the other, of each round, s. */
  callCpuSeconds: number[];
  /** With several at once, ms. */
  concurrentMs: number[];
  /** Calls per second with several at once, of each round. */
  concurrentRate: number[];
  streams: StreamedCall[];
  /** CPU time per stream, of each round, s. */
  streamCpuSeconds: number[];
  /** Everything that was asked of it, warm-up included. */
  calls: number;
}

/**
 * Measures the subjects in turn, `rounds` times, in alternating order, so that a machine that slows
 * down slows all. Each rests before the next one's turn: what it still has to do counts as its own.
 */
export async function measure(
  subjects: readonly Subject[],
  { rounds, say }: { rounds: number; say: (line: string) => void },
): Promise<Map<Subject['name'], Measured>> {
  const courses = subjects.map((subject) => new Course(subject));
  try {
    say('Warming up …');
    for (const course of courses) await course.warmUp();
    for (const phase of PHASES) {
      for (let round = 1; round <= rounds; round += 1) {
        const inTurn = round % 2 === 1 ? courses : courses.toReversed();
        for (const course of inTurn) await course[phase]();
        say(`${phase}, round ${round} of ${rounds}`);
      }
    }
    return new Map(courses.map(({ subject, measured }) => [subject.name, measured]));
  } finally {
    for (const course of courses) course.close();
  }
}

/** One subject, its clients and what was measured of it. */
class Course {
  readonly subject: Subject;
  readonly #one: Client;
  readonly #many: Client;
  readonly measured: Measured = {
    callMs: [],
    callCpuSeconds: [],
    concurrentMs: [],
    concurrentRate: [],
    streams: [],
    streamCpuSeconds: [],
    calls: 0,
  };

  constructor(subject: Subject) {
    this.subject = subject;
    this.#one = new Client(subject, { connections: 1 });
    this.#many = new Client(subject, { connections: CONCURRENCY });
  }

  async warmUp(): Promise<void> {
    for (let n = 0; n < WARM_UP.streams; n += 1) await this.#one.stream();
    await this.#atOnce(WARM_UP.calls);
    this.measured.calls += WARM_UP.streams + WARM_UP.calls;
    await this.subject.settled();
  }

  async sequential(): Promise<void> {
    const { callMs, callCpuSeconds } = this.measured;
    const cpu = await this.#cpuOf(async () => {
      for (let n = 0; n < SEQUENTIAL_CALLS; n += 1) callMs.push((await this.#one.call()).ms);
    });
    callCpuSeconds.push(cpu / SEQUENTIAL_CALLS);
    this.measured.calls += SEQUENTIAL_CALLS;
  }

  async concurrent(): Promise<void> {
    const { concurrentMs, concurrentRate } = this.measured;
    const start = performance.now();
    concurrentMs.push(...(await this.#atOnce(CONCURRENT_CALLS)));
    concurrentRate.push((CONCURRENT_CALLS / (performance.now() - start)) * 1_000);
    this.measured.calls += CONCURRENT_CALLS;
    await this.subject.settled();
  }

  async streamed(): Promise<void> {
    const { streams, streamCpuSeconds } = this.measured;
    const cpu = await this.#cpuOf(async () => {
      for (let n = 0; n < STREAMS; n += 1) streams.push(await this.#one.stream());
    });
    streamCpuSeconds.push(cpu / STREAMS);
    this.measured.calls += STREAMS;
  }

  close(): void {
    this.#one.close();
    this.#many.close();
  }

  async #cpuOf(work: () => Promise<void>): Promise<number> {
    const before = this.subject.cpuSeconds();
    await work();
    await this.subject.settled();
    return this.subject.cpuSeconds() - before;
  }

  async #atOnce(count: number): Promise<number[]> {
    const taken: number[] = [];
    let left = count;
    const caller = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        taken.push((await this.#many.call()).ms);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, caller));
    return taken;
  }
}
