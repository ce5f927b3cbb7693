// The lesson in Korean: what differs, the steps, the settings.
import type { LessonMessages } from "./messages.ts";

export const koLesson: LessonMessages = {
  views: { notebook: "노트북 그대로", differs: "다른 점", proper: "제대로" },
  misconceptions: {
    sameSource: {
      claim: "쿼리, 키, 값은 같은 벡터다.",
      truth:
        "같은 것은 출처예요. 한 벡터에 서로 다른 세 가중치 행렬을 곱해 묻는 쿼리, 답하는 키, 전해지는 값을 따로 만들어요.",
    },
    oneHot: {
      claim: "원-핫 낱말의 점수가 낱말 사이의 관계를 보여 준다.",
      truth:
        "서로 다른 원-핫은 겹치는 데가 없어서 점수가 늘 단위행렬이에요. 닮을 수 있는 벡터라야 누가 누구와 가까운지 드러나요.",
    },
    noSoftmax: {
      claim: "줄마다 합이 이미 1이니 분포다.",
      truth: "단위행렬이라 우연히 1일 뿐이에요. 점수를 두 배로 하면 합이 2가 되고, 소프트맥스를 거치면 언제나 1이에요.",
    },
    noScale: {
      claim: "점수를 그대로 소프트맥스에 넣는다.",
      truth:
        "벡터가 길수록 내적이 커져 소프트맥스가 한쪽으로 쏠려요. √D로 나누면 고르게 남아요. 노트북의 벡터라면 가장 큰 몫이 .5761에서 .4711로 내려가요.",
    },
    noValues: {
      claim: "점수 행렬이 어텐션의 출력이다.",
      truth:
        "점수는 누가 누구에게 귀 기울이는지예요. 출력은 들은 내용, 곧 가중치로 섞은 값이고 낱말마다 벡터 하나예요.",
    },
    sameSizes: {
      claim: "낱말도 셋, 성분도 셋, 헤드도 셋이다.",
      truth: "크기가 모두 같으면 어느 축이 무엇인지 알 수 없어요. 서로 다르면 모양이 스스로 말해 줘요.",
    },
    noPositions: {
      claim: "어텐션은 낱말을 차례대로 읽는다.",
      truth:
        "문장을 거꾸로 뒤집어도 낱말마다 똑같은 벡터가 나와요. 모델은 위치 인코딩으로 순서를 아는데, 노트북에는 그것이 없어요.",
    },
    sameHeads: {
      claim: "헤드 셋이 세 가지 관계를 본다.",
      truth: "같은 내적을 세 번 하면 같은 행렬이 셋이에요. 헤드마다 자기 투영이 있어야 서로 달라져요.",
    },
    sumOrJoin: {
      claim: "헤드의 결과를 더한다고도, 이어 붙인다고도 적혀 있다.",
      truth:
        "이어 붙여요. 더하면 헤드 하나 너비로 줄고 저마다 찾은 것이 뒤섞이지만, 이어 붙이면 낱말의 너비 그대로예요.",
    },
    ownProjections: {
      claim: "벡터를 헤드 수만큼 나누면 그만이다.",
      truth:
        "나누기는 절반이에요. 그 앞에서 투영이 헤드마다 무엇을 볼지 정해요. 같은 낱말을 투영 없이, 또 투영해서 비교해 보세요.",
    },
    scoresAsValues: {
      claim: "찍힌 점수가 어텐션 값이다.",
      truth: "점수는 낱말 둘에 숫자 하나예요. 값은 벡터이고, 결과도 낱말마다 벡터 하나예요.",
    },
    headLast: {
      claim: "헤드마다 행렬 하나씩 찍혔다.",
      truth:
        "마지막 축이 헤드라서, 찍힌 덩어리 하나는 한 낱말이 모든 헤드에서 받은 점수예요. 한 헤드의 행렬은 숫자를 셋 건너 하나씩 모은 것이에요.",
    },
    multiplied: {
      claim: "마스크는 점수에 0을 곱하는 것이다.",
      truth:
        "0도 하나의 점수라서 소프트맥스가 몫을 줘요. 노트북의 설명이 맞아요. 점수를 절댓값이 아주 큰 음수, 가장 좋기로는 음의 무한대로 바꿔야 몫이 0이에요.",
    },
    padding: {
      claim: "[1, 1, 0]이 앞으로 올 낱말을 가린다.",
      truth:
        "모두에게서 한 낱말을 가릴 뿐이에요. 패딩을 가릴 때와 같아요. 첫 낱말은 여전히 둘째 낱말을 봐요. 인과 마스크는 삼각형이에요.",
    },
    emptyRow: {
      claim: "0뿐인 줄은 가려진 낱말이다.",
      truth:
        "아무에게도, 자기에게도 귀 기울이지 않는 낱말이에요. 합이 0이라 분포가 아니에요. 인과 마스크에서는 누구나 적어도 자기는 봐요.",
    },
    forbiddenPart: {
      claim: "디코더는 위쪽 삼각형을 본다.",
      truth: "위쪽 삼각형은 보면 안 되는 자리예요. 대각선 위에서는 답하는 낱말이 묻는 낱말보다 나중에 와요.",
    },
    identityAgain: {
      claim: "이 보기가 마스크의 쓸모를 보여 준다.",
      truth: "원-핫이면 대각선 밖이 어차피 0이라 인과 마스크를 해도 단위행렬이에요. 다른 벡터라야 삼각형이 보여요.",
    },
    oneHeadOnly: {
      claim: "이것이 마스크드 멀티 헤드 어텐션이다.",
      truth: "헤드가 하나뿐이에요. 여러 헤드는 마스크 하나를 함께 쓰고, 저마다 다르게 삼각형을 채워요.",
    },
    transposed: {
      claim: "가로줄이 질문, 세로줄이 대답이다.",
      truth:
        "가로줄은 묻는 쪽이에요. 디코더에서는 쓰고 있는 대답이 묻고, 이미 읽은 질문이 답해요. 낱말이 둘씩이라 뒤바뀐 것이 보이지 않아요.",
    },
    twoSpaces: {
      claim: "두 문장에서 같은 번호는 같은 뜻이다.",
      truth: "두 문장의 원-핫은 따로 만든 것이에요. 질문의 낱말에 번호를 다르게 매기면 다른 낱말끼리 맞아요.",
    },
    halfWay: {
      claim: "내적이 크로스 어텐션이다.",
      truth: "첫걸음일 뿐이에요. 투영, 소프트맥스, 값이 이어지고, 결과는 대답의 낱말마다 벡터 하나예요.",
    },
    translation: {
      claim: "질문과 대답이 크로스 어텐션의 보기다.",
      truth:
        "번역이 더 알맞아요. 쓰는 낱말마다 자기 원문을 찾으니까요. 여기 벡터는 손으로 골랐지만, 모델은 이런 벡터를 학습해요.",
    },
  },
  steps: {
    project: {
      title: "Q, K, V 만들기",
      what: "낱말의 벡터에 세 가중치 행렬을 곱해요. 무엇을 묻는지, 무엇에 답하는지, 무엇을 전하는지.",
    },
    scores: { title: "QKᵀ 점수", what: "모든 쿼리와 모든 키의 내적을 구해요. 닮을수록 커요." },
    scale: { title: "÷ √D 나누기", what: "√D와 온도로 나누어, 벡터가 길어도 소프트맥스가 쏠리지 않게 해요." },
    mask: { title: "가리기", what: "보면 안 되는 자리는 음의 무한대가 돼요." },
    softmax: { title: "소프트맥스", what: "줄마다 합이 1인 몫이 돼요. 음의 무한대는 0이 돼요." },
    mix: { title: "· V 섞기", what: "그 몫대로 값을 섞어요." },
    concatenate: { title: "이어 붙이기", what: "헤드들의 결과를 나란히 이어 붙여요." },
    output: { title: "W_O 곱하기", what: "마지막 가중치 행렬이 헤드들이 찾은 것을 섞어요." },
  },
  step: (number, count) => `${count}단계 가운데 ${number}단계`,
  previousStep: "이전",
  nextStep: "다음",
  stepsLabel: "단계",
  shape: "모양",
  settings: {
    title: "설정",
    wordsHint: "낱말과 문장 부호가 토큰이 되고, 모든 값이 바로 다시 계산돼요.",
    source: "벡터",
    sources: { oneHot: "원-핫", random: "난수", hand: "손으로" },
    seed: "난수 시드",
    width: "성분 수",
    vectors: "벡터의 숫자",
    wordsShown: (from, to, total) => `낱말 ${from}–${to} / ${total}`,
    earlier: "앞 낱말",
    later: "뒤 낱말",
    heads: "헤드 수",
    temperature: "온도",
    temperatureHint: "1보다 낮으면 뾰족하게, 높으면 고르게.",
    causal: "인과: 나중 낱말은 가림",
    projections: "투영",
    projectionKinds: { identity: "단위행렬", random: "난수", hand: "손으로" },
    projection: { query: "W_Q (쿼리)", key: "W_K (키)", value: "W_V (값)", output: "W_O (출력)" },
    weightLabel: (name, row, column) => `${name}, ${row}행 ${column}열`,
    undo: "되돌리기",
    redo: "다시 하기",
    reset: "노트북 값으로",
    hiddenByHand: (count) => `손으로 가린 자리: ${count}`,
    showAll: "모두 다시 보이기",
  },
  figures: {
    title: "그림",
    gridHint: "칸을 고르면 그 쿼리에서 그 키가 가려지고, 다시 고르면 보여요.",
    askedBy: "자세히 볼 줄",
    head: "헤드",
    weightsOf: (head) => `헤드 ${head}의 가중치`,
    arcs: "연결선",
    heads: "나란히 놓은 헤드",
    mask: "마스크",
    distribution: (word) => `${word}: 어디를 볼까`,
    before: "바꾸기 전",
    after: "바꾼 뒤",
    change: "마지막으로 바꾼 것의 앞과 뒤",
    noChange: "마지막에 바꾼 것은 이 헤드의 가중치를 움직이지 않았어요.",
    changed: (query, key, before, after) => `바뀜: ${query} → ${key}, ${before} → ${after}`,
    table: (title) => `${title}: 표로 보기`,
    inTable: "숫자는 이어지는 표에 있어요.",
    seen: "보임",
    hidden: "가려짐",
    point: (query, key, value) => `${query} → ${key} 값 ${value}`,
    pointHidden: (query, key) => `${query} → ${key} 가려짐`,
    allHidden: (word) => `${word}: 볼 수 있는 낱말이 없어서 가중치도 출력도 0이에요.`,
  },
  engineer: {
    title: "개발자를 위해",
    variant: "커널 종류",
    shapes: "모양",
    error: "float64와의 가장 큰 차이",
    errorHint: "이 호출의 가중치와 출력을 배정밀도로 계산한 값과 비교했어요.",
    time: "이 호출의 시간",
    measure: "재어 보기",
    measured: (what, microseconds) => `${what}: ${microseconds} µs 걸림`,
    fused: "@attn/core 호출",
    plain: "TypedArray를 쓴 보통 JavaScript",
    naive: "배열의 map과 reduce로 쓴 코드",
    snippet: "지금 화면을 만드는 코드",
    copy: "복사",
    copied: "복사했어요.",
    notCopied: "브라우저가 허락하지 않았어요. 글을 골라서 복사해 주세요.",
    downloads: "내려받기",
    download: (format) => `${format} 내려받기`,
  },
  help: {
    open: "단축키",
    title: "단축키 안내",
    close: "닫기",
    singleKeys: "키 하나로 움직이기 (?, 1–4, n, p)",
    chapters: "네 장 가운데 고르기",
    views: "세 보기 사이를 옮기기 (보기가 골라져 있을 때)",
    steps: "다음 단계, 이전 단계",
    grid: "칸에서 칸으로. Home과 End는 줄의 끝, Ctrl과 함께면 모서리",
    hide: "칸을 가리거나 보이기",
    undo: "되돌리기, 다시 하기",
    tab: "다음 조작 칸으로",
    help: "이 안내",
  },
  notices: {
    address: "주소의 일부를 읽지 못해서, 그 자리는 노트북의 값으로 채웠어요.",
    dismiss: "이 알림 닫기",
    longWord: (limit) => `낱말 하나는 ${limit}글자까지예요. 그림은 마지막 문장 그대로예요.`,
    value: (least, most, kept) => `${least}부터 ${most}까지의 숫자를 적어 주세요. 그림은 ${kept} 그대로예요.`,
    noSimd:
      "이 브라우저는 커널을 돌릴 수 없어요. WebAssembly SIMD를 지원하지 않거나 WebAssembly가 막혀 있어요. Chrome 91, Firefox 89, Safari 16.4와 그 뒤의 브라우저에서는 돼요.",
  },
};
