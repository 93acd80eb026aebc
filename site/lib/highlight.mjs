// Highlights code, as classes instead of colours: what colour a keyword
// has in the light and in the dark is said once, in theme/style.css.
import { createCssVariablesTheme, createHighlighter } from 'shiki'
import { ld } from './ld.mjs'

const theme = createCssVariablesTheme({ variablePrefix: '--' })
const LANGUAGES = ['c', 'asm', 'make', 'bash', 'python', 'diff', 'ini']
const ALIASES = { h: 'c', mk: 'make', sh: 'bash', shell: 'bash', py: 'python' }

const shiki = await createHighlighter({
    themes: [theme],
    langs: [...LANGUAGES, ld],
})

const COLOUR = /^var\(--token-([a-z-]+)\)$/

// One string of HTML for each line of the code.
export function highlightLines(code, language) {
    const known = ALIASES[language] ?? language
    if (!shiki.getLoadedLanguages().includes(known)) {
        return code.split('\n').map(escape)
    }
    const { tokens } = shiki.codeToTokens(code, {
        lang: known,
        theme: 'css-variables',
    })
    return tokens.map(line => merge(line).map(span).join(''))
}

// Neighbours of one colour are one element: pages are long.
function merge(tokens) {
    const merged = []
    for (const { content, color } of tokens) {
        const kind = /^0x$/i.test(content) ? 'constant'
            : COLOUR.exec(color ?? '')?.[1] ?? ''
        const last = merged[merged.length - 1]
        if (last && (last.kind === kind || content.trim() === '')) {
            last.content += content
        } else {
            merged.push({ kind, content })
        }
    }
    return merged
}

function span({ kind, content }) {
    if (kind === '' || kind === 'punctuation' || content.trim() === '') {
        return escape(content)
    }
    return `<span class="t-${kind}">${escape(content)}</span>`
}

export function escape(text) {
    return text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
        .replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}

// The language of a file, by its name.
export function languageOf(path) {
    const name = path.split('/').pop()
    if (name === 'Makefile' || name.endsWith('.mk')) {
        return 'make'
    }
    const extension = name.includes('.') ? name.split('.').pop() : ''
    return { c: 'c', h: 'c', asm: 'asm', s: 'asm', ld: 'ld', sh: 'bash',
             py: 'python', cfg: 'bash' }[extension] ?? 'text'
}
