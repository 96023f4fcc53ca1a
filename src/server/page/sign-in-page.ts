import { document } from './document.ts'
import { html, type Html } from './html.ts'

/** Why the form is there again. It tells nothing of tokens: which are known, revoked, or lack `--read`. */
export type SignInProblem = 'refused' | 'too many' | 'store away'

const PROBLEMS: Readonly<Record<SignInProblem, string>> = {
  refused: 'This token does not open the page.',
  'too many': 'There were too many attempts. Try again in a minute.',
  'store away':
    'The event store cannot be read at the moment, so no token can be checked. Try again in a minute.',
}

export function signInPage(problem: SignInProblem | null): Html {
  return document({
    title: 'Sign in · Demetra',
    isLive: false,
    body: html`<main class="sign-in">
      <p class="brand">Demetra</p>
      <h1>Status</h1>
      <form method="post" action="session">
        ${problem === null ? '' : html`<p class="problem" role="alert" id="problem">${PROBLEMS[problem]}</p>`}
        <input name="username" value="demetra" autocomplete="username" hidden />
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          spellcheck="false"
          maxlength="200"
        />
        <button>Sign in</button>
      </form>
      <p class="note">
        One that may read: <code>demetra token create --read</code> makes it and prints it once.
      </p>
    </main>`,
  })
}
