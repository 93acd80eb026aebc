// The little that needs JavaScript: copying, and scrolling by keyboard.
import { nextTick, onMounted, onUnmounted, watch } from 'vue'
import { useRoute } from 'vitepress'

// What a reader would type: of a change the added lines, of a transcript
// the commands, else everything.
export function textToCopy(button) {
    const code = (button.closest('.hunk') ?? button.closest('.listing'))
        .querySelector('pre code')
    const rows = [...code.querySelectorAll('.l')]
    const chosen = button.closest('.change')
        ? rows.filter(row => row.classList.contains('added'))
        : button.closest('.terminal')
            ? rows.filter(row => row.classList.contains('command')) : rows
    return chosen.map(row => [...row.childNodes]
        .filter(node => !node.classList?.contains('prompt'))
        .map(node => node.textContent).join('')).join('')
}

async function copy(event) {
    const button = event.target.closest?.('.listing button.copy')
    if (!button) {
        return
    }
    await navigator.clipboard.writeText(textToCopy(button))
    button.classList.add('done')
    announce('Copied')
    setTimeout(() => button.classList.remove('done'), 1600)
}

// For a screen reader, which does not see the button change.
function announce(text) {
    let place = document.getElementById('announcement')
    if (!place) {
        place = document.createElement('div')
        place.id = 'announcement'
        place.className = 'visually-hidden'
        place.setAttribute('role', 'status')
        document.body.append(place)
    }
    place.textContent = ''
    requestAnimationFrame(() => { place.textContent = text })
}

// What is wider than the page can be scrolled with the keyboard; what is
// not is no stop on the way through the page.
function reachScrollers() {
    for (const box of document.querySelectorAll(
        '.vp-doc pre, .vp-doc table, .vp-doc .scroll, .vp-doc .tube')) {
        if (box.scrollWidth > box.clientWidth + 1
            && getComputedStyle(box).overflowX !== 'visible') {
            box.tabIndex = 0
        } else {
            box.removeAttribute('tabindex')
        }
    }
}

export function watchPages() {
    const route = useRoute()
    const later = () => nextTick(() => requestAnimationFrame(reachScrollers))
    onMounted(() => {
        document.addEventListener('click', copy)
        window.addEventListener('resize', reachScrollers)
        later()
    })
    onUnmounted(() => {
        document.removeEventListener('click', copy)
        window.removeEventListener('resize', reachScrollers)
    })
    watch(() => route.path, later, { flush: 'post' })
}
