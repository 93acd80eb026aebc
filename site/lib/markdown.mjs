// What the site makes of the book's Markdown, which is also read raw: the
// forms become figures, checkpoints boxes, links lead where they should.
import fs from 'node:fs'
import path from 'node:path'
import * as figures from './figures.mjs'
import { readCaption, readDiff } from './captions.mjs'
import { Screens } from './screens.mjs'
import { book, branch, repository, root } from './paths.mjs'
import { servedAs } from './sources.mjs'

export function bookForms(md) {
    // GitHub has none of these, and neither has the book.
    md.core.ruler.disable('emoji')
    md.block.ruler.disable('snippet')
    md.core.ruler.push('book_captions', state => captions(state))
    md.core.ruler.push('book_checkpoints', state => checkpoints(state))
    md.core.ruler.push('book_links', state => links(state))
    md.core.ruler.push('book_front', state => front(state))
    md.renderer.rules.fence = fence
    md.renderer.rules.table_open = () => '<table>\n'
    md.renderer.rules.book_figure = (tokens, at) => tokens[at].content
    const image = md.renderer.rules.image
    md.renderer.rules.image = (tokens, at, options, env, self) => {
        size(tokens[at], env)
        return image(tokens, at, options, env, self)
    }
    // Two braces are C's, not Vue's.
    const text = md.renderer.rules.text
    md.renderer.rules.text = (...given) =>
        text(...given).replace(/\{\{/g, '&#123;&#123;')
}

// GitHub's anchors, which the book's links use (tools/book/proving/links.py).
export function slugify(text) {
    return text.trim().toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
        .replace(/ /g, '-')
}

const pageOf = env => env.relativePath ?? ''

// --- Fences --------------------------------------------------------------

// The caption is the paragraph above the fence; the fence takes it over.
function captions(state) {
    const { tokens, env, md } = state
    const screens = new Screens(pageOf(env))
    for (let at = 0; at < tokens.length; at++) {
        const token = tokens[at]
        if (token.type !== 'fence') {
            continue
        }
        const above = tokens[at - 2]
        const caption = at >= 3 && tokens[at - 1].type === 'paragraph_close'
            && above.type === 'inline' ? readCaption(above.content) : null
        token.meta = { ...caption }
        if (caption) {
            token.meta.words = md.renderer.render(
                plain(above.children), md.options, env)
            tokens.splice(at - 3, 3)
            at -= 3
        }
        if (caption?.kind === 'screen') {
            token.meta.rows = screens.take(token.content)
        }
    }
}

// The words of a caption without the emphasis, and without the colon.
function plain(children) {
    const rest = children.filter(c => !/^(em|strong)_/.test(c.type))
    const last = rest.filter(c => c.type === 'text' && c.content).pop()
    if (last) {
        last.content = last.content.replace(/:$/, '')
    }
    return [Object.assign(Object.create(Object.getPrototypeOf(children[0])),
                          children[0],
                          { type: 'inline', children: rest, content: '' })]
}

function fence(tokens, at) {
    const { content, info, meta } = tokens[at]
    const language = info.trim().split(/\s+/)[0]
    const { kind, path: file, words = '' } = meta ?? {}
    if (language === 'diff') {
        return figures.change(readDiff(content), words)
    }
    if (language === 'chapter-diff') {
        return figures.change(readDiff(content), '', true)
    }
    if (language === 'chapter-sides') {
        return readDiff(content).map(figures.sideBySide).join('')
    }
    switch (kind) {
    case 'new':
        return figures.newFile(content, file, meta.executable, language)
    case 'screen':
        return figures.screen(content, words, meta.rows)
    case 'serial':
        return figures.serial(content, words)
    default:
    }
    if (language === 'console') {
        return figures.terminal(content, words)
    }
    return figures.code(content, language, words, kind ?? 'plain')
}

// --- Checkpoints ---------------------------------------------------------

function checkpoints(state) {
    const { tokens } = state
    for (let at = 0; at + 2 < tokens.length; at++) {
        const inline = tokens[at + 2]
        if (tokens[at].type !== 'blockquote_open'
            || inline.type !== 'inline') {
            continue
        }
        const found = /^\*\*Checkpoint(?: (\d+\.\d+))?\*\*/.exec(inline.content)
        if (!found) {
            continue
        }
        tokens[at].tag = 'div'
        tokens[at].attrSet('class', 'checkpoint')
        close(tokens, at).tag = 'div'
        if (found[1]) {
            const id = `checkpoint-${found[1]}`
            tokens[at].attrSet('id', id)
            const open = new state.Token('link_open', 'a', 1)
            open.attrSet('href', `#${id}`)
            const children = inline.children
            const begin = children.findIndex(c => c.type === 'strong_open')
            const end = children.findIndex(c => c.type === 'strong_close')
            children.splice(end, 0, new state.Token('link_close', 'a', -1))
            children.splice(begin + 1, 0, open)
        }
    }
}

function close(tokens, at) {
    const level = tokens[at].level
    return tokens.slice(at).find(t => t.type === 'blockquote_close'
                                 && t.level === level)
}

// --- Links and images ----------------------------------------------------

function links(state) {
    const page = pageOf(state.env)
    for (const token of state.tokens) {
        for (const child of token.children ?? []) {
            if (child.type === 'link_open') {
                child.attrSet('href', address(child.attrGet('href'), page))
            }
        }
    }
}

// Pages of the book stay; another file of the repository is read there.
export function address(href, page) {
    if (/^[a-z][a-z0-9+.-]*:|^#|^\//i.test(href)) {
        return href
    }
    const [target, anchor] = href.split('#')
    const full = path.resolve(book, path.dirname(page),
                              decodeURIComponent(target))
    const hash = anchor === undefined ? '' : `#${anchor}`
    const there = path.relative(book, full)
    if (!there.startsWith('..') && there.endsWith('.md')) {
        return target.replace(/(^|\/)README\.md$/, '$1index.md') + hash
    }
    if (there.startsWith('figures/')) {
        return href
    }
    const file = path.relative(root, full).split(path.sep).join('/')
    if (file.startsWith('..') || !fs.existsSync(full)) {
        throw new Error(`book/${page}: the link ${href} leads to nothing`)
    }
    if (!repository) {
        return servedAs(file) + hash
    }
    const kind = fs.statSync(full).isDirectory() ? 'tree' : 'blob'
    return `${repository}/${kind}/${branch}/${encodeURI(file)}${hash}`
}

// An image whose size is known does not push the text away when it comes.
function size(token, env) {
    const source = token.attrGet('src')
    const full = path.resolve(book, path.dirname(pageOf(env)),
                              decodeURIComponent(source))
    if (!fs.existsSync(full)) {
        return
    }
    const [width, height] = full.endsWith('.svg') ? svgSize(full)
        : pngSize(full)
    if (width) {
        token.attrSet('width', String(width))
        token.attrSet('height', String(height))
        token.attrSet('class', full.endsWith('.svg') ? 'drawing' : 'photo')
    }
}

function svgSize(file) {
    const box = /viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"/.exec(
        fs.readFileSync(file, 'utf8'))
    return box ? [Math.round(box[1]), Math.round(box[2])] : []
}

function pngSize(file) {
    const head = fs.readFileSync(file).subarray(0, 24)
    return head.toString('latin1', 12, 16) === 'IHDR'
        ? [head.readUInt32BE(16), head.readUInt32BE(20)] : []
}

// --- The front page ------------------------------------------------------

// The title and what stands before the first heading become the page's
// head, with a picture of the kernel and the two ways in; a table of
// chapters becomes a list.
function front(state) {
    const { tokens, env, Token } = state
    if (!['README.md', 'index.md'].includes(pageOf(env))) {
        return
    }
    const html = content => {
        const token = new Token('html_block', '', 0)
        token.content = content
        return token
    }
    const heading = tokens.findIndex(t => t.type === 'heading_open'
                                     && t.tag === 'h2')
    if (heading < 0) {
        return
    }
    const first = tokens.map(t => t.type === 'inline' ? t.content : '')
        .join('\n').match(/\]\((01-[\w-]+)\.md\)/)?.[1] ?? '01-freestanding'
    tokens.splice(heading, 0, html(
        '<p class="ways">'
        + `<a class="way main" href="./${first}.html">Begin with chapter 1</a>`
        + '<a class="way" href="./setup.html">Set-up</a></p></div>'
        + '<FrontPicture /></div>\n'))
    tokens.unshift(html('<div class="front"><div class="front-words">\n'))
    for (let at = 0; at < tokens.length; at++) {
        if (tokens[at].type === 'table_open'
            && /^(\[\d+ |\d+ )/.test(firstCell(tokens, at))) {
            tokens[at].type = 'book_figure'
            tokens[at].content = '<table class="chapters">\n'
        }
    }
}

function firstCell(tokens, at) {
    const cell = tokens.findIndex((t, i) => i > at && t.type === 'td_open')
    return cell < 0 ? '' : tokens[cell + 1].content
}
