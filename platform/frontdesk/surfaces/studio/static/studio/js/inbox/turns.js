// Answers come in any order. About each line the answer counts that was asked for last, whichever comes first.

let asked = 0;

/** The number of a question, taken when it is asked. */
export const turn = () => (asked += 1);

export class Turns {
  constructor() {
    this.begin(0);
  }

  /** All lines are new, as the answer to this question has them. */
  begin(number) {
    Object.assign(this, { first: number, lines: new Map() });
  }

  /** Whether the answer to this question still says something about a line; if so, it has said it. */
  takes(line, number) {
    if (number < Math.max(this.first, this.lines.get(line) ?? 0)) return false;
    this.lines.set(line, number);
    return true;
  }
}
