/** What was computed for the texts that were asked for most recently. */
export class Recent<Value> {
  #values = new Map<string, Value>();
  #limit: { texts: number; chars: number };
  #compute: (text: string) => Value;

  /** Keeps at most `limit.texts` values, and none of a text longer than `limit.chars`. */
  constructor(limit: { texts: number; chars: number }, compute: (text: string) => Value) {
    this.#limit = limit;
    this.#compute = compute;
  }

  get(text: string): Value {
    if (text.length > this.#limit.chars) return this.#compute(text);
    const known = this.#values.get(text);
    const value = known ?? this.#compute(text);
    // Set again, an entry of a Map moves to the end: its first key is the least recently used one.
    if (known !== undefined) this.#values.delete(text);
    this.#values.set(text, value);
    if (this.#values.size > this.#limit.texts) {
      const oldest = this.#values.keys().next().value;
      if (oldest !== undefined) this.#values.delete(oldest);
    }
    return value;
  }
}
