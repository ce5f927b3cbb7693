// The command line, read: every option, and every way to get one wrong.
import { describe, expect, it } from "vitest";
import { readArguments } from "../src/terminal/arguments.ts";

const run = { kind: "run", language: "en", once: false, port: 4173 };

describe("what is asked for", () => {
  it.each([
    [[], {}, run],
    [["--"], {}, run],
    [["--", "--once"], {}, { ...run, once: true }],
    [["--", "--", "--once"], {}, { ...run, once: true }],
    [["--port", "80", "--lang", "ko"], {}, { ...run, port: 80, language: "ko" }],
    [["--port=0"], {}, { ...run, port: 0 }],
    [[], { CI: "1" }, { ...run, once: true }],
    [[], { CI: "true" }, { ...run, once: true }],
    [[], { CI: "" }, run],
    [[], { CI: "false" }, run],
    [[], { LANG: "ko_KR.UTF-8" }, { ...run, language: "ko" }],
    [[], { LC_ALL: "en_US.UTF-8", LANG: "ko_KR.UTF-8" }, run],
    [["--lang=en"], { LANG: "ko_KR.UTF-8" }, run],
    [["--help"], {}, { kind: "help", language: "en" }],
    [["-h", "--lang", "ko"], {}, { kind: "help", language: "ko" }],
  ] as const)("%j with %j", (argv, environment, request) => {
    expect(readArguments(argv, environment)).toEqual(request);
  });
});

describe("what is wrong", () => {
  it.each([
    [["--bogus"], "unknown option: --bogus"],
    [["-x"], "unknown option: -x"],
    [["--once", "--nope=1"], "unknown option: --nope"],
    [["serve"], "unexpected argument: serve"],
    [["--once=yes"], "--once takes no value"],
    [["--port"], '--port must be an integer from 0 to 65535, got ""'],
    [["--port", "65536"], '--port must be an integer from 0 to 65535, got "65536"'],
    [["--port", "4173.5"], '--port must be an integer from 0 to 65535, got "4173.5"'],
    [["--lang", "fr"], '--lang must be ko | en, got "fr"'],
  ])("%j: %s", (argv, message) => {
    expect(readArguments(argv, {})).toEqual({ kind: "error", language: "en", message: `${message}. See --help.` });
  });

  it("is said in Korean to who reads Korean", () => {
    expect(readArguments(["--bogus"], { LANG: "ko_KR.UTF-8" })).toMatchObject({
      message: expect.stringContaining("모르는 옵션"),
    });
  });
});
