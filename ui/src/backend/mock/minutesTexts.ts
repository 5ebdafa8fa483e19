// What was made of the mock's recordings: minutes, proposals and key words, written for it. Lines name the
// segments of `texts.ts` that they rest on.
import type { CorrectionMark, MinutesTemplate } from "../backend";

export interface WrittenLine {
  text: string;
  who?: string;
  when?: string;
  on: number[];
  /** Nobody said so. */
  invented?: true;
}

export interface WrittenMinutes {
  recordingId: number;
  template: string;
  language: "ko" | "en";
  sections: [key: string, lines: WrittenLine[]][];
}

const section = (key: string, ko: string, en: string) => ({ key, title: { ko, en } });

const TOPICS = section("topics", "주제", "Topics");
const POINTS = section("key_points", "핵심 내용", "Key points");
const DECISIONS = section("decisions", "결정 사항", "Decisions");
const ACTIONS = section("actions", "할 일", "Action items");
const RISKS = section("risks", "위험과 미결 사항", "Risks and open issues");
const DATES = section("dates", "다음 일정", "Next dates");

export const TEMPLATES: MinutesTemplate[] = [
  { id: "meeting", titles: { ko: "회의", en: "Meeting" }, sections: [TOPICS, POINTS, DECISIONS, ACTIONS, RISKS, DATES] },
  { id: "interview", titles: { ko: "인터뷰", en: "Interview" }, sections: [TOPICS, POINTS, section("quotes", "인용할 말", "Quotes"), RISKS] },
  { id: "lecture", titles: { ko: "강의", en: "Lecture" }, sections: [TOPICS, POINTS, section("terms", "용어", "Terms"), ACTIONS] },
  { id: "one_to_one", titles: { ko: "일대일 면담", en: "One-to-one" }, sections: [TOPICS, POINTS, ACTIONS, DATES] },
  { id: "phone", titles: { ko: "전화 통화", en: "Phone call" }, sections: [POINTS, DECISIONS, ACTIONS] },
];

export const MINUTES: WrittenMinutes[] = [
  {
    recordingId: 1,
    template: "meeting",
    language: "ko",
    sections: [
      ["topics", [
        { text: "출시 날짜, 번역 범위, 시험 사용자를 모으는 방법을 정했다.", on: [1] },
      ]],
      ["key_points", [
        { text: "처음 이야기한 9월 17일은 연휴가 있는 주와 겹친다.", on: [2] },
        { text: "한 주 당기면 시험 기간이 열흘 남지만, 고치는 일만 하면 충분하다고 보았다.", on: [3, 4, 5] },
      ]],
      ["decisions", [
        { text: "9월 10일에 출시하고 새 기능은 넣지 않는다.", when: "9월 10일", on: [3, 5, 16] },
        { text: "검색 화면 개편은 4분기 첫 과제로 미룬다.", who: "박지현", on: [6, 7] },
        { text: "번역은 한국어와 영어를 먼저 하고 일본어는 출시 뒤 두 주 안에 따라간다.", on: [9] },
      ]],
      ["actions", [
        { text: "서버 용량을 두 배로 늘린다.", when: "이번 주 목요일", on: [8] },
        { text: "영어 도움말 원고를 넘긴다.", when: "금요일", on: [10] },
        { text: "작년 설문에 답한 스무 분께 시험 사용을 부탁한다. 녹음 파일은 받지 않는다.", on: [11, 12] },
      ]],
      ["risks", [
        { text: "윈도우에서 한글 경로를 아직 다 시험하지 못했다.", when: "내일 오전", on: [14, 15] },
        { text: "번역 비용이 올해 예산을 넘을 수 있다.", on: [9], invented: true },
      ]],
      ["dates", [
        { text: "다음 회의, 같은 방", when: "다음 주 화요일 10시", on: [17] },
      ]],
    ],
  },
  {
    recordingId: 2,
    template: "interview",
    language: "en",
    sections: [
      ["topics", [
        { text: "What changes on the ward between midnight and six, and how the night hands over to the day.", on: [2, 5] },
      ]],
      ["key_points", [
        { text: "At night one hears machines instead of people, and learns which of them matter.", who: "Mara", on: [3] },
        { text: "The corridor is kept at a third of its light; labels cannot be read without a lamp.", who: "Joon", on: [4] },
        { text: "The hand-over is on paper first, then at each bed, and takes twelve minutes without interruptions.", who: "Joon", on: [6, 7] },
      ]],
      ["quotes", [
        { text: "“A second person for the hour between three and four. That is when things go wrong, and everyone knows it.”", who: "Mara", on: [9] },
        { text: "“I walk about nine kilometres a night and three of them are to that door.”", who: "Joon", on: [10] },
      ]],
      ["risks", [
        { text: "Between three and four o’clock one person is not enough.", on: [9] },
      ]],
    ],
  },
];

export interface WrittenCorrection {
  segment_idx: number;
  /** What becomes what, in the segment. */
  from: string;
  to: string;
  marks: CorrectionMark[];
}

export const CORRECTIONS: Record<number, WrittenCorrection[]> = {
  1: [
    { segment_idx: 1, from: "모을지요.", to: "모을지입니다.", marks: [] },
    { segment_idx: 3, from: "구월 십일에", to: "9월 11일에", marks: ["number"] },
    { segment_idx: 5, from: "넣지 않고", to: "넣고", marks: ["negation"] },
    { segment_idx: 7, from: "사 분기", to: "사분기", marks: [] },
    { segment_idx: 9, from: "한국어하고 영어가", to: "한국어와 영어가", marks: [] },
    { segment_idx: 13, from: "감사합니다. 시청해 주셔서 감사합니다.", to: "감사합니다.", marks: ["missing"] },
    { segment_idx: 14, from: "있는데, 윈도우에서", to: "있는데 윈도에서", marks: [] },
    { segment_idx: 15, from: "저랑 같이 봅시다.", to: "김민서 님과 저랑 같이 봅시다.", marks: ["added"] },
  ],
  2: [
    { segment_idx: 1, from: "It is fine.", to: "It’s fine.", marks: [] },
    { segment_idx: 3, from: "At night you", to: "At night, you", marks: [] },
    { segment_idx: 4, from: "then you cannot read a label without your lamp.", to: "then you can read a label only by your lamp.", marks: ["negation"] },
    { segment_idx: 6, from: "takes twelve minutes", to: "takes 20 minutes", marks: ["number"] },
    { segment_idx: 9, from: "go wrong, and everyone", to: "go wrong and everyone", marks: [] },
    { segment_idx: 10, from: "a night and three", to: "a night, and three", marks: [] },
  ],
};

export const KEY_WORDS: Record<number, [string, number][]> = {
  1: [["출시", 6], ["시험", 5], ["번역", 4], ["기능", 3], ["영어", 3], ["검색", 2], ["연휴", 2], ["서버", 2]],
  2: [["night", 5], ["machines", 3], ["hand-over", 3], ["lamp", 2], ["minutes", 2], ["door", 2]],
};

/** Titles that a model would find. */
export const FOUND_TITLES: Record<number, string> = {
  1: "9월 10일 출시와 번역 범위 결정",
  2: "Nights on the ward: sound, light and the hour after three",
};
