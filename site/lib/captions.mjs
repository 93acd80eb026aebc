// What a fence is: the line above it says so, or its language.  These are
// the forms of tools/book/forms.md; what they mean is proven there.
const FORMS = [
    ['new', /^\*\*New file: `([^`]+)`\*\*$/],
    ['example', /^\*Example, not part of the kernel.*:\*$/],
    ['schematic', /^\*Schematic:\*$/],
    ['excerpt', /^\*From `([^`]+)`:\*$/],
    ['terminal', /^\*In a terminal:\*$/],
    ['terminal', /^\*In (?:the repository|`[^`]+`):\*$/],
    ['screen', /^\*On the screen\b.*:\*$/],
    ['serial', /^\*On the serial line\b.*:\*$/],
]

// { kind, path } of a caption; null for another line.
export function readCaption(text) {
    for (const [kind, pattern] of FORMS) {
        const found = pattern.exec(text)
        if (found) {
            return { kind, path: found[1] ?? '' }
        }
    }
    return null
}

// The files of a diff fence, each with its hunks; a hunk has the words
// between its @@ and lines [sign, text].
export function readDiff(text) {
    const files = []
    let file = null
    let hunk = null
    let before = ''
    const begin = path => {
        file = { path, before, hunks: [] }
        files.push(file)
        hunk = null
    }
    for (const line of text.replace(/\n$/, '').split('\n')) {
        if (hunk && hunk.left && /^[-+ \\]|^$/.test(line)) {
            take(hunk, line)
            continue
        }
        if (/^(diff |index |new file|deleted file|old mode|new mode|similarity|rename )/
            .test(line)) {
            hunk = null
            file = null
        } else if (/^--- (a\/|\/dev\/null)/.test(line)) {
            before = nameIn(line)
            hunk = null
        } else if (/^\+\+\+ (b\/|\/dev\/null)/.test(line)) {
            begin(nameIn(line) || before)
            file.added = before === ''
            file.removed = nameIn(line) === ''
            before = ''
        } else if (line.startsWith('@@')) {
            file ?? begin('')
            hunk = { ...hunkHead(line), lines: [] }
            file.hunks.push(hunk)
        } else {
            file ?? begin('')
            if (!hunk) {
                hunk = { where: '', lines: [] }
                file.hunks.push(hunk)
            }
            take(hunk, line)
        }
    }
    return files
}

// git's heads have numbers; with them we know where a hunk ends, and a
// removed line that begins with `-- ` is not taken for a file's name.
function hunkHead(line) {
    const git = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/.exec(line)
    if (!git) {
        return { where: line.replace(/^@@ ?/, '').replace(/ ?@@.*$/, '') }
    }
    const old = Number(git[2] ?? 1)
    const now = Number(git[4] ?? 1)
    return {
        where: git[5], oldLine: Number(git[1]), newLine: Number(git[3]),
        old, now, left: old + now > 0,
    }
}

function take(hunk, line) {
    if (line.startsWith('\\')) {
        return          // No newline at end of file
    }
    const sign = line === '' ? ' ' : line[0]
    hunk.lines.push([sign, line.slice(1)])
    if (hunk.left !== undefined) {
        hunk.old -= sign !== '+'
        hunk.now -= sign !== '-'
        hunk.left = hunk.old > 0 || hunk.now > 0
    }
}

function nameIn(line) {
    const path = line.slice(4).replace(/\t.*$/, '')
    return path === '/dev/null' ? '' : path.slice(2)
}
