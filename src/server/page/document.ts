import { ASSETS } from './assets.ts'
import { html, type Html } from './html.ts'

export interface Document {
  title: string
  body: Html
  /** Whether the script that keeps it up to date comes with it. */
  isLive: boolean
}

/** Everything it needs comes from this server, by paths that hold what they name for ever. */
export function document({ title, body, isLive }: Document): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="icon" href="${ASSETS.icon.path}" type="image/svg+xml" />
        <link rel="stylesheet" href="${ASSETS.styles.path}" />
        ${isLive ? html`<script src="${ASSETS.script.path}" defer></script>` : ''}
      </head>
      <body>
        ${body}
      </body>
    </html>`
}
