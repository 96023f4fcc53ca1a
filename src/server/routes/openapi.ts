import type { FastifyInstance } from 'fastify'
import { html, type Html } from '../page/html.ts'
import { openapiDocument, type OpenapiDocument } from '../openapi-document.ts'
import type { ServerParts } from '../server-parts.ts'

/** `/openapi.json`, and `/openapi` for people. */
export function openapiRoutes(app: FastifyInstance, { version }: ServerParts): void {
  const document = openapiDocument(version)
  app.get('/openapi.json', () => document)
  app.get('/openapi', (_request, reply) => {
    void reply.type('text/html; charset=utf-8')
    void reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    void reply.send(page(document).toString())
  })
}

function page({ paths, components }: OpenapiDocument): Html {
  const { schemas } = components as { schemas: Record<string, object> }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { summary, description, responses }]) =>
        html`<h2><code>${method.toUpperCase()} ${path}</code></h2>
          <p>${summary}.</p>
          ${description === undefined ? '' : html`<p>${description}</p>`}
          <table>
            ${Object.entries(responses).map(
              ([status, told]) =>
                html`<tr>
                  <th>${status}</th>
                  <td>${told.description}</td>
                </tr>`,
            )}
          </table>`,
    ),
  )
  const shapes = Object.entries(schemas).map(
    ([name, schema]) =>
      html`<details>
        <summary>${name}</summary>
        <pre>${JSON.stringify(schema, null, 2)}</pre>
      </details>`,
  )
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>Demetra: the HTTP interface</title>
      <style>
        body {
          font:
            16px/1.5 system-ui,
            sans-serif;
          max-width: 48rem;
          margin: 2rem auto;
          padding: 0 1rem;
          color-scheme: light dark;
        }
        th {
          text-align: left;
          padding-right: 1rem;
        }
        pre {
          overflow-x: auto;
          font-size: 13px;
        }
      </style>
      <h1>Demetra: the HTTP interface</h1>
      <p>
        The same for programs: <a href="/openapi.json">openapi.json</a>. Every request but
        <code>/health</code> and <code>/ready</code> carries <code>Authorization: Bearer TOKEN</code>.
      </p>
      ${operations}
      <h2>What bodies and answers are made of</h2>
      ${shapes}
    </html>`
}
