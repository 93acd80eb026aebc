// Files of the repository that the book links to, for a site that knows no
// address of the repository: they are served, as they are.
import fs from 'node:fs'
import path from 'node:path'
import { root } from './paths.mjs'

const wanted = new Set()

// The address of a file's copy; VitePress puts the base before it. A directory is a list of its files.
export function servedAs(file) {
    wanted.add(file)
    return `/repository/${encodeURI(file)}.txt`
}

// Writes what was asked for below the finished site.
export function writeSources(out) {
    for (const file of wanted) {
        const from = path.join(root, file)
        const to = path.join(out, 'repository', `${file}.txt`)
        fs.mkdirSync(path.dirname(to), { recursive: true })
        if (fs.statSync(from).isDirectory()) {
            fs.writeFileSync(to, listing(from).join('\n') + '\n')
        } else {
            fs.copyFileSync(from, to)
        }
    }
}

function listing(directory) {
    return fs.readdirSync(directory, { withFileTypes: true })
        .flatMap(entry => entry.isDirectory()
            ? listing(path.join(directory, entry.name))
                .map(name => `${entry.name}/${name}`)
            : [entry.name])
        .sort()
}
