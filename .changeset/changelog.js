// A changelog for people: the changeset's sentences as they were written, without hashes.
const changelog = {
  async getReleaseLine({ summary }) {
    return `- ${summary.trim().split("\n").join("\n  ")}`;
  },
  // That a package moves with its siblings is what a fixed group is, and no news.
  async getDependencyReleaseLine() {
    return "";
  },
};
export default changelog;
