// A fence as HTML: a figure with a caption, the lines, and a button that
// copies what a reader would type.
import { escape, highlightLines, languageOf } from './highlight.mjs'

// The marks of a copy button; the theme's copy.js does the work.
const copyButton = what =>
    `<button type="button" class="copy" aria-label="Copy ${escape(what)}" `
    + `title="Copy ${escape(what)}"></button>`

function figure(kind, caption, body) {
    const head = caption ? `<figcaption>${caption}</figcaption>` : ''
    return `<figure class="listing ${kind}" v-pre>${head}${body}</figure>\n`
}

const name = path => `<code class="path">${escape(path)}</code>`

// A line ends within its element, so that a selection has it, too.
function row(html, kind = '') {
    const tag = kind === 'added' ? 'ins' : kind === 'removed' ? 'del' : 'span'
    const more = kind ? ` ${kind}` : ''
    return `<${tag} class="l${more}">${html}\n</${tag}>`
}

const block = rows => `<pre><code>${rows.join('')}</code></pre>`

function lines(text) {
    return text.replace(/\n$/, '').split('\n')
}

// --- Code as it is -------------------------------------------------------

export function code(text, language, caption, kind, what = 'this code') {
    const rows = highlightLines(lines(text).join('\n'), language)
        .map(html => row(html))
    return figure(`code ${kind}`, caption, copyButton(what) + block(rows))
}

export function newFile(text, path, language) {
    const caption = `<span class="what">New file</span> ${name(path)}`
    return code(text, languageOf(path) === 'text' ? language
        : languageOf(path), caption, 'new', `the file ${path}`)
}

// A file that is taken, not typed.
export function given(text, path) {
    const count = lines(text).length
    return `<details class="given"><summary>${name(path)}, ${count} `
        + `lines</summary>${newFile(text, path, 'text')}</details>`
}

// --- Changes -------------------------------------------------------------

const SIGNS = { '+': 'added', '-': 'removed' }

// The old and the new side are highlighted apart: each is C, what stands
// in a diff is not.
export function highlightHunk(hunk, language) {
    const side = sign => {
        const there = hunk.lines.filter(([s]) => s === ' ' || s === sign)
        return highlightLines(there.map(([, text]) => text).join('\n'),
                              language)
    }
    const before = side('-')
    const after = side('+')
    let old = 0
    let now = 0
    return hunk.lines.map(([sign]) => {
        const html = sign === '-' ? before[old] : after[now]
        old += sign !== '+'
        now += sign !== '-'
        return { sign, html }
    })
}

function where(hunk) {
    const text = hunk.where.trim()
    return text ? `<span class="where">${escape(text)}</span>` : ''
}

function hunkBlock(hunk, language, path) {
    const adds = hunk.lines.some(([sign]) => sign === '+')
    const button = adds
        ? copyButton(`the added lines${path ? ` of ${path}` : ''}`) : ''
    const head = `<div class="hunk-head">${where(hunk)}${button}</div>`
    const rows = highlightHunk(hunk, language)
        .map(({ sign, html }) => row(html, SIGNS[sign]))
    return `<div class="hunk">${head}${block(rows)}</div>`
}

const become = file => file.added ? 'New file'
    : file.removed ? 'Deleted file' : 'Change'

// `titled`: a heading above has said which file it is.
export function change(files, words = '', titled = false) {
    return files.map(file => {
        const language = file.path ? languageOf(file.path) : 'c'
        const caption = file.path
            ? `<span class="what">${become(file)}</span>`
            + (titled ? '' : ` ${name(file.path)}`) : words
        return figure('change', caption, file.hunks.map(
            hunk => hunkBlock(hunk, language, file.path)).join(''))
    }).join('')
}

// Both sides in two columns, as a table: a row says what became of what.
// A file that has one side only is shown as a change.
export function sideBySide(file) {
    if (file.added || file.removed) {
        return change([file], '', true)
    }
    const language = languageOf(file.path)
    const rows = file.hunks.flatMap(hunk => [
        '<tr class="hunk-row"><td colspan="4">'
        + `${where(hunk) || '&#8943;'}</td></tr>`,
        ...pairs(hunk, language),
    ])
    return figure('sides', `<span class="what">${become(file)}</span>`,
                  '<div class="scroll"><table><colgroup><col class="number">'
                  + '<col><col class="number"><col></colgroup>'
                  + '<thead class="visually-hidden"><tr>'
                  + '<th scope="col">Line before</th>'
                  + '<th scope="col">Before</th>'
                  + '<th scope="col">Line after</th>'
                  + '<th scope="col">After</th></tr></thead>'
                  + `<tbody>${rows.join('')}</tbody></table></div>`)
}

