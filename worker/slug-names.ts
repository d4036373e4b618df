import { slugSchema } from '../contract/ids.ts';

const ADJECTIVES = (
  'amber brave bright calm clever cosmic crisp daring eager early ' +
  'fair gentle golden happy hardy keen kind lively lucky mellow ' +
  'merry mild nimble noble proud quick quiet rapid silver smooth ' +
  'snug solar steady sunny swift tidy vivid warm wise witty'
).split(' ');

const NOUNS = (
  'acorn badger beacon birch brook canyon cedar cliff comet coral ' +
  'crane delta ember falcon fern finch fjord glade harbor heron ' +
  'island lagoon lantern lark maple meadow otter pebble pine planet ' +
  'prairie raven reef river robin sparrow summit tide willow wren'
).split(' ');

/** Slugs tried until one is free: with 144,000 names, five in a row are hardly ever all taken. */
export const MAX_SLUG_TRIES = 5;

/**
 * A made-up slug such as `swift-otter-42`. `random` answers a whole number from 0 up to, without,
 * its argument.
 */
export function makeUpSlug(random: (below: number) => number): string {
  const adjective = ADJECTIVES[random(ADJECTIVES.length)];
  const noun = NOUNS[random(NOUNS.length)];
  return slugSchema.parse(`${adjective}-${noun}-${10 + random(90)}`);
}

/** Chance for names, which are no secret: the bias of a modulus does not matter. */
export function randomBelow(below: number): number {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
  return value % below;
}
