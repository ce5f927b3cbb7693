// What the examples read: the addresses at huggingface.co that they name and the files of their folder, with tiny models in
// place of published ones. No network is asked.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TinyModel, tinyBert, tinyLayer, tinyLlama, tinyT5 } from "./tiny.ts";

/** A tokenizer as its two files have it, and how many tokens it knows. */
interface TinyTokenizer {
  readonly tokenizer: object;
  readonly config: object;
  readonly size: number;
}

const letters = Array.from("abcdefghijklmnopqrstuvwxyz0123456789.,:;!?'\"-");
const ids = (pieces: readonly string[]) => Object.fromEntries(pieces.map((piece, i) => [piece, i]));
const special = (pieces: readonly string[]) =>
  pieces.map((content, id) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }));
/** A text between special tokens. */
const template = (...parts: readonly ("A" | readonly [token: string, id: number])[]) => ({
  type: "TemplateProcessing",
  single: parts.map((part) =>
    part === "A" ? { Sequence: { id: "A", type_id: 0 } } : { SpecialToken: { id: part[0], type_id: 0 } },
  ),
  pair: [],
  special_tokens: Object.fromEntries(
    parts.flatMap((part) => (part === "A" ? [] : [[part[0], { id: part[0], ids: [part[1]], tokens: [part[0]] }]])),
  ),
});

/** BERT's: every letter is a piece. */
function wordPieces(): TinyTokenizer {
  const first = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
  const vocab = ids([...first, ...letters, ...letters.map((letter) => `##${letter}`)]);
  return {
    size: Object.keys(vocab).length,
    config: { tokenizer_class: "BertTokenizer", do_lower_case: true, pad_token: "[PAD]", unk_token: "[UNK]" },
    tokenizer: {
      version: "1.0",
      added_tokens: special(first),
      normalizer: {
        type: "BertNormalizer",
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
        lowercase: true,
      },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: template(["[CLS]", 2], "A", ["[SEP]", 3]),
      decoder: { type: "WordPiece", prefix: "##", cleanup: true },
      model: {
        type: "WordPiece",
        unk_token: "[UNK]",
        continuing_subword_prefix: "##",
        max_input_chars_per_word: 100,
        vocab,
      },
    },
  };
}

/** GPT-2's, without a merge: every byte is a token. */
function bytes(): TinyTokenizer {
  const first = ["<|endoftext|>"];
  const isPrinted = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  const characters = Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrinted(byte) ? byte : next++));
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  const vocab = ids([...first, ...characters]);
  return {
    size: Object.keys(vocab).length,
    config: { tokenizer_class: "GPT2Tokenizer", eos_token: "<|endoftext|>" },
    tokenizer: {
      version: "1.0",
      added_tokens: special(first),
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: null,
      decoder: byteLevel,
      model: { type: "BPE", vocab, merges: [] },
    },
  };
}

/** T5's: pieces with scores. */
function unigrams(): TinyTokenizer {
  const first = ["<pad>", "</s>", "<unk>"];
  const pieces = [...first, "▁", ...letters, ...letters.map((letter) => letter.toUpperCase())];
  const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true };
  const vocab = [...new Set(pieces)].map((piece, i) => [piece, -i]);
  return {
    size: vocab.length,
    config: { tokenizer_class: "T5Tokenizer", eos_token: "</s>", pad_token: "<pad>", unk_token: "<unk>" },
    tokenizer: {
      version: "1.0",
      added_tokens: special(first),
      normalizer: null,
      pre_tokenizer: metaspace,
      post_processor: template("A", ["</s>", 1]),
      decoder: metaspace,
      model: { type: "Unigram", unk_id: 2, vocab },
    },
  };
}

const repositories: Readonly<Record<string, [TinyTokenizer, (V: number) => TinyModel]>> = {
  "sentence-transformers/all-MiniLM-L6-v2": [wordPieces(), tinyBert],
  "HuggingFaceTB/SmolLM2-135M": [bytes(), tinyLlama],
  "google-t5/t5-small": [unigrams(), tinyT5],
};

function write(folder: string, { config, weights }: TinyModel): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "model.safetensors"), weights);
}

/** A module that lets a process read from `folder/hub` what it fetches from huggingface.co, and nothing from elsewhere. */
const hubModule = `import { readFile } from "node:fs/promises";
globalThis.fetch = async (address) => {
  const { origin, pathname } = new URL(address);
  if (origin !== "https://huggingface.co") throw new TypeError(\`examples fetch from huggingface.co alone, got \${address}\`);
  try {
    return new Response(await readFile(new URL(\`hub\${pathname}\`, import.meta.url)));
  } catch {
    return new Response("Entry not found", { status: 404, statusText: "Not Found" });
  }
};
`;

/** Writes all of it into a folder, and hub.js, which a process has to import first. */
export function writeHub(folder: string): void {
  writeFileSync(join(folder, "hub.js"), hubModule);
  for (const [name, [{ tokenizer, config, size }, make]] of Object.entries(repositories)) {
    const files = join(folder, "hub", name, "resolve/main");
    write(files, make(size));
    writeFileSync(join(files, "tokenizer.json"), JSON.stringify(tokenizer));
    writeFileSync(join(files, "tokenizer_config.json"), JSON.stringify(config));
  }
  write(folder, tinyBert(100));
  writeFileSync(join(folder, "layer.safetensors"), tinyLayer(64, 128));
}
