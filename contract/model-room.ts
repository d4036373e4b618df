import { findModel } from './models.ts';

/** What a model has to have room for. */
export interface Room {
  /** Estimated tokens of the prompt; absent asks for no room. */
  promptTokens?: number;
  /** The context must be larger than this many tokens. */
  largerThan?: number;
}

/** What keeps a model from a request; null when it may answer. */
export type Obstacle = 'unknown' | 'retired' | 'too_small';

/**
 * Why a model can't answer a request with so much output. One that publishes no context window is
 * taken to have room, unless it must be larger than another.
 */
export function obstacleOf(id: string, room: Room, maxOutputTokens: number): Obstacle | null {
  const model = findModel(id);
  if (!model) return 'unknown';
  if (model.retiredSince !== null) return 'retired';
  const { promptTokens, largerThan } = room;
  const { contextWindow } = model;
  if (largerThan !== undefined && !(contextWindow !== null && contextWindow > largerThan)) {
    return 'too_small';
  }
  if (promptTokens === undefined || contextWindow === null) return null;
  return promptTokens + maxOutputTokens <= contextWindow ? null : 'too_small';
}
