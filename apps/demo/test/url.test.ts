// The address: there and back for every state, and safe against whatever stands there.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chapterIds, initialLesson } from "../src/lesson/lesson.ts";
import { traceOf } from "../src/lesson/trace.ts";
import { hashOf, restore } from "../src/lesson/url.ts";
import { initialViewState } from "../src/lesson/view-state.ts";
import { lessons, viewStateIn } from "./lessons.ts";

describe("there and back", () => {
  it("the notebook's own state has a short address", () => {
    expect(hashOf(initialLesson, initialViewState("ko"))).toBe("#v1/self/notebook?lang=ko");
  });

  it("any state, in any browser's writing of it", () => {
    fc.assert(
      fc.property(
        lessons.chain((lesson) => viewStateIn(lesson).map((viewState) => ({ lesson, viewState }))),
        fc.constantFrom("ko" as const, "en" as const),
        ({ lesson, viewState }, otherLanguage) => {
          const hash = hashOf(lesson, viewState);
          expect(hash).not.toMatch(/\s/u);
          const { hash: asBrowsers } = new URL(`http://localhost/${hash}`);
          for (const text of [hash, asBrowsers]) {
            expect(restore(text, otherLanguage)).toEqual({ lesson, viewState, isDamaged: false });
          }
        },
      ),
      { seed: 1, numRuns: 400 },
    );
  });
});

describe("nonsense", () => {
  it.each([
    "#v2/self/notebook",
    "#v1",
    "#v1/other/notebook",
    "#v1/self/other",
    "#v1/self/notebook/more",
    "#v1/self/proper?self.heads=2",
    "#v1/self/proper?self.heads=NaN",
    "#v1/self/proper?self.temperature=0",
    "#v1/self/proper?self.temperature=Infinity",
    "#v1/self/proper?sentence.vectors=1,0,NaN;0,1,0;0,0,1",
    "#v1/self/proper?sentence.vectors=1,0;0,1",
    "#v1/self/proper?sentence.vectors=r99999",
    "#v1/self/proper?sentence=",
    `#v1/self/proper?sentence=${"a+".repeat(500)}`,
    "#v1/self/proper?sentence.width=99",
    "#v1/self/proper?self.hidden=9-9",
    "#v1/self/proper?self.hidden=1-1,1-1",
    "#v1/self/proper?self.projections=1,0,0",
    "#v1/self/proper?visible=11",
    "#v1/self/proper?step=toString",
    "#v1/self/proper?lang=__proto__",
    "#v1/self/proper?row=4",
    "#%%%",
    "#<script>alert(1)</script>",
  ])("%s is said to be damaged, and the rest is the notebook's", (hash) => {
    const { lesson, viewState, isDamaged } = restore(hash, "en");
    expect(isDamaged).toBe(true);
    expect(viewState.language).toBe("en");
    expect(lesson.sentence.words).toEqual(initialLesson.sentence.words);
    for (const chapter of chapterIds) expect(() => traceOf(lesson, chapter)).not.toThrow();
  });

  it("none at all is no damage", () => {
    for (const hash of ["", "#"]) expect(restore(hash, "ko").isDamaged).toBe(false);
  });

  it("any text: a state that can be computed and written again", () => {
    const key = fc.constantFrom(
      ...["sentence", "sentence.width", "sentence.vectors", "question", "answer.vectors", "question.width", "visible"],
      ...[
        "self.heads",
        "self.hidden",
        "cross.projections",
        "masked.temperature",
        "step",
        "head",
        "row",
        "lang",
        "theme",
      ],
    );
    const value = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[-0-9.,;|re]{0,20}$/),
      fc.constantFrom("r1", "3", "1-1", "a b c d"),
    );
    const query = fc.array(fc.tuple(key, value)).map((pairs) => new URLSearchParams(pairs).toString());
    const path = fc.oneof(fc.string(), fc.constantFrom("v1/self/proper", "v1/cross/differs", "v1/masked"));
    fc.assert(
      fc.property(path, query, (before, after) => {
        const { lesson, viewState } = restore(`#${before}?${after}`, "en");
        for (const chapter of chapterIds) traceOf(lesson, chapter);
        expect(restore(hashOf(lesson, viewState), "ko")).toEqual({ lesson, viewState, isDamaged: false });
      }),
      { seed: 2, numRuns: 400 },
    );
  });
});