function pairs(hunk, language) {
    const rows = []
    let old = hunk.oldLine
    let now = hunk.newLine
    let removed = []
    let added = []
    const flush = () => {
        for (let i = 0; i < Math.max(removed.length, added.length); i++) {
            rows.push(`<tr>${half(removed[i], 'removed', 'del')}${
                half(added[i], 'added', 'ins')}</tr>`)
        }
        removed = []
        added = []
    }
    for (const { sign, html } of highlightHunk(hunk, language)) {
        if (sign === '-') {
            removed.push([old++, html])
        } else if (sign === '+') {
            added.push([now++, html])
        } else {
            flush()
            rows.push(`<tr>${half([old++, html], '', 'span')}${
                half([now++, html], '', 'span')}</tr>`)
        }
    }
    flush()
    return rows
}

function half(entry, kind, tag) {
    if (!entry) {
        return '<td class="number"></td><td class="none"></td>'
    }
    const [number, html] = entry
    return `<td class="number">${number}</td><td class="${kind || 'same'}">`
        + `<pre><${tag}>${html || ' '}</${tag}></pre></td>`
}

// --- Terminals and screens ----------------------------------------------

// The prompt can be seen, but neither selected nor copied.
const prompt = sign =>
    `<span class="prompt" aria-hidden="true">${escape(sign)}</span>`

export function terminal(text, caption) {
    let goesOn = false
    const rows = lines(text).map(line => {
        const command = line.startsWith('$ ')
            || (goesOn && line.startsWith('> '))
        goesOn = command && line.endsWith('\\')
        if (command) {
            return row(prompt(line.slice(0, 2)) + escape(line.slice(2)),
                       'command')
        }
        return row(escape(line), line.trim() === '...' ? 'left-out' : '')
    })
    const what = rows.filter(html => html.includes('"prompt"')).length > 1
        ? 'the commands' : 'the command'
    return figure('terminal', caption, copyButton(what) + block(rows))
}

export function serial(text, caption) {
    return figure('serial', caption,
                  block(lines(text).map(line => row(escape(line)))))
}

// `rows` are the cells of the run that proved the screen; without them the
// text is shown in the colours that a PC starts with.
export function screen(text, caption, rows) {
    const shown = rows ? rows.slice(0, filled(rows))
        : lines(text).map(line => [line, ''])
    return figure(rows ? 'screen from-run' : 'screen', caption,
                  '<div class="tube">' + block(shown.map(
                      ([chars, attributes]) =>
                          row(cells(chars, attributes)))) + '</div>')
}

const DEFAULT = 0x07

function filled(rows) {
    const empty = ([chars, attributes]) => chars.trim() === ''
        && [...attributes.matchAll(/../g)].every(([a]) => parseInt(a, 16) < 16)
    let count = rows.length
    while (count > 1 && empty(rows[count - 1])) {
        count--
    }
    return count
}

// Neighbours of one attribute are one element. The blanks at the end of a
// line are left out, unless their background can be seen.
function cells(chars, attributes) {
    const runs = []
    Array.from(chars).forEach((char, i) => {
        const value = attributes
            ? parseInt(attributes.slice(2 * i, 2 * i + 2), 16) : DEFAULT
        const last = runs[runs.length - 1]
        if (last && (last.value === value
                     || (char === ' ' && last.value >> 4 === value >> 4))) {
            last.text += char
        } else {
            runs.push({ value, text: char })
        }
    })
    const last = runs[runs.length - 1]
    if (last && last.value < 16) {
        last.text = last.text.trimEnd()
    }
    return runs.filter(({ text }) => text !== '').map(({ value, text }) =>
        value === DEFAULT ? escape(text)
            : `<span class="${colours(value)}">${escape(text)}</span>`).join('')
}

function colours(value) {
    const back = value >> 4
    return `f${(value & 15).toString(16)}`
        + (back ? ` b${back.toString(16)}` : '')
}
