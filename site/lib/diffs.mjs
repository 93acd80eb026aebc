// What each chapter changes, as pages: book/diffs/ if it is there, else
// the same from git.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { readDiff } from './captions.mjs'
import { book, root } from './paths.mjs'
import { pageNames, titleOf } from './pages.mjs'

export function chapters() {
    return fs.readdirSync(root).filter(name => /^\d\d-/.test(name)
        && fs.existsSync(path.join(root, name, 'Makefile'))).sort()
}

function diffText(chapter, before) {
    const committed = path.join(book, 'diffs', `${chapter}.diff`)
    if (fs.existsSync(committed)) {
        return fs.readFileSync(committed, 'utf8')
    }
    if (!before) {
        return ''
    }
    const ran = spawnSync('git', ['diff', '--no-index', '--no-color',
                                  '--no-renames', before, chapter],
                          { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
    return ran.stdout.split('\n').map(line =>
        /^(---|\+\+\+|diff --git) /.test(line) ? line.replace(
            new RegExp(`\\b([ab])/(${before}|${chapter})/`, 'g'), '$1/')
            : line).join('\n')
}

// [{ name, title, before, files, added, removed }]; what is no source
// (a chapter's README) is left out.
export function chapterDiffs() {
    const all = chapters()
    const pages = new Set(pageNames())
    return all.map((name, at) => {
        const before = all[at - 1] ?? ''
        const files = readDiff(diffText(name, before))
            .filter(file => file.path && file.path !== 'README.md')
        return {
            name, before, files,
            title: pages.has(name) ? titleOf(name) : name,
            page: pages.has(name),
            added: count(files, '+'), removed: count(files, '-'),
        }
    }).filter(diff => diff.files.length > 0)
}

function count(files, sign) {
    return files.flatMap(f => f.hunks).flatMap(h => h.lines)
        .filter(([s]) => s === sign).length
}

const number = (n, word) => `${n} ${word}${n === 1 ? '' : 's'}`

export function countWords({ files, added, removed }) {
    return `${number(files.length, 'file')}: ${added} lines added, `
        + `${removed} taken away`
}

// A fence of as many backquotes as its content needs.
function fenced(info, text) {
    const longest = Math.max(2, ...[...text.matchAll(/`+/g)]
        .map(([marks]) => marks.length))
    const marks = '`'.repeat(longest + 1)
    return `${marks}${info}\n${text}\n${marks}\n`
}

function diffOf(file) {
    const head = file.added ? ['--- /dev/null', `+++ b/${file.path}`]
        : file.removed ? [`--- a/${file.path}`, '+++ /dev/null']
            : [`--- a/${file.path}`, `+++ b/${file.path}`]
    return [...head, ...file.hunks.flatMap(hunk => [
        `@@ -${hunk.oldLine},${hunk.lines.filter(([s]) => s !== '+').length} `
        + `+${hunk.newLine},${hunk.lines.filter(([s]) => s !== '-').length} `
        + `@@ ${hunk.where}`,
        ...hunk.lines.map(([sign, text]) => sign + text),
    ])].join('\n')
}

// The Markdown of one such page.
export function diffPage(diff, sides) {
    const { name, before, title, page } = diff
    const what = before ? `\`diff -r ${before} ${name}\``
        : 'everything is new'
    const other = sides ? `${name}.md` : `${name}-sides.md`
    const tabs = '<p class="tabs">' + [
        [`./${name}.html`, 'Unified', !sides],
        [`./${name}-sides.html`, 'Side by side', sides],
    ].map(([href, text, here]) => `<a href="${href}"${
        here ? ' aria-current="page"' : ''}>${text}</a>`).join('') + '</p>'
    return [
        `# ${title}: the changes\n`,
        `${countWords(diff)} (${what}). `
        + (page ? `[The chapter](../${name}.md) explains them. ` : ''),
        `\n${tabs}\n`,
        ...diff.files.map(file => `## \`${file.path}\`\n\n${
            fenced(sides ? 'chapter-sides' : 'chapter-diff', diffOf(file))}`),
    ].join('\n')
}

export function diffIndex() {
    const rows = chapterDiffs().map(diff =>
        `| [${diff.title}](${diff.name}.md) | ${diff.files.length} | `
        + `${diff.added} | ${diff.removed} `
        + `| [side by side](${diff.name}-sides.md) |`)
    return ['# What each chapter changes\n',
            'Each chapter is a complete kernel. These pages show what was '
            + 'added, changed and taken away since the chapter before; '
            + '`make diff CHAPTER=03` shows the same in a terminal.\n',
            '| Chapter | Files | Lines added | Taken away | |',
            '|---|--:|--:|--:|---|', ...rows, ''].join('\n')
}

export function diffSidebar() {
    return [
        { text: 'Back to the book', link: '/' },
        { text: 'What each chapter changes', link: '/diffs/', items:
            chapterDiffs().map(({ name, title }) => ({
                text: title.replace(/^Chapter (\d+): /, '$1 '),
                link: `/diffs/${name}`,
            })) },
    ]
}
