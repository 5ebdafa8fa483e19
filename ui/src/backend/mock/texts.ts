// What is said in the mock's recordings: written for it.
import type { SegmentFlag } from "../backend";

export interface Line {
  text: string;
  flags?: SegmentFlag[];
  speaker?: string;
}

export interface Talk {
  title: string;
  source: string;
  language: "ko" | "en";
  daysAgo: number;
  hour: number;
  tags: string[];
  notice?: string;
  lines: (string | Line)[];
}

export const TALKS: Talk[] = [
  {
    title: "3분기 출시 일정 회의",
    source: "회의_1124.m4a",
    language: "ko",
    daysAgo: 0,
    hour: 10,
    tags: ["회의", "출시"],
    lines: [
      "네, 다들 오셨으니까 시작하겠습니다.",
      "오늘은 세 가지만 정하면 됩니다. 출시 날짜, 번역 범위, 그리고 시험 사용자를 어떻게 모을지요.",
      "먼저 날짜부터 보면, 지난주에는 구월 십칠일로 이야기했는데 그 주가 연휴랑 겹칩니다.",
      "그래서 한 주 당겨서 구월 십일에 내는 쪽이 낫다고 봅니다.",
      "당기면 시험 기간이 열흘밖에 안 남아요.",
      "맞습니다. 그 대신 이번에는 새 기능을 넣지 않고 고치는 것만 하기로 하면 열흘로도 충분합니다.",
      "그럼 검색 화면 바꾸는 일은 다음으로 미루는 건가요?",
      "네, 검색은 사 분기 첫 과제로 올리겠습니다. 담당은 그대로 박지현 님이고요.",
      { text: "서버 쪽은 이번 주 목요일까지 용량을 두 배로 늘려 두겠습니다.", flags: ["low_confidence"] },
      "번역은 한국어하고 영어가 먼저고, 일본어는 출시 뒤 두 주 안에 따라가기로 했습니다.",
      "영어 도움말 원고는 제가 금요일까지 넘기겠습니다.",
      "시험 사용자는 작년에 설문에 답해 주신 분들 가운데 스무 분께 먼저 연락드리면 어떨까요?",
      "좋습니다. 다만 녹음 파일을 보내 달라고 하지는 말고, 쓰면서 불편했던 점만 적어 달라고 합시다.",
      { text: "감사합니다. 시청해 주셔서 감사합니다.", flags: ["known_phantom", "maybe_no_speech"] },
      "위험한 점이 하나 있는데, 윈도우에서 한글 경로를 아직 다 시험하지 못했습니다.",
      "그건 내일 오전에 저랑 같이 봅시다. 이름이 한글인 계정을 하나 만들어 두었습니다.",
      "정리하겠습니다. 출시는 구월 십일, 새 기능은 없고, 번역은 두 언어 먼저입니다.",
      "다음 회의는 다음 주 화요일 열 시, 같은 방에서 하겠습니다. 수고하셨습니다.",
    ],
  },
  {
    title: "Night shift, interview with two nurses",
    source: "ZOOM0007.WAV",
    language: "en",
    daysAgo: 0,
    hour: 8,
    tags: ["Interviews"],
    lines: [
      { text: "Thank you both for staying after the shift. I will keep this short.", speaker: "Interviewer" },
      { text: "It is fine. Mornings are quiet, you have about twenty minutes before I fall asleep.", speaker: "Mara" },
      { text: "What changes on the ward between midnight and six?", speaker: "Interviewer" },
      { text: "The sound, mostly. In the day you hear people. At night you hear machines, and you learn which of them matter.", speaker: "Mara" },
      { text: "And the light. We keep the corridor at a third so that people sleep, but then you cannot read a label without your lamp.", speaker: "Joon" },
      { text: "How do you hand over to the day team?", speaker: "Interviewer" },
      { text: "On paper first, then standing at each bed. It takes twelve minutes if nobody interrupts.", speaker: "Joon" },
      { text: "Somebody always interrupts.", speaker: "Mara", flags: ["low_confidence"] },
      { text: "If you could change one thing, what would it be?", speaker: "Interviewer" },
      { text: "A second person for the hour between three and four. That is when things go wrong, and everyone knows it.", speaker: "Mara" },
      { text: "I would move the supply room. I walk about nine kilometres a night and three of them are to that door.", speaker: "Joon" },
      { text: "That is very clear. Thank you.", speaker: "Interviewer" },
    ],
  },
  {
    title: "할머니의 부산 이야기",
    source: "할머니 녹음 3.m4a",
    language: "ko",
    daysAgo: 1,
    hour: 15,
    tags: ["가족"],
    lines: [
      "내가 영도에 처음 간 게 열두 살 때였지.",
      "그때는 다리가 하루에 두 번 올라갔어. 배가 지나가라고.",
      "사람들이 다리 앞에서 기다리면서 고구마를 사 먹었지. 나도 그 냄새를 아직 기억한다.",
      "아버지는 배를 고치는 일을 하셨고, 저녁이면 손에서 쇠 냄새가 났어.",
      { text: "그 골목 이름이 뭐였더라, 봉래동이었나 대교동이었나.", flags: ["low_confidence"] },
      "비가 오면 지붕에서 떨어지는 물을 대야에 받아서 빨래를 했어.",
      "힘들었냐고? 힘든 줄을 몰랐지. 다들 그렇게 살았으니까.",
      "네 어머니가 태어난 날도 비가 왔다. 아주 많이 왔어.",
    ],
  },
  {
    title: "Lecture 7: how rivers move",
    source: "geo-07.mp3",
    language: "en",
    daysAgo: 1,
    hour: 9,
    tags: ["Lectures"],
    lines: [
      "Good morning. Last week we let the water do the work; today we look at what it carries.",
      "A river never stays where it is drawn on the map. It only looks that way because we are impatient.",
      "On the outside of a bend the water is faster, and it takes the bank with it, a spoonful at a time.",
      "On the inside it is slow, and what it carries it puts down. So the bend walks sideways across its valley.",
      { text: "The rate is between ten centimetres and several metres a year, depending on the soil.", flags: ["damaged_audio"] },
      "When two bends meet, the river takes the short way, and what is left behind is a lake in the shape of a horn.",
      "You can see about forty of them on the second page of your hand-out.",
      "For Thursday, please measure three of them and bring me the width, the radius and your doubts.",
    ],
  },
  {
    title: "Design and engineering, weekly",
    source: "weekly-sync.webm",
    language: "en",
    daysAgo: 3,
    hour: 14,
    tags: ["회의"],
    lines: [
      "Two things from design this week. The player is now at the foot of the window, and the library has days.",
      "The days are good. I found last Friday without thinking about it.",
      "We measured opening the longest transcript, and it takes less than a third of a second.",
      "Then let us stop making it faster and make it calmer. There are still two places that blink.",
      { text: "I can look at that tomorrow and Thursday and Thursday and Thursday.", flags: ["repetition"] },
      "The Korean line height was too tight. It is one and three quarters now, in both languages.",
      "Agreed. Next week we read the settings out loud and strike every word that nobody needs.",
    ],
  },
  {
    title: "면접 2차, 백엔드 개발자",
    source: "interview-2.ogg",
    language: "ko",
    daysAgo: 5,
    hour: 16,
    tags: ["면접"],
    lines: [
      "간단히 자기소개 부탁드립니다.",
      "네, 육 년째 서버를 만들고 있고 요즘은 작업 대기열을 주로 다룹니다.",
      "작업이 도중에 죽으면 어떻게 이어 가도록 만드셨나요?",
      "끝난 데까지를 같은 거래 안에 적어 두고, 다시 시작하면 거기서부터 읽게 했습니다.",
      "가장 오래 찾은 오류는 무엇이었습니까?",
      "시간대 하나가 여름에만 틀리는 오류였는데 석 달이 걸렸습니다.",
    ],
  },
  {
    title: "Ideas for the garden",
    source: "New Recording 12.m4a",
    language: "en",
    daysAgo: 12,
    hour: 18,
    tags: [],
    lines: [
      "The pear tree wants the north corner, where nothing else will grow anyway.",
      "Beans along the fence again, but start them two weeks later than last year.",
      "And ask Minseo whether she still has the seeds from her grandmother.",
    ],
  },
  {
    title: "도서관 운영위원회",
    source: "운영위_10월.mp3",
    language: "ko",
    daysAgo: 20,
    hour: 19,
    tags: ["회의"],
    notice: "파일이 중간에 끊겨 있어 남아 있는 부분만 변환했습니다.",
    lines: [
      "새 열람실은 오월 이일에 문을 엽니다.",
      "좌석은 육십 석이고 그 가운데 여덟 석은 휠체어로 쓸 수 있습니다.",
      "토요일 연장 운영은 봉사자가 네 분 더 필요합니다.",
      "안내문은 한국어와 영어로 같이 붙이기로 했습니다.",
    ],
  },
  {
    title: "Pilot episode: the sound of trains",
    source: "trains-pilot.flac",
    language: "en",
    daysAgo: 41,
    hour: 11,
    tags: ["Podcast"],
    lines: [
      "You are hearing the 6:40 from platform two. Listen to the doors.",
      "Every line has its own chord when it brakes, and people who commute know theirs without knowing it.",
      "My guest today tunes pianos for a living and takes the same train every day.",
      "She says that hers is a little flat on Mondays.",
    ],
  },
  {
    title: "논문 인터뷰, 이정훈 선생님",
    source: "VOICE_0412.amr.wav",
    language: "ko",
    daysAgo: 400,
    hour: 13,
    tags: ["Interviews"],
    lines: [
      "사투리를 고쳐야 한다고 배운 세대와 지켜야 한다고 배운 세대가 한 교실에 있습니다.",
      "저는 둘 다 옳았다고 생각해요. 때가 달랐을 뿐입니다.",
      "녹음은 논문에만 쓰시고 이름은 가려 주세요.",
    ],
  },
];

/** What is being said in the recording that is just transcribed. */
export const RUNNING_LINES: Line[] = [
  { text: "안녕하세요, 오늘 설명회에 와 주셔서 고맙습니다." },
  { text: "먼저 건물 구조를 보여 드리고, 질문은 뒤에 모아서 받겠습니다." },
  { text: "일 층은 누구나 들어올 수 있는 열린 공간으로 두었습니다." },
  { text: "계단 대신 완만한 길을 두어서 유모차도 이 층까지 올라갑니다." },
  { text: "지붕의 물은 모아서 정원에 쓰고, 남는 물은 연못으로 보냅니다." },
  { text: "소음이 걱정이라는 의견이 많아서 벽을 두 겹으로 했습니다.", flags: ["low_confidence"] },
  { text: "공사는 내년 삼월에 시작해서 열네 달이 걸립니다." },
  { text: "그동안 도서관은 맞은편 건물에서 계속 문을 엽니다." },
  { text: "비용은 작년에 정한 범위 안에 있고, 자세한 표는 마지막 장에 있습니다." },
  { text: "이제 질문을 받겠습니다. 뒤에 계신 분부터 말씀해 주세요." },
];
