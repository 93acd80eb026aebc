// Reads the whole built site in a browser: `make site-test`.
//
//     node test/site.mjs DIRECTORY BASE [PAGE ...]
//
// Nothing here looks at how the site is made, only at what a browser gets.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { keyboard, search } from './hands.mjs'
import { copies } from './listings.mjs'
import { serve } from './serve.mjs'
import { axe, gather, Visitor } from './visit.mjs'

const BOOK = fileURLToPath(new URL('../../book/', import.meta.url))
const [directory, base = '/', ...only] = process.argv.slice(2)
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

const problems = []
let checks = 0

// Notes each of the texts as a problem of a page.
function judge(page, what, texts) {
    checks++
    for (const text of texts) {
        problems.push(`${page}: ${what}: ${text}`)
        console.log(`FAILED ${page}: ${what}: ${text}`)
    }
}

function htmlFiles(below = directory) {
    return fs.readdirSync(below, { withFileTypes: true }).flatMap(entry => {
        const full = path.join(below, entry.name)
        return entry.isDirectory() ? htmlFiles(full)
            : entry.name.endsWith('.html')
                ? [path.relative(directory, full)] : []
    }).filter(name => name !== '404.html').sort()
}

const smallest = pages => [...pages].sort((a, b) =>
    fs.statSync(path.join(directory, a)).size
    - fs.statSync(path.join(directory, b)).size)[0]

const sourceOf = page => path.join(BOOK, page === 'index.html' ? 'README.md'
    : page.replace(/\.html$/, '.md'))

// --- One page ------------------------------------------------------------

const seen = new Map()      // page -> { ids, links }

async function light(visitor, site, page, texts) {
    await visitor.open(site.address + page)
    seen.set(page, await gather(visitor.page))
    texts.set(page, await visitor.page.locator('.vp-doc').first()
        .textContent())
    judge(page, 'copying', await copying(visitor.page, page))
    judge(page, 'reading', await shape(visitor.page))
    judge(page, 'axe, light', await axe(visitor.page, true))
    judge(page, 'loading', visitor.take())
}

async function dark(visitor, site, page) {
    await visitor.open(site.address + page)
    judge(page, 'axe, dark', await axe(visitor.page, false))
    judge(page, 'loading, dark', visitor.take())
}

// On a phone nothing may make the page itself wider than the screen.
async function phone(visitor, site, page) {
    await visitor.open(site.address + page)
    const wide = await visitor.page.evaluate(() =>
        document.scrollingElement.scrollWidth - innerWidth)
    judge(page, 'phone', wide > 0 ? [`${wide} pixels too wide`] : [])
    judge(page, 'loading, phone', visitor.take())
}

// Without JavaScript the page has the same text, and its pictures.
async function still(visitor, site, page, texts) {
    await visitor.open(site.address + page, false)
    const text = visitor.page.locator('.vp-doc').first()
    const wrong = []
    if (await text.textContent() !== texts.get(page)) {
        wrong.push('the text differs from that with JavaScript')
    }
    if (!await visitor.page.locator('h1').first().isVisible()) {
        wrong.push('the title cannot be seen')
    }
    if (!await visitor.page.locator('.VPSidebar a').first().isVisible()) {
        wrong.push('the contents cannot be seen')
    }
    if (await visitor.page.locator('button.copy:visible').count()) {
        wrong.push('a button is shown that does nothing')
    }
    judge(page, 'without JavaScript', wrong)
    judge(page, 'loading, without JavaScript', visitor.take())
}

// Presses every button, with the clipboard replaced by a list.
async function copying(page, name) {
    const got = await page.evaluate(async () => {
        const texts = []
        const clipboard = { writeText: async text => { texts.push(text) } }
        Object.defineProperty(navigator, 'clipboard',
                              { value: clipboard, configurable: true })
        for (const button of document.querySelectorAll('button.copy')) {
            button.click()
        }
        await new Promise(resolve => setTimeout(resolve, 0))
        return texts
    })
    if (!fs.existsSync(sourceOf(name))) {
        return []       // a page about a chapter's changes
    }
    const wanted = copies(fs.readFileSync(sourceOf(name), 'utf8'))
    const wrong = wanted.length === got.length ? []
        : [`${got.length} buttons for ${wanted.length} listings`]
    wanted.forEach((text, at) => {
        if (wrong.length === 0 && got[at] !== text) {
            wrong.push(`number ${at + 1} gives ${JSON.stringify(
                (got[at] ?? '').slice(0, 120))} instead of ${
                JSON.stringify(text.slice(0, 120))}`)
        }
    })
    return wrong
}

// What every page has, once.
async function shape(page) {
    const counts = await page.evaluate(() => Object.fromEntries(
        [['title', 'h1'], ['main', 'main, [role=main], .VPContent'],
         ['missing picture', 'img']].map(([name, selector]) => [
            name, [...document.querySelectorAll(selector)].filter(
                e => name !== 'missing picture'
                    || (e.complete && e.naturalWidth === 0)).length])))
    const wrong = []
    if (counts.title !== 1) {
        wrong.push(`${counts.title} titles`)
    }
    if (counts['missing picture']) {
        wrong.push(`${counts['missing picture']} pictures are not shown`)
    }
    return wrong
}

// --- All pages together --------------------------------------------------

function links(site) {
    let count = 0
    for (const [page, { links: there }] of seen) {
        const wrong = there.flatMap(([href, text]) => {
            count++
            const dead = deadLink(site, href)
            return dead ? [`${href} (${text}): ${dead}`] : []
        })
        judge(page, 'links', [...new Set(wrong)])
    }
    return count
}

