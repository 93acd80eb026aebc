// The cells of the screens that `make check-book` has compared, if it has
// run: build/book/screens/03-vga.json, written by tools/book/proving/screens.py.
import fs from 'node:fs'
import path from 'node:path'
import { build } from './paths.mjs'

// Finds the cells for the screens of one page, in the page's order. Only
// those of exactly the same text are taken: what was never on a screen is
// not shown in colours.
export class Screens {
    constructor(page) {
        const file = path.join(build, 'book', 'screens',
                               path.basename(page, '.md') + '.json')
        this.entries = fs.existsSync(file)
            ? JSON.parse(fs.readFileSync(file, 'utf8')) : []
    }

    take(text) {
        const wanted = text.trimEnd()
        const at = this.entries.findIndex(
            entry => entry.body.join('\n').trimEnd() === wanted)
        return at < 0 ? null : this.entries.splice(at, 1)[0].rows
    }
}
