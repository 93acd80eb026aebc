// The reading site over book/*.md, which it leaves as they are.
import path from 'node:path'
import { defineConfig } from 'vitepress'
import { chapterDiffs, diffSidebar } from '../lib/diffs.mjs'
import { hasFeed, writeFeed } from '../lib/feed.mjs'
import { bookForms, slugify } from '../lib/markdown.mjs'
import { sidebar } from '../lib/pages.mjs'
import {
    base, branch, build, repository, root, site, url,
} from '../lib/paths.mjs'
import { writeSources } from '../lib/sources.mjs'

const changed = new Set(chapterDiffs().map(({ name }) => name))

const DESCRIPTION = 'A small operating system kernel for x86-64, written '
    + 'in C from an empty directory on. Every listing is proven.'

// The pages lie above this directory and its packages: what they import is
// looked for from here.
const fromHere = {
    name: 'book-packages',
    enforce: 'pre',
    resolveId(source, importer) {
        if (importer?.includes('.md') && /^vue(\/|$)/.test(source)) {
            return this.resolve(source, path.join(site, 'package.json'),
                                { skipSelf: true })
        }
        return null
    },
}

// What the theme is told about a page; the pages themselves say nothing.
function frontmatter({ filePath, relativePath }) {
    if (relativePath === 'index.md') {
        return { pageClass: 'home', outline: false, prev: false }
    }
    if (relativePath.endsWith('-sides.md')) {
        return { pageClass: 'diff-page sides-page', aside: false }
    }
    if (relativePath.startsWith('diffs/')) {
        return { pageClass: 'diff-page' }
    }
    const name = filePath.replace(/^book\/|\.md$/g, '')
    return changed.has(name) ? { pageClass: 'chapter', diff: name } : {}
}

export default defineConfig({
    title: 'Writing an OS in C',
    description: DESCRIPTION,
    lang: 'en',
    base,
    // The pages of the book, and those of the changes that site/diffs/ makes.
    srcDir: root,
    srcExclude: ['*.md', '!(book|site)/**', 'book/diffs/**',
                 'site/node_modules/**', 'site/!(diffs)/**'],
    outDir: process.env.SITE_OUT ?? path.join(build, 'site'),
    cacheDir: path.join(build, 'site-cache'),
    rewrites: page => page === 'book/README.md' ? 'index.md'
        : page.replace(/^(book|site)\//, ''),
    // Reading needs no server that completes addresses.
    cleanUrls: false,
    head: [
        ['link', { rel: 'icon', href: `${base}icon.svg`,
                   type: 'image/svg+xml' }],
        ['meta', { name: 'theme-color', content: '#0d5f66' }],
        ...(hasFeed() ? [['link', {
            rel: 'alternate', type: 'application/atom+xml',
            title: 'Changes', href: `${base}feed.xml` }]] : []),
    ],
    vite: {
        plugins: [fromHere],
        publicDir: path.join(site, 'public'),
        build: { chunkSizeWarningLimit: 4096 },
    },
    markdown: {
        attrs: { disable: true },
        anchor: { slugify },
        config: bookForms,
        highlight: code => code,    // lib/figures.mjs does it
        image: { lazyLoading: true },
    },
    transformPageData(data) {
        data.frontmatter = { ...data.frontmatter, ...frontmatter(data) }
    },
    async buildEnd(site) {
        writeSources(site.outDir)
        await writeFeed(site.outDir)
    },
    sitemap: url ? { hostname: `${url}/` } : undefined,
    themeConfig: {
        siteTitle: 'Writing an OS in C',
        nav: [
            { text: 'Set-up', link: '/setup' },
            { text: 'Changes by chapter', link: '/diffs/',
              activeMatch: '/diffs/' },
        ],
        sidebar: { '/diffs/': diffSidebar(), '/': sidebar() },
        outline: { level: [2, 3], label: 'On this page' },
        search: { provider: 'local', options: { detailedView: false } },
        docFooter: { prev: 'Before', next: 'Next' },
        ...(repository ? {
            editLink: { pattern: `${repository}/edit/${branch}/:path`,
                        text: 'Suggest a change to this page' },
            socialLinks: repository.includes('github.com')
                ? [{ icon: 'github', link: repository,
                     ariaLabel: 'The repository' }] : [],
        } : {}),
        externalLinkIcon: false,
        footer: {
            message: 'Text: CC BY 4.0. Code: MIT.',
        },
        hasFeed: hasFeed(),
    },
})
