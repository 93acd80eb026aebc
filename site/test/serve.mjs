// Serves a directory below an address, as the plainest of servers would.
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'

const TYPES = {
    '.html': 'text/html; charset=utf-8', '.js': 'text/javascript',
    '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml',
    '.png': 'image/png', '.woff2': 'font/woff2', '.woff': 'font/woff',
    '.xml': 'application/xml', '.txt': 'text/plain; charset=utf-8',
}

export async function serve(directory, base = '/') {
    const server = http.createServer((request, response) => {
        let name = decodeURIComponent(new URL(request.url, 'http://x').pathname)
        name = name.startsWith(base)
            ? path.join(directory, name.slice(base.length)) : ''
        if (name && fs.existsSync(name) && fs.statSync(name).isDirectory()) {
            name = path.join(name, 'index.html')
        }
        if (!name.startsWith(directory) || !fs.existsSync(name)) {
            response.writeHead(404).end('not found')
            return
        }
        response.writeHead(200, {
            'content-type': TYPES[path.extname(name)]
                ?? 'application/octet-stream',
        })
        fs.createReadStream(name).pipe(response)
    })
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
    return {
        address: `http://127.0.0.1:${server.address().port}${base}`,
        close: () => server.close(),
    }
}
