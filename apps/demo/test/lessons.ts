// Random states of the lesson, all of them such as a reader could make.
import fc from "fast-check";
import {
  chapterIds,
  headChoices,
  initialLesson,
  type Lesson,
  readBy,
  type SequenceName,
  widthIn,
  withEdgeToggled,
  withFeatures,
  withSentence,
  withSettings,
} from "../src/lesson/lesson.ts";
import { projectionNames, withWeight } from "../src/lesson/projections.ts";
import { rounded, widthOf, withNumber, withSource } from "../src/lesson/sequence.ts";
import { tokenize } from "../src/lesson/tokens.ts";
import { initialViewState, stepIds, themes, type ViewState, viewIds } from "../src/lesson/view-state.ts";

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

type Change = (lesson: Lesson) => Lesson;
const names: readonly SequenceName[] = ["sentence", "question", "answer"];
const chapter = fc.constantFrom(...chapterIds);
const number = fc.double({ min: -10, max: 10, noNaN: true }).map(rounded);

const changes: fc.Arbitrary<Change>[] = [
  fc.tuple(fc.constantFrom(...names), words).map(
    ([name, list]): Change =>
      (lesson) =>
        withSentence(lesson, name, list),
  ),
  fc.tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 8 })).map(
    ([name, width]): Change =>
      (lesson) =>
        withFeatures(lesson, name, width),
  ),
  fc.tuple(fc.constantFrom(...names), fc.integer({ min: 0, max: 9999 })).map(
    ([name, seed]): Change =>
      (lesson) => ({ ...lesson, [name]: withSource(lesson[name], { kind: "random", seed }) }),
  ),
  fc.tuple(fc.constantFrom(...names), fc.nat(99), fc.nat(99), number).map(
    ([name, i, j, x]): Change =>
      (lesson) => ({
        ...lesson,
        [name]: withNumber(lesson[name], i % lesson[name].words.length, j % widthOf(lesson[name]), x),
      }),
  ),
  fc.tuple(chapter, fc.nat(99)).map(
    ([id, n]): Change =>
      (lesson) => {
        const choices = headChoices(widthIn(lesson, id));
        return withSettings(lesson, id, { heads: choices[n % choices.length] as number });
      },
  ),
  fc.tuple(chapter, fc.integer({ min: 1, max: 100 })).map(
    ([id, t]): Change =>
      (lesson) =>
        withSettings(lesson, id, { temperature: t / 10 }),
  ),
  fc.tuple(chapter, fc.boolean()).map(
    ([id, causal]): Change =>
      (lesson) =>
        id === "cross" ? lesson : withSettings(lesson, id, { causal }),
  ),
  fc.tuple(chapter, fc.integer({ min: 0, max: 9999 })).map(
    ([id, seed]): Change =>
      (lesson) =>
        withSettings(lesson, id, { projections: { kind: "random", seed } }),
  ),
  chapter.map(
    (id): Change =>
      (lesson) =>
        withSettings(lesson, id, { projections: { kind: "identity" } }),
  ),
  fc.tuple(chapter, fc.constantFrom(...projectionNames), fc.nat(99), fc.nat(99), number).map(
    ([id, name, i, j, x]): Change =>
      (lesson) => {
        const width = widthIn(lesson, id);
        const projections = withWeight(lesson.settings[id].projections, width, name, i % width, j % width, x);
        return withSettings(lesson, id, { projections });
      },
  ),
  fc.tuple(chapter, fc.nat(99), fc.nat(99)).map(
    ([id, i, j]): Change =>
      (lesson) => {
        const { x, memory } = readBy(lesson, id);
        return withEdgeToggled(lesson, id, [i % x.words.length, j % memory.words.length]);
      },
  ),
];

export const lessons: fc.Arbitrary<Lesson> = fc
  .array(fc.oneof(...changes), { maxLength: 12 })
  .map((list) => list.reduce((lesson, change) => change(lesson), initialLesson));

export const viewStateIn = (lesson: Lesson): fc.Arbitrary<ViewState> =>
  fc.record({ id: chapter, head: fc.nat(99), row: fc.nat(99) }).chain(({ id, head, row }) =>
    fc.record({
      chapter: fc.constant(id),
      view: fc.constantFrom(...viewIds),
      step: fc.constantFrom(...stepIds),
      head: fc.constant(head % lesson.settings[id].heads),
      row: fc.constant(row % readBy(lesson, id).x.words.length),
      language: fc.constantFrom("ko" as const, "en" as const),
      theme: fc.constantFrom(...themes),
    }),
  );

export { initialViewState };
