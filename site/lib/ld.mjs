// A grammar for the linker scripts of this book; Shiki brings none.
export const ld = {
    name: 'ld',
    scopeName: 'source.ld',
    patterns: [
        { name: 'comment.block', begin: '/\\*', end: '\\*/' },
        { name: 'string.quoted.double', match: '"[^"]*"' },
        {
            name: 'keyword.control',
            match: '\\b(SECTIONS|PHDRS|ENTRY|KEEP|ALIGN|ASSERT|PROVIDE|'
                + 'SIZEOF|ADDR|LOADADDR|AT|FLAGS|OUTPUT_FORMAT|'
                + 'BYTE|SHORT|LONG|QUAD|FILL|SORT|EXCLUDE_FILE|'
                + 'PT_LOAD|PT_NOTE|FILEHDR)\\b',
        },
        { name: 'keyword.control', match: '/DISCARD/' },
        {
            name: 'constant.numeric',
            match: '\\b(0x[0-9a-fA-F]+|[0-9]+[KM]?)\\b',
        },
        { name: 'entity.name.function', match: '(?<![\\w*])\\.[a-z_][\\w.]*' },
    ],
}
