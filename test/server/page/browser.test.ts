import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, afterEach, expect, it } from 'vitest'
import { chromiumPath, describeWithChromium } from '../../servers/describe-with-chromium.ts'
import { newEvent } from './new-event.ts'
import { pageServer, type PageServer } from './page-server.ts'

/** Nothing of the browser's own goes out; root has no sandbox. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** As a browser does when another tab is chosen. */
const visibility = (isHidden: boolean): string =>
  `Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
   document.dispatchEvent(new Event('visibilitychange'))`
const [HIDE, SHOW] = [visibility(true), visibility(false)]
/** For a busy machine. */
const PATIENCE_MS = 120_000
const PHONE = { width: 360, height: 740 }

describeWithChromium('the status page in a browser', () => {
  let browser: Browser
  let server: PageServer
  let contexts: BrowserContext[]
  /** What the browser complained of, and where it went. */
  let complaints: string[]
  let hosts: Set<string>

  beforeAll(async () => {
    const { chromium } = await import('playwright-core')
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: FLAGS })
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    ;[contexts, complaints, hosts] = [[], [], new Set()]
    server = await pageServer()
  })
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()))
    await server.stop()
  })

  async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context = await browser.newContext(options)
    contexts.push(context)
    context.setDefaultTimeout(PATIENCE_MS)
    const page = await context.newPage()
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => hosts.add(new URL(request.url()).host))
    await page.goto(server.url)
    return page
  }

  async function signIn(page: Page, { token }: { token: string } = server.reader): Promise<void> {
    await page.getByLabel('Token').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  async function signedIn(options?: Parameters<Browser['newContext']>[0]): Promise<Page> {
    const page = await open(options)
    await signIn(page)
    await page.getByRole('heading', { level: 1, name: 'Good' }).waitFor()
    return page
  }

  /** More than fits, of names that break layouts. */
  async function fill(): Promise<void> {
    const types = Array.from(
      { length: 60 },
      (_, i) => `a-type-with-a-name-as-long-as-people-make-them-${'x'.repeat(40)}-${i}`,
    )
    await server.store.append(types.map((type) => newEvent({ type })))
    await server.store.append([newEvent({ type: '<script>document.title = "taken"</script>' })])
    await server.store.leases.acquire('archive', 'h'.repeat(120), 60_000)
  }

  const figure = (page: Page, label: string) =>
    page
      .locator('.figures div', { has: page.getByText(label, { exact: true }) })
      .locator('dd')
      .first()

  const sidewaysPixels = (page: Page): Promise<number> =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')

  it('shows events as they come in, and goes to no other host', async () => {
    const page = await signedIn()
    expect(await figure(page, 'Events').textContent()).toBe('0')
    await server.store.append([newEvent(), newEvent()])
    await figure(page, 'Events').getByText('2', { exact: true }).waitFor()
    await figure(page, 'Last 60 minutes').getByText('2', { exact: true }).waitFor()
    expect(await page.locator('#minutes-chart rect.bar').count()).toBe(1)
    expect(complaints).toEqual([])
    expect([...hosts]).toEqual([new URL(server.url).host])
  })

  it('keeps open what somebody opened while it changes', async () => {
    const page = await signedIn()
    await page.locator('#minutes-table summary').click()
    await server.store.append([newEvent()])
    await figure(page, 'Events').getByText('1', { exact: true }).waitFor()
    // once its minute is over it is no longer what there was so far
    await page.locator('#minutes-table td', { hasText: /^1(?: so far)?$/u }).waitFor()
    expect(await page.locator('#minutes-table').getAttribute('open')).toBe('')
  })

  it('shows a type that is named as a script, and runs nothing', async () => {
    await fill()
    const page = await signedIn()
    await page.locator('#types summary').click()
    await page.getByText('<script>document.title = "taken"</script>').waitFor()
    expect(await page.title()).toBe('Good · Demetra')
    expect(complaints).toEqual([])
  })

  it.each([['light'], ['dark']] as const)('has no sideways scroll on a phone, %s', async (colorScheme) => {
    await fill()
    const page = await open({ viewport: PHONE, colorScheme })
    expect(await sidewaysPixels(page)).toBe(0)
    await signIn(page)
    await page.getByText('Runs of the archive').or(page.getByText('A run is at work')).first().waitFor()
    await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    expect(await sidewaysPixels(page)).toBe(0)
  })

  it('is complete without JavaScript', async () => {
    await fill()
    const page = await signedIn({ javaScriptEnabled: false })
    expect(await figure(page, 'Events').textContent()).toBe('61')
    await server.store.append([newEvent()])
    const refreshed = async () => {
      await page.getByRole('link', { name: 'Refresh' }).click()
      return figure(page, 'Events').textContent()
    }
    await expect.poll(refreshed, { timeout: 30_000 }).toBe('62')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Token').waitFor()
  })

  it('asks again after signing out, and tells no token from another', async () => {
    const page = await signedIn()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Token').waitFor()
    await page.goto(server.url)
    await signIn(page, server.sender)
    await page.getByRole('alert').getByText('This token does not open the page.').waitFor()
  })

  it('turns into the form once its token is revoked', async () => {
    const page = await signedIn()
    await server.store.tokens.revoke(server.reader.id)
    await page.getByLabel('Token').waitFor()
  })

  it('says that there is no connection, and goes on once there is one', async () => {
    const page = await signedIn()
    await page.clock.install()
    await page.reload()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.route('**/page/status', (route) => route.abort())
    await page.clock.runFor(3_000)
    await page.getByText('No connection').waitFor()
    await page.unroute('**/page/status')
    await page.clock.runFor(6_000)
    await page.getByText('Live', { exact: true }).waitFor()
  })

  it('asks for nothing while nobody sees it', async () => {
    const page = await signedIn()
    let asked = 0
    page.on('request', () => (asked += 1))
    await page.clock.install()
    await page.reload()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.evaluate(HIDE)
    await page.getByText('Paused').waitFor()
    asked = 0
    await page.clock.runFor(60_000)
    expect(asked).toBe(0)
    const shownAt = performance.now()
    await page.evaluate(SHOW)
    await page.getByText('Live', { exact: true }).waitFor()
    // at once, and then every three seconds
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThanOrEqual(1 + Math.floor((performance.now() - shownAt) / 3000))
  })
})
