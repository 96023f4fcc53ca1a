/** Keeps the page up to date: takes its parts anew every few seconds and puts in those that changed. */
const EVERY_MS = 3_000
const SLOWEST_MS = 30_000

const live = document.getElementById('live')
const shown = new Map()
let waitMs = EVERY_MS
let timer = 0
let isAsking = false

live.hidden = false
for (const part of partsOf(document)) shown.set(part.id, part.outerHTML)
document.addEventListener('visibilitychange', () => {
  clearTimeout(timer)
  if (document.hidden) tell('Paused', 'off')
  else void update()
})
if (!document.hidden) timer = setTimeout(update, EVERY_MS)

async function update() {
  if (isAsking) return
  isAsking = true
  try {
    const response = await fetch('page/status', {
      headers: { accept: 'text/html' },
      signal: AbortSignal.timeout(20_000),
    })
    // the token was revoked, or the session is over: the page becomes the form
    if (response.status === 401) return location.reload()
    if (!response.ok) throw new Error(String(response.status))
    show(new DOMParser().parseFromString(await response.text(), 'text/html'))
    waitMs = EVERY_MS
    tell('Live', 'on')
  } catch {
    waitMs = Math.min(waitMs * 2, SLOWEST_MS)
    tell('No connection', 'broken')
  } finally {
    isAsking = false
  }
  clearTimeout(timer)
  if (!document.hidden) timer = setTimeout(update, waitMs)
}

function show(next) {
  document.title = next.getElementById('status').dataset.title
  for (const part of partsOf(next)) {
    const text = part.outerHTML
    const old = document.getElementById(part.id)
    if (shown.get(part.id) === text || old === null || isInUse(old)) continue
    shown.set(part.id, text)
    for (const { id, open } of old.querySelectorAll('details[id]')) {
      const details = part.querySelector(`#${CSS.escape(id)}`)
      if (details !== null) details.open = open
    }
    const scrolled = [...old.querySelectorAll('.scroll')].map(({ scrollTop }) => scrollTop)
    const focused = old.contains(document.activeElement)
      ? document.activeElement.closest('details')?.id
      : undefined
    old.replaceChildren(...part.childNodes)
    for (const [i, box] of old.querySelectorAll('.scroll').entries()) box.scrollTop = scrolled[i] ?? 0
    if (focused) document.querySelector(`#${CSS.escape(focused)} > summary`)?.focus({ preventScroll: true })
  }
}

/** Nobody's selection is taken away under their hands; the part comes with a later look. */
function isInUse(part) {
  const selection = getSelection()
  return selection !== null && !selection.isCollapsed && selection.containsNode(part, true)
}

function partsOf(root) {
  return root.querySelectorAll('#status > section')
}

function tell(text, state) {
  if (live.textContent !== text) live.textContent = text
  live.className = state
}
