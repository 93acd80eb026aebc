// Where things are, and under which addresses they will be.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import path from 'node:path'

export const site = fileURLToPath(new URL('..', import.meta.url))
export const root = path.resolve(site, '..')
export const book = path.join(root, 'book')
export const build = path.join(root, 'build')

// SITE_BASE=/book/ for a site that lives in a subdirectory.
export const base = `/${process.env.SITE_BASE ?? ''}/`.replace(/\/+/g, '/')

// SITE_URL=https://somebody.github.io/book/: the feed and the preview that
// other sites show need addresses that are whole.
export const url = (process.env.SITE_URL ?? '').replace(/\/*$/, '')

// SITE_REPOSITORY=https://github.com/somebody/book: where the sources are
// read and edited. Without it, git's origin, if that is a web address.
export const repository = withoutEnd(
    process.env.SITE_REPOSITORY ?? webAddress(git('remote', 'get-url',
                                                  'origin')))
export const branch = process.env.SITE_BRANCH ?? 'main'

function git(...words) {
    try {
        return execFileSync('git', words, {
            cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'],
        }).trim()
    } catch {
        return ''
    }
}

function webAddress(remote) {
    const ssh = /^(?:ssh:\/\/)?git@([\w.-]+)[:/](.+)$/.exec(remote)
    if (ssh) {
        return `https://${ssh[1]}/${ssh[2]}`
    }
    return /^https:\/\/[\w.-]+\//.test(remote) ? remote : ''
}

function withoutEnd(address) {
    return address.replace(/\.git$/, '').replace(/\/*$/, '')
}
