// Says on stderr what is being done: a line that changes where a human watches, one line a row where none does.
import yoctoSpinner from "yocto-spinner";

export interface Progress {
  update(text: string): void;
  end(): void;
}

export function startProgress(heading: string): Progress {
  if (!process.stderr.isTTY) {
    console.error(heading);
    return { update: () => {}, end: () => {} };
  }
  const spinner = yoctoSpinner({ text: heading }).start();
  return {
    update: (text) => {
      spinner.text = `${heading} · ${text}`;
    },
    end: () => void spinner.stop(),
  };
}
