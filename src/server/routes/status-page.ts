import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DemetraError } from '../../errors.ts'
import { RETRY_AFTER_SECONDS } from '../http-error.ts'
import { ASSETS } from '../page/assets.ts'
import { cookieOf, setCookie } from '../page/cookies.ts'
import { readFacts } from '../page/facts.ts'
import type { Html } from '../page/html.ts'
import { MinuteCounts } from '../page/minute-counts.ts'
import { PAGE_HEADERS } from '../page/page-headers.ts'
import { statusFragment, statusPage } from '../page/page.ts'
import { isFromOwnPage } from '../page/same-origin.ts'
import { sendPage } from '../page/send-page.ts'
import { Sessions } from '../page/sessions.ts'
import { SharedFacts } from '../page/shared-facts.ts'
import { SignInLimit } from '../page/sign-in-limit.ts'
import { signInPage, type SignInProblem } from '../page/sign-in-page.ts'
import type { ServerParts } from '../server-parts.ts'

const FORM_BYTES = 4096
const OPEN = { config: { access: 'open' } } as const
const POLLED = { config: { access: 'open', isPolled: true } } as const
const FOR_EVER = 'public, max-age=31536000, immutable'

type PageParts = Pick<ServerParts, 'store' | 'reportStore' | 'tokens' | 'authenticator'>

/** The status page for people: `/`, its parts, what it loads, and the form that asks for a token. */
export function statusPageRoutes(
  app: FastifyInstance,
  { store, reportStore, tokens, authenticator }: PageParts,
): void {
  const minuteCounts = new MinuteCounts(store)
  const facts = new SharedFacts(() => readFacts({ store, reportStore, minuteCounts }))
  const sessions = new Sessions(tokens)
  const limit = new SignInLimit()

  /** Answers with the form where nobody has signed in, which is no error of who opens the page for the first time. */
  const withSession = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { closed, content }: { closed: 200 | 401; content: () => Promise<Html> },
  ): Promise<FastifyReply> => {
    try {
      if (!(await sessions.isOpen(cookieOf(request.headers))))
        return sendPage(reply, closed, signInPage(null))
    } catch (error) {
      if (!(error instanceof DemetraError)) throw error
      return storeAway(reply)
    }
    return sendPage(reply, 200, await content())
  }

  const signIn = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const refuse = (status: number, problem: SignInProblem): Promise<FastifyReply> =>
      sendPage(reply, status, signInPage(problem))
    if (!isFromOwnPage(request.headers)) return refuse(403, 'refused')
    if (!limit.allows(request.ip)) {
      void reply.header('retry-after', limit.retryAfterSeconds())
      return refuse(429, 'too many')
    }
    const token = (request.body instanceof URLSearchParams && request.body.get('token')?.trim()) || ''
    try {
      const access = await authenticator.check(`Bearer ${token}`)
      const cookie = access?.read === true ? await sessions.begin(access.tokenId) : null
      if (cookie === null) {
        limit.failed(request.ip)
        return refuse(401, 'refused')
      }
      return reply.header('set-cookie', setCookie(cookie, request.headers)).redirect('./', 303)
    } catch (error) {
      if (!(error instanceof DemetraError)) throw error
      return storeAway(reply)
    }
  }

  // a scope of its own: nothing else of the server takes forms, or says what the page says in its headers
  void app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_BYTES },
      (_request, body, done) => done(null, new URLSearchParams(body as string)),
    )
    scope.addHook('onRequest', async (_request, reply) => {
      void reply.headers(PAGE_HEADERS).header('cache-control', 'no-store')
    })
    scope.get('/', OPEN, (request, reply) =>
      withSession(request, reply, {
        closed: 200,
        content: async () => statusPage({ answer: await facts.get(), storeUrl: store.url }),
      }),
    )
    scope.get('/page/status', POLLED, (request, reply) =>
      withSession(request, reply, { closed: 401, content: async () => statusFragment(await facts.get()) }),
    )
    for (const { path, type, content } of Object.values(ASSETS)) {
      scope.get(`/${path}`, OPEN, (_request, reply) =>
        reply.type(type).header('cache-control', FOR_EVER).send(content),
      )
    }
    scope.post('/session', OPEN, signIn)
    // where a browser ends that was told to load the answer to the form again
    scope.get('/session', OPEN, (_request, reply) => reply.redirect('./', 303))
    scope.post('/session/end', OPEN, (request, reply) => {
      if (!isFromOwnPage(request.headers)) return sendPage(reply, 403, signInPage('refused'))
      return reply.header('set-cookie', setCookie(null, request.headers)).redirect('../', 303)
    })
  })
}

function storeAway(reply: FastifyReply): Promise<FastifyReply> {
  void reply.header('retry-after', RETRY_AFTER_SECONDS)
  return sendPage(reply, 503, signInPage('store away'))
}
