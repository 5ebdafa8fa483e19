// What the mock knows about the meaning of its recordings, and the answers that a model would write from them.

/** A recording, and the first and last of its segments. */
export type PassagePlace = [recordingId: number, first: number, last: number];

/** Passages that are near to what was typed although they say it in other words. */
export const MEANINGS: { typed: RegExp; places: PassagePlace[] }[] = [
  { typed: /번역|translat/i, places: [[1, 9, 9], [1, 10, 10], [8, 3, 3]] },
  { typed: /\briver|강물|물길/i, places: [[4, 1, 1], [4, 3, 3], [4, 5, 5]] },
  { typed: /출시|launch|release/i, places: [[1, 3, 3], [1, 4, 5], [1, 16, 16]] },
  { typed: /위험|risk|danger|wrong/i, places: [[2, 9, 9], [1, 14, 14]] },
  { typed: /어린 ?시절|childhood/i, places: [[3, 0, 0], [3, 1, 2]] },
];

export const SIMILAR: Record<number, [recordingId: number, similarity: number][]> = {
  1: [[5, 0.74], [8, 0.66], [6, 0.58]],
  2: [[6, 0.63], [10, 0.57]],
  3: [[10, 0.61]],
  4: [[9, 0.6]],
  5: [[1, 0.74], [8, 0.62]],
  6: [[2, 0.63], [1, 0.58]],
  8: [[1, 0.66], [5, 0.62]],
};

export interface WrittenAnswer {
  asked: RegExp;
  passages: PassagePlace[];
  /** A sentence and what it rests on; one that rests on nothing is made up. */
  sentences: [text: string, on: number[]][];
}

export const ANSWERS: WrittenAnswer[] = [
  {
    asked: /출시/,
    passages: [[1, 2, 3], [1, 16, 16], [1, 4, 5], [5, 6, 6]],
    sentences: [
      ["출시 날짜는 9월 10일로 정했습니다.", [0, 1]],
      ["처음 이야기한 9월 17일은 연휴와 겹쳐서 한 주 당겼습니다.", [0]],
      ["시험 기간이 열흘로 줄어드는 대신 새 기능 없이 고치는 것만 내기로 했습니다.", [2]],
      ["출시 소식은 홍보팀이 맡아 알립니다.", []],
    ],
  },
  {
    asked: /번역|일본어/,
    passages: [[1, 9, 10], [1, 16, 16]],
    sentences: [
      ["번역은 한국어와 영어가 먼저이고, 일본어는 출시 뒤 두 주 안에 나옵니다.", [0, 1]],
      ["영어 도움말 원고는 금요일까지 넘기기로 했습니다.", [0]],
    ],
  },
  {
    asked: /hand over|hand-over|day team/i,
    passages: [[2, 6, 6], [2, 5, 7], [2, 9, 9], [5, 2, 3]],
    sentences: [
      ["They hand over on paper first, and then standing at each bed.", [0]],
      ["It takes twelve minutes if nobody interrupts, but somebody always does.", [0, 1]],
      ["The day team signs for it at seven.", []],
    ],
  },
  {
    asked: /change/i,
    passages: [[2, 9, 9], [2, 10, 10]],
    sentences: [
      ["Mara would have a second person for the hour between three and four.", [0]],
      ["Joon would move the supply room, because a third of his way each night leads to it.", [1]],
    ],
  },
];
