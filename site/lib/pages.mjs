// The pages of the book, in the order of the sidebar.  README.md names the
// parts and their chapters; every other page is found by being there.
import fs from 'node:fs'
import path from 'node:path'
import { book } from './paths.mjs'

const CHAPTER = /^\d\d-/

// Where a page is that is not a chapter; what is not named here is still
// shown, among the extras.
const BEFORE = ['setup', 'rust', 'assembly']
const AFTER = ['debugging', 'glossary', 'constants', 'hardware',
               'afterwards', 'instructors', 'changelog', 'errata']

export function pageNames() {
    return fs.readdirSync(book).filter(name => name.endsWith('.md'))
        .map(name => name.slice(0, -3))
        .filter(name => name !== 'README').sort()
}

export function titleOf(name) {
    const text = fs.readFileSync(path.join(book, `${name}.md`), 'utf8')
    const title = /^# (.+)$/m.exec(text)?.[1] ?? name
    return title.replace(/[`*]/g, '')
}

// The title as the sidebar has it: `3  VGA text mode`.
function short(name) {
    return titleOf(name).replace(/^Chapter (\d+): /, '$1 ')
        .replace(/^Extra: /, '')
}

const entry = name => ({ text: short(name), link: `/${name}` })

// [{ title, names }] of the parts that README.md has.
export function parts() {
    const text = fs.readFileSync(path.join(book, 'README.md'), 'utf8')
    const there = new Set(pageNames())
    const found = text.split(/^## /m).slice(1).map(section => ({
        title: section.split('\n')[0].trim(),
        names: [...section.matchAll(/^\|.*\]\((\d\d-[\w-]+)\.md\)/gm)]
            .map(match => match[1]).filter(name => there.has(name)),
    })).filter(part => part.names.length > 0)
    // A chapter that the front page does not have yet is in the last part.
    const named = new Set(found.flatMap(part => part.names))
    const missing = [...there].filter(n => CHAPTER.test(n) && !named.has(n))
    if (missing.length > 0) {
        const last = found.length > 0 ? found[found.length - 1] : null
        if (last) {
            last.names.push(...missing)
        } else {
            found.push({ title: 'Chapters', names: missing })
        }
    }
    return found
}

export function sidebar() {
    const names = pageNames()
    const others = names.filter(name => !CHAPTER.test(name))
    const rest = others.filter(name => !BEFORE.includes(name)
                               && !AFTER.includes(name))
    const groups = [
        ['Before you start', BEFORE.filter(n => others.includes(n))],
        ...parts().map(({ title, names: n }) => [title, n]),
        ['Extras', rest],
        ['Reference', AFTER.filter(n => others.includes(n))],
    ]
    const items = groups.filter(([, n]) => n.length > 0).map(
        ([text, n]) => ({ text, items: n.map(entry) }))
    items[0].items.unshift({ text: 'About this book', link: '/' })
    items.push({ text: 'The kernels', items: [
        { text: 'What each chapter changes', link: '/diffs/' }] })
    return items
}
