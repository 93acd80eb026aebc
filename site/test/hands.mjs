// What a reader does who has a keyboard and nothing else.
const CHAPTER = '03-vga.html'

// Searching: the words of a page lead to it.
export async function search(visitor, site, judge) {
    const { page } = visitor
    const searches = [
        ['kmalloc', /1[01]-/],
        ['bit-fields', /03-vga/],
        ['spinlock', /\.html/],
    ]
    for (const [words, where] of searches) {
        await visitor.open(site.address)
        await page.keyboard.press('Control+k')
        await page.locator('#localsearch-input').waitFor()
        await page.keyboard.type(words)
        await page.locator('#localsearch-list .result').first().waitFor()
        await page.keyboard.press('Enter')
        await page.waitForURL(url => where.test(url.href)
            && url.href !== site.address, { timeout: 5000 }).catch(() => {})
        const told = await page.waitForFunction(wanted => document
            .querySelector('.vp-doc')?.textContent.toLowerCase()
            .includes(wanted), words.toLowerCase(), { timeout: 5000 })
            .catch(() => null)
        judge('search', words, told && where.test(page.url())
            ? [] : [`leads to ${page.url()}`])
    }
    await visitor.open(site.address + CHAPTER)
    await page.keyboard.press('/')
    await page.locator('#localsearch-input').waitFor()
    await page.keyboard.type('zzzyyyxxx')
    await page.locator('.no-results').waitFor()
    await page.keyboard.press('Escape')
    judge('search', 'nothing', await page.locator('#localsearch-input')
        .count() ? ['Escape does not leave it'] : [])
    judge('search', 'loading', visitor.take())
    return `${searches.length + 1} searches`
}

// From the top of a chapter to its end, with Tab.
export async function keyboard(visitor, site, judge) {
    const { page } = visitor
    await visitor.open(site.address + CHAPTER)
    const wrong = []
    await page.keyboard.press('Tab')
    let now = await focused(page)
    if (!/Skip to content/.test(now.text)) {
        wrong.push(`the first stop is ${now.name}, not the way to the text`)
    }
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    now = await focused(page)
    if (!now.inText) {
        wrong.push(`after the way to the text comes ${now.name}`)
    }
    // Every stop, and each must show itself.
    await visitor.open(site.address + CHAPTER)
    const stops = new Map()
    const limit = 3000
    let ended = false
    for (let i = 0; i < limit && !ended; i++) {
        await page.keyboard.press('Tab')
        now = await focused(page)
        ended = now.body || stops.has(now.id)
        if (!ended) {
            stops.set(now.id, now)
            if (!now.visible) {
                wrong.push(`${now.name} has the focus and does not show it`)
            }
        }
    }
    if (!ended) {
        wrong.push('the page has no end')
    }
    const missed = await page.evaluate(() => [...document.querySelectorAll(
        '.vp-doc a[href], .vp-doc button, .vp-doc summary, .VPSidebar a, '
        + '.VPDocFooter a, .VPNavBar button')].filter(e =>
        e.checkVisibility() && !e.dataset.stop && !e.closest(
            'details:not([open]) > :not(summary)')
        && e.tabIndex >= 0).map(e => e.outerHTML.slice(0, 80)))
    wrong.push(...missed.slice(0, 5).map(html => `Tab never reaches ${html}`))
    judge(CHAPTER, 'keyboard', wrong)

    // Copying and an answer, by key, with the real clipboard.
    await page.locator('.change button.copy').first().focus()
    await page.keyboard.press('Enter')
    await page.waitForTimeout(50)
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    judge(CHAPTER, 'clipboard', copied
        === '    const char *text = "Hello Wörld!";\n'
        ? [] : [`it holds ${JSON.stringify(copied)}`])
    await page.locator('summary').first().focus()
    await page.keyboard.press('Enter')
    judge(CHAPTER, 'answers', await page.locator('details[open]').count()
        ? [] : ['Enter does not open one'])
    // The switch between light and dark.
    const before = await page.evaluate(() =>
        document.documentElement.classList.contains('dark'))
    await page.locator('.VPNavBarAppearance button').focus()
    await page.keyboard.press('Enter')
    const after = await page.evaluate(() =>
        document.documentElement.classList.contains('dark'))
    judge(CHAPTER, 'dark and light', before === after
        ? ['Enter does not switch'] : [])
    judge(CHAPTER, 'loading, keyboard', visitor.take())
    return `${stops.size} stops`
}

function focused(page) {
    return page.evaluate(() => {
        const element = document.activeElement
        if (!element || element === document.body) {
            return { body: true, text: '', name: 'nothing' }
        }
        window.stops = (window.stops ?? 0) + 1
        element.dataset.stop ??= String(window.stops)
        const style = getComputedStyle(element)
        const box = element.getBoundingClientRect()
        const outlined = style.outlineStyle !== 'none'
            && parseFloat(style.outlineWidth) >= 1
        return {
            body: false, id: element.dataset.stop,
            text: element.textContent.trim(),
            name: element.outerHTML.slice(0, 90),
            inText: !!element.closest('.VPContent'),
            visible: outlined && box.width > 1 && box.height > 1
                && box.bottom > 0 && box.top < innerHeight
                && element.checkVisibility({ opacityProperty: true }),
        }
    })
}
