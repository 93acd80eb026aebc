// An Atom feed of the changelog: each `## ` section is an entry, whose
// heading has its date.
import fs from 'node:fs'
import path from 'node:path'
import { createMarkdownRenderer } from 'vitepress'
import { book, repository, url } from './paths.mjs'
import { escape } from './highlight.mjs'
import { slugify } from './markdown.mjs'

const changelog = path.join(book, 'changelog.md')

export const hasFeed = () => fs.existsSync(changelog)

export function entries() {
    if (!hasFeed()) {
        return []
    }
    return fs.readFileSync(changelog, 'utf8').split(/^## /m).slice(1)
        .map(section => {
            const end = (section + '\n').indexOf('\n')
            const title = section.slice(0, end).replace(/[`*]/g, '').trim()
            const date = /\b\d{4}-\d\d-\d\d\b/.exec(title)?.[0]
            return { title, date, text: section.slice(end).trim() }
        }).filter(({ date }) => date)
}

export async function writeFeed(out) {
    if (!hasFeed()) {
        return
    }
    const md = await createMarkdownRenderer(book, {}, '/')
    const home = url || repository || 'urn:writing-an-os-in-c'
    const page = url ? `${url}/changelog.html` : home
    const items = entries().map(({ title, date, text }) => {
        const id = `${page}#${slugify(title)}`
        const html = md.render(text, { relativePath: 'changelog.md' })
        return `  <entry>
    <title>${escape(title)}</title>
    <id>${escape(id)}</id>
    <link href="${escape(url ? id : `changelog.html#${slugify(title)}`)}"/>
    <updated>${date}T00:00:00Z</updated>
    <content type="html">${escape(html)}</content>
  </entry>\n`
    })
    const newest = entries().map(({ date }) => date).sort().pop()
    fs.writeFileSync(path.join(out, 'feed.xml'),
        `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title>Writing an OS in C</title>
  <id>${escape(home)}</id>
  <updated>${newest ?? '1970-01-01'}T00:00:00Z</updated>
  <author><name>Writing an OS in C</name></author>
${url ? `  <link rel="self" href="${escape(url)}/feed.xml"/>\n` : ''}${
    items.join('')}</feed>\n`)
}
