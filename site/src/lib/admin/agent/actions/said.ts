/** What came of something that was done to an agent. */
export interface Said {
  words: string;
  isFailure: boolean;
}
