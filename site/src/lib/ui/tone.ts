/** How good something is, as a badge shows it. */
export type Tone = 'plain' | 'good' | 'busy' | 'warn' | 'bad';

/** What a badge says, and in which tone. */
export interface Toned {
  name: string;
  tone: Tone;
}
