/** Of several questions about the same thing only the last one's answer counts. */
export class Latest {
  #turn = 0;

  /** Gives the answer to `take`, unless something was asked or came to be known since. */
  async ask<T>(question: () => Promise<T>, take: (answer: T) => void): Promise<void> {
    const turn = ++this.#turn;
    try {
      const answer = await question();
      if (turn === this.#turn) take(answer);
    } catch (error) {
      if (turn === this.#turn) throw error;
    }
  }

  /** Answers that are on their way are of something that is over. */
  forget(): void {
    this.#turn += 1;
  }
}
