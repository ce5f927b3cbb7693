// The Korean messages.
import { koLesson } from "./ko-lesson.ts";
import type { Messages } from "./messages.ts";

export const ko: Messages = {
  lesson: koLesson,
  language: "한국어",
  title: "어텐션, 네 가지",
  lead: "한 문장으로 네 가지 어텐션을 살펴봐요. 먼저 공부 노트북이 계산한 그대로 보여 드리고, 이어서 제대로 계산한 값을 보여 드려요.",
  reading: "가로줄의 낱말이 묻고 세로줄의 낱말이 답해요. 색이 강할수록 큰 값이에요.",
  mechanisms: {
    self: {
      title: "셀프 어텐션",
      what: "낱말마다 같은 문장의 모든 낱말을 둘러보고, 누구에게 얼마나 귀 기울일지 정해요.",
      difference:
        "노트북의 점수는 어텐션의 앞 절반이고, 이를 √D로 나누고 소프트맥스로 한 줄의 합을 1로 만들어 그 비율로 값(V)을 섞으면 나머지 절반이 채워져요.",
      tryIt:
        "원-핫 벡터끼리는 겹치는 데가 없어서 점수가 늘 단위행렬이에요. ‘사과를’의 1번 성분을 0.8로 바꾸면 두 낱말 사이에 관계가 나타나요.",
    },
    multiHead: {
      title: "멀티 헤드 셀프 어텐션",
      what: "벡터를 헤드 수만큼 나누고, 헤드마다 다른 관계를 살핀 뒤 결과를 이어 붙여요.",
      difference:
        "같은 내적을 세 번 하면 세 헤드가 늘 같은 말을 하지만, 헤드마다 자기 투영과 자기 몫의 성분이 있으면 저마다 다른 것을 물을 수 있어요.",
      tryIt: "‘나는’의 3번 성분을 1로 바꾸면 ‘나는’도 첫째, 둘째 헤드에서 묻기 시작해요.",
    },
    masked: {
      title: "마스크드 셀프 어텐션",
      what: "문장을 써 내려가는 디코더처럼, 낱말은 자기 자신과 앞선 낱말만 볼 수 있어요.",
      difference:
        "점수에 마스크를 곱하면 그 낱말이 모두에게서 사라지고 빈 줄도 생기지만, 디코더는 소프트맥스 전에 나중 낱말만 가리므로 어느 줄이든 합이 1로 남아요.",
      tryIt:
        "다른 낱말을 가려 보세요. 노트북 쪽에서는 세로줄 하나가 통째로 사라지고, 제대로 계산한 쪽의 삼각형은 그대로예요.",
    },
    cross: {
      title: "크로스 어텐션",
      what: "한 문장이 다른 문장에 물어요. 번역이라면 쓰고 있는 문장이 원문에 묻는 셈이에요.",
      difference:
        "노트북에서는 질문이 대답을 보지만, 노트북의 설명대로면 쓰는 쪽인 대답이 묻고(Q) 이미 읽은 질문이 키와 값(K, V)을 내주니 가로줄과 세로줄이 바뀌어요.",
      tryIt:
        "두 문장의 원-핫은 따로 만든 것이라, 같은 번호끼리 맞는 것은 우연이에요. 대답에 낱말을 더하면 행렬은 더 이상 정사각형이 아니에요.",
    },
  },
  glosses: {},
  terms: {
    notebook: "노트북",
    proper: "제대로",
    difference: "다른 점",
    scores: "점수",
    weights: "가중치",
    output: "출력",
    head: (number) => `헤드 ${number}`,
    headAsks: ["누가?", "무엇을?", "어쨌다고?"],
    feature: "성분",
    features: "성분",
    hidden: "가려진 자리",
    question: "질문",
    answer: "대답",
    sentence: "문장",
  },
  projections:
    "모델이라면 배웠을 투영을 여기서는 손으로 골랐어요(가로줄은 헤드, 세로줄은 성분). W_Q의 2는 그 성분이 묻는다는 뜻, W_K의 1은 그 성분이 답한다는 뜻이고, W_V와 W_O는 단위행렬이에요. 묻지 않는 낱말은 모두를 고르게 봐요.",
  page: {
    languageChoice: "언어",
    themeChoice: "화면 밝기",
    themes: { auto: "자동", light: "밝게", dark: "어둡게" },
    contents: "차례",
    vectorsOf: (sequence) => `${sequence}: 벡터`,
    numberLabel: (word, feature) => `${word}, ${feature}번 성분`,
    tryIt: "해 보기",
    printed: "노트북이 찍는 그대로",
    maskLegend: "노트북의 마스크",
    maskHint: "표시한 낱말만 보여요.",
    scrollable: (caption) => `${caption} (옆으로 밀어 보기)`,
    footer: "모든 숫자는 지금 이 브라우저 안에서 @attn/core의 WebAssembly 커널이 계산했어요.",
  },
  errors: {
    noWords: "낱말을 하나 이상 적어 주세요. 그림은 마지막 문장 그대로예요.",
    tooManyWords: (limit) => `낱말은 ${limit}개까지 그릴 수 있어요. 그림은 마지막 문장 그대로예요.`,
  },
  terminal: {
    vectors: "낱말과 벡터",
    legend: "괄호는 가려진 자리",
    served: (url) => `살아 있는 페이지: ${url}`,
    stop: "Ctrl-C를 누르면 끝나요.",
    notBuilt: "페이지가 아직 빌드되지 않았어요. 저장소 맨 위에서 `npx -y pnpm@12 demo`를 실행해 주세요.",
    failed: (reason) => `페이지를 열지 못했어요: ${reason}`,
    help: `쓰는 법: pnpm demo [-- 옵션]

네 가지 어텐션을 터미널에 찍고, 같은 내용을 살아 있는 페이지로 열어요.

  --once       찍고 끝내기 (CI=1일 때도 같아요)
  --port N     처음 시도할 포트, 0–65535 (기본 4173; 이미 쓰고 있으면 다음 포트)
  --lang ko|en 설명의 언어 (기본은 LANG을 따름)
  --help       이 도움말`,
    unknownOption: (option) => `모르는 옵션이에요: ${option}`,
    unexpectedArgument: (argument) => `여기에 올 수 없는 인자예요: ${argument}`,
    needsNoValue: (option) => `${option}에는 값을 줄 수 없어요`,
    badValue: (option, expected, got) => `${option}에는 ${expected}만 올 수 있는데, ${got}을(를) 받았어요`,
    portRange: "0부터 65535까지의 정수",
    seeHelp: "--help로 쓰는 법을 볼 수 있어요.",
  },
};
