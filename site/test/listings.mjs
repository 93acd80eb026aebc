// What a reader may copy from a page, read from its Markdown with a reader
// of its own: nothing of lib/ is used, so that it cannot err in the same way.
const OPEN = /^((?:\s*>)*\s*)(`{3,}|~{3,})\s*(\S*)\s*$/
const SHOWN = /^\*On the (screen|serial line)\b.*:\*$/

// The texts of the page's copy buttons, in order.
export function copies(markdown) {
    const lines = markdown.split('\n')
    const texts = []
    let caption = ''
    for (let at = 0; at < lines.length; at++) {
        const open = OPEN.exec(lines[at])
        if (!open) {
            const text = lines[at].replace(/^[\s>]+/, '').trim()
            caption = text || caption
            continue
        }
        const [, before, marks, language] = open
        const strip = new RegExp(`^\\s{0,${before.length}}`)
        const body = []
        for (at++; !lines[at].trim().replace(/^[>\s]+/, '')
            .startsWith(marks); at++) {
            body.push(before.includes('>') ? lines[at].slice(before.length)
                : lines[at].replace(strip, ''))
        }
        texts.push(...copiesOf(language, body, caption))
        caption = ''
    }
    return texts
}

function copiesOf(language, body, caption) {
    const whole = rows => rows.map(row => `${row}\n`).join('')
    if (language === 'diff') {
        return hunks(body).map(rows => rows.filter(row => row[0] === '+')
            .map(row => row.slice(1))).filter(rows => rows.length > 0)
            .map(whole)
    }
    if (SHOWN.test(caption)) {
        return []
    }
    if (language === 'console') {
        const commands = []
        let more = false
        for (const row of body) {
            if (row.startsWith('$ ') || (more && row.startsWith('> '))) {
                commands.push(row.slice(2))
                more = row.endsWith('\\')
            } else {
                more = false
            }
        }
        return [whole(commands)]
    }
    return [whole(body)]
}

function hunks(body) {
    const found = [[]]
    body.forEach((row, at) => {
        if (row.startsWith('@@')) {
            found.push([])
        } else if (!(row.startsWith('--- a/')
                     && (body[at + 1] ?? '').startsWith('+++ b/'))
                   && !row.startsWith('+++ b/')) {
            found[found.length - 1].push(row)
        }
    })
    return found
}
