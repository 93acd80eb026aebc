// Opens one page as a browser does and tells all that is wrong with it.
import fs from 'node:fs'
import { createRequire } from 'node:module'

const AXE = fs.readFileSync(createRequire(import.meta.url)
    .resolve('axe-core/axe.min.js'), 'utf8')

// The rules that depend on colours; all others say the same in the dark.
const COLOUR_RULES = ['color-contrast', 'link-in-text-block']

// A page of the browser that notes what goes wrong in it.
export class Visitor {
    constructor(page, origin) {
        this.page = page
        this.wrong = []
        page.on('console', message => {
            if (message.type() === 'error') {
                this.wrong.push(`console: ${message.text()}`)
            }
        })
        page.on('pageerror', error => {
            this.wrong.push(`error: ${error.message}`)
        })
        page.on('request', request => {
            const url = request.url()
            if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) {
                this.wrong.push(`foreign request: ${url}`)
            }
        })
        page.on('requestfailed', request => {
            const why = request.failure()?.errorText
            // Scripts are not fetched where they are switched off.
            if (!['net::ERR_ABORTED', 'csp'].includes(why)) {
                this.wrong.push(`failed request: ${request.url()} (${why})`)
            }
        })
        page.on('response', response => {
            if (response.status() >= 400) {
                this.wrong.push(`${response.status()}: ${response.url()}`)
            }
        })
    }

    // Goes there, and waits until the page is alive and at rest.
    async open(address, alive = true) {
        await this.page.goto(address, { waitUntil: 'load' })
        if (alive) {
            await this.page.waitForFunction(() =>
                document.querySelector('#app')?.__vue_app__?._container
                && document.querySelector('.VPContent'))
        }
        await this.page.evaluate(() => document.fonts.ready.then(() => 0))
    }

    // What was noted since the last time.
    take() {
        return this.wrong.splice(0)
    }
}

// Links and anchors: { ids, links: [[href, text]] }.
export function gather(page) {
    return page.evaluate(() => ({
        ids: [...document.querySelectorAll('[id]')].map(e => e.id),
        links: [...document.querySelectorAll(
            'a[href], link[href], img[src], script[src]')].map(e => [
            e.href || e.src,
            e.textContent.trim().slice(0, 40) || e.tagName.toLowerCase()]),
    }))
}

// axe's serious and critical findings; changes the page, so it comes last.
// The colours of a VGA screen are the machine's, black on black among them,
// and are not judged. Code is thousands of tokens, which differ in nothing
// but their colours: rows that have no kind of token or background that was
// not seen before are taken out first, but the longest of each listing, and
// listings with nothing new are not looked at for colours.
export async function axe(page, all) {
    await page.evaluate(AXE)
    return page.evaluate(async ({ everything, colours }) => {
        const seen = new Set()
        const isNew = element => {
            const figure = element.closest('.listing').className
            const kinds = [element, ...element.querySelectorAll('*')].map(e =>
                [e.tagName, e.className, e.parentElement.className,
                 element.className, figure].join('|'))
                .filter(kind => !seen.has(kind))
            kinds.forEach(kind => seen.add(kind))
            return kinds.length > 0
        }
        const like = []
        for (const figure of document.querySelectorAll('.listing')) {
            let news = [...figure.querySelectorAll('figcaption, .hunk-head')]
                .filter(isNew).length
            for (const code of figure.querySelectorAll(
                'pre code, .sides tbody')) {
                const rows = [...code.children]
                const longest = rows.reduce((a, b) => b.textContent.length
                    > a.textContent.length ? b : a, rows[0])
                for (const row of rows) {
                    if (isNew(row)) {
                        news++
                    } else if (row !== longest) {
                        row.remove()
                    }
                }
            }
            if (news === 0) {
                like.push(figure)
            }
        }
        const found = []
        const run = async (context, options) => {
            const { violations } = await window.axe.run(context, {
                resultTypes: ['violations'], ...options })
            found.push(...violations)
        }
        like.forEach(figure => { figure.hidden = true })
        await run({ exclude: [['.screen pre']] }, { runOnly: colours })
        like.forEach(figure => { figure.hidden = false })
        if (everything) {
            await run(document, { rules: Object.fromEntries(
                colours.map(rule => [rule, { enabled: false }])) })
        }
        return found
            .filter(({ impact }) => ['serious', 'critical'].includes(impact))
            .map(({ id, nodes }) => `axe ${id} (${nodes.length}): ${
                nodes[0].target.join(' ')}: ${nodes[0].failureSummary
                    .split('\n').slice(1).join(' ').trim().slice(0, 200)}`)
    }, { everything: all, colours: COLOUR_RULES })
}
