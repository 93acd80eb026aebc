// The pages about what each chapter changes, and their index.
import { chapterDiffs, diffIndex, diffPage } from '../lib/diffs.mjs'

export default {
    paths() {
        const pages = chapterDiffs().flatMap(diff => [
            { params: { diff: diff.name }, content: diffPage(diff, false) },
            { params: { diff: `${diff.name}-sides` },
              content: diffPage(diff, true) },
        ])
        return [{ params: { diff: 'index' }, content: diffIndex() }, ...pages]
    },
}