// Why a link of the site leads nowhere, or '' if it does not.
export function deadLink(site, href) {
    if (!href.startsWith(new URL(site.address).origin)) {
        return /^https?:|^mailto:|^data:/.test(href) ? '' : 'no address'
    }
    if (!href.startsWith(site.address)) {
        return 'leads out of the site'
    }
    const [target, anchor] = href.slice(site.address.length).split('#')
    const file = decodeURIComponent(target.split('?')[0])
    const name = file === '' || file.endsWith('/') ? `${file}index.html` : file
    if (!fs.existsSync(path.join(directory, name))) {
        return 'there is no such file'
    }
    if (anchor && seen.has(name)
        && !seen.get(name).ids.includes(decodeURIComponent(anchor))) {
        return 'there is no such anchor'
    }
    return ''
}

// Faults put into a page on its way to the browser: each must be noticed.
async function faults(browser, site, page) {
    const into = (html, what) => html.replace('</main>', `${what}</main>`)
    const cases = {
        'a console error': [html => into(html,
            '<script>console.error("seeded")</script>'), /console: seeded/],
        'an exception': [html => into(html,
            '<script>throw new Error("seeded")</script>'), /error: seeded/],
        'a missing picture': [html => into(html,
            '<img src="not-there.png" alt="none">'), /404/],
        'a foreign request': [html => into(html,
            '<img src="http://127.0.0.2:9/x.png" alt="none">'),
            /foreign request/],
        'a dead link': [html => into(html,
            '<a href="not-there.html">seeded</a>'), /no such file/],
        'a dead anchor': [html => into(html,
            `<a href="${base}${page}#nowhere">seeded</a>`),
            /no such anchor/],
        'a low contrast': [html => into(html,
            '<p style="color:#aaa;background:#fff">seeded</p>'),
            /axe color-contrast/],
        'a picture without a text': [html => into(html,
            `<img src="${base}icon.svg">`), /axe image-alt/],
    }
    const context = await browser.newContext({ colorScheme: 'light' })
    for (const [name, [seed, wanted]] of Object.entries(cases)) {
        const tab = await context.newPage()
        const visitor = new Visitor(tab, site.address)
        // The page's own scripts would put it right again.
        await tab.route(`**/${page}`, async route => {
            const html = await (await route.fetch()).text()
            await route.fulfill({ contentType: 'text/html', body: seed(
                html.replace(/<script type="module"[^>]*><\/script>/g, '')) })
        })
        await visitor.open(site.address + page, false)
        const found = [
            ...(await gather(tab)).links.map(([href]) =>
                deadLink(site, href)).filter(Boolean),
            ...await axe(tab, true),
            ...visitor.take(),
        ]
        judge('seeded fault', name, found.some(text => wanted.test(text))
            ? [] : [`not noticed; found ${JSON.stringify(found)}`])
        await tab.close()
    }
    await context.close()
    return Object.keys(cases).length
}

// --- The run -------------------------------------------------------------

async function inContext(browser, site, options, work) {
    const context = await browser.newContext(
        { viewport: { width: 1280, height: 900 }, ...options })
    const page = await context.newPage()
    const visitor = new Visitor(page, site.address)
    try {
        return await work(visitor, context)
    } finally {
        await context.close()
    }
}

async function each(pages, work) {
    for (const page of pages) {
        try {
            await work(page)
        } catch (error) {
            judge(page, 'could not be read', [error.message.split('\n')[0]])
        }
    }
}

async function timed(title, work) {
    const began = Date.now()
    const said = await work()
    console.log(`${title}: ${said}, ${((Date.now() - began) / 1000)
        .toFixed(1)} s`)
}

async function main() {
    const pages = htmlFiles().filter(page =>
        only.length === 0 || only.includes(page))
    const site = await serve(directory, base)
    const browser = await chromium.launch({
        executablePath: CHROMIUM,
        // In a container there is no sandbox to be had, and the pages are
        // our own.
        args: ['--no-sandbox', '--disable-dev-shm-usage'],
    })
    const texts = new Map()
    try {
        await Promise.all([
            timed('light', () => inContext(
                browser, site, { colorScheme: 'light' }, async visitor => {
                    await each(pages, page =>
                        light(visitor, site, page, texts))
                    return `${pages.length} pages`
                })),
            timed('dark', () => inContext(
                browser, site, { colorScheme: 'dark' }, async visitor => {
                    await each(pages, page => dark(visitor, site, page))
                    return `${pages.length} pages`
                })),
        ])
        await timed('links', async () => `${links(site)} links`)
        await Promise.all([
            timed('phone', () => inContext(
                browser, site, { viewport: { width: 390, height: 844 } },
                async visitor => {
                    await each(pages, page => phone(visitor, site, page))
                    return `${pages.length} pages`
                })),
            timed('without JavaScript', () => inContext(
                browser, site, { javaScriptEnabled: false },
                async visitor => {
                    await each(pages, page =>
                        still(visitor, site, page, texts))
                    return `${pages.length} pages`
                })),
        ])
        await timed('search', () => inContext(browser, site,
            { permissions: ['clipboard-read', 'clipboard-write'] },
            visitor => search(visitor, site, judge)))
        await timed('keyboard', () => inContext(browser, site,
            { permissions: ['clipboard-read', 'clipboard-write'] },
            visitor => keyboard(visitor, site, judge)))
        await timed('seeded faults', async () =>
            `${await faults(browser, site, smallest(pages))} faults`)
    } finally {
        await browser.close()
        site.close()
    }
    console.log(`site: ${pages.length} pages, ${checks} checks, `
        + `${problems.length} failed`)
    process.exit(problems.length === 0 && pages.length > 0 ? 0 : 1)
}

await main()
