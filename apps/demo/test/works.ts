// Random states of the lesson, all of them such as a reader could make.
import fc from "fast-check";
import { initialPlace, type Place, stepIds, themes, viewIds } from "../src/lesson/place.ts";
import { projectionNames, withWeight } from "../src/lesson/projections.ts";
import { rounded, widthOf, withNumber, withSource } from "../src/lesson/sequence.ts";
import { tokenize } from "../src/lesson/tokens.ts";
import {
  chapterIds,
  headChoices,
  initialWork,
  readBy,
  type SequenceName,
  type Work,
  widthIn,
  withEdgeToggled,
  withFeatures,
  withPlay,
  withSentence,
} from "../src/lesson/work.ts";

const words = fc
  .array(
    fc.constantFrom(
      "나는",
      "사과를",
      "먹었다",
      "너는",
      "apple",
      "a&b",
      "50%",
      "+",
      "#",
      "?",
      "=",
      "«é»",
      "👩‍🌾",
      "c;d,e",
    ),
    {
      minLength: 1,
      maxLength: 9,
    },
  )
  .map((list) => tokenize(list.join(" ")));

type Change = (work: Work) => Work;
const names: readonly SequenceName[] = ["sentence", "question", "answer"];
const chapter = fc.constantFrom(...chapterIds);
const number = fc.double({ min: -10, max: 10, noNaN: true }).map(rounded);

const changes: fc.Arbitrary<Change>[] = [
  fc.tuple(fc.constantFrom(...names), words).map(
    ([name, list]): Change =>
      (work) =>
        withSentence(work, name, list),
  ),
  fc.tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 8 })).map(
    ([name, width]): Change =>
      (work) =>
        withFeatures(work, name, width),
  ),
  fc.tuple(fc.constantFrom(...names), fc.integer({ min: 0, max: 9999 })).map(
    ([name, seed]): Change =>
      (work) => ({ ...work, [name]: withSource(work[name], { kind: "random", seed }) }),
  ),
  fc.tuple(fc.constantFrom(...names), fc.nat(99), fc.nat(99), number).map(
    ([name, i, j, x]): Change =>
      (work) => ({ ...work, [name]: withNumber(work[name], i % work[name].words.length, j % widthOf(work[name]), x) }),
  ),
  fc.tuple(chapter, fc.nat(99)).map(
    ([id, n]): Change =>
      (work) => {
        const choices = headChoices(widthIn(work, id));
        return withPlay(work, id, { heads: choices[n % choices.length] as number });
      },
  ),
  fc.tuple(chapter, fc.integer({ min: 1, max: 100 })).map(
    ([id, t]): Change =>
      (work) =>
        withPlay(work, id, { temperature: t / 10 }),
  ),
  fc.tuple(chapter, fc.boolean()).map(
    ([id, causal]): Change =>
      (work) =>
        id === "cross" ? work : withPlay(work, id, { causal }),
  ),
  fc.tuple(chapter, fc.integer({ min: 0, max: 9999 })).map(
    ([id, seed]): Change =>
      (work) =>
        withPlay(work, id, { projections: { kind: "random", seed } }),
  ),
  chapter.map(
    (id): Change =>
      (work) =>
        withPlay(work, id, { projections: { kind: "identity" } }),
  ),
  fc.tuple(chapter, fc.constantFrom(...projectionNames), fc.nat(99), fc.nat(99), number).map(
    ([id, name, i, j, x]): Change =>
      (work) => {
        const width = widthIn(work, id);
        const projections = withWeight(work.play[id].projections, width, name, i % width, j % width, x);
        return withPlay(work, id, { projections });
      },
  ),
  fc.tuple(chapter, fc.nat(99), fc.nat(99)).map(
    ([id, i, j]): Change =>
      (work) => {
        const { x, memory } = readBy(work, id);
        return withEdgeToggled(work, id, [i % x.words.length, j % memory.words.length]);
      },
  ),
];

export const works: fc.Arbitrary<Work> = fc
  .array(fc.oneof(...changes), { maxLength: 12 })
  .map((list) => list.reduce((work, change) => change(work), initialWork));

export const placeIn = (work: Work): fc.Arbitrary<Place> =>
  fc.record({ id: chapter, head: fc.nat(99), row: fc.nat(99) }).chain(({ id, head, row }) =>
    fc.record({
      chapter: fc.constant(id),
      view: fc.constantFrom(...viewIds),
      step: fc.constantFrom(...stepIds),
      head: fc.constant(head % work.play[id].heads),
      row: fc.constant(row % readBy(work, id).x.words.length),
      language: fc.constantFrom("ko" as const, "en" as const),
      theme: fc.constantFrom(...themes),
    }),
  );

export { initialPlace };
