// VitePress's own theme, with the book's style over it.
import { h } from 'vue'
import { useData } from 'vitepress'
import DefaultTheme from 'vitepress/theme'
import '@fontsource/dejavu-mono/400.css'
import './base.css'
import './listings.css'
import './screens.css'
import './front.css'
import './print.css'
import ChapterChanges from './ChapterChanges.vue'
import FrontPicture from './FrontPicture.vue'
import { watchPages } from './behaviour.js'

export default {
    extends: DefaultTheme,
    Layout() {
        const { frontmatter } = useData()
        return h(DefaultTheme.Layout, null, {
            'doc-footer-before': () => frontmatter.value.diff
                ? h(ChapterChanges) : null,
        })
    },
    enhanceApp({ app }) {
        app.component('FrontPicture', FrontPicture)
    },
    setup() {
        watchPages()
    },
}
