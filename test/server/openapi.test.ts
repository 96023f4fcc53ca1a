import { afterAll, beforeAll, expect, test } from 'vitest'
import { get } from './post.ts'
import { runningServer, type TestServer } from './running-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await runningServer()
})
afterAll(() => server.stop())

interface Document {
  openapi: string
  paths: Record<
    string,
    Record<string, { requestBody?: { content: object }; responses: Record<string, object> }>
  >
  components: { schemas: Record<string, { properties?: Record<string, object>; required?: string[] }> }
}

test('/openapi.json describes what there is, by the schemas that explain a refusal; any token opens it', async () => {
  expect((await get(server.url, '/openapi.json')).status).toBe(401)
  const { status, text } = await get(server.url, '/openapi.json', 'shop')
  expect(status).toBe(200)
  const document = JSON.parse(text) as Document
  expect(document.openapi).toBe('3.1.0')
  const { post } = document.paths['/events'] as Document['paths'][string]
  expect(Object.keys(post?.responses ?? {})).toEqual([
    '200',
    '207',
    '400',
    '401',
    '403',
    '409',
    '413',
    '415',
    '422',
    '429',
    '500',
    '503',
  ])
  expect(Object.keys(post?.requestBody?.content ?? {})).toContain('application/cloudevents-batch+json')
  const { Event } = document.components.schemas
  expect(Event?.required).toEqual(['id', 'meta', 'payload'])
  expect(Event?.properties?.['meta']).toMatchObject({
    required: ['service', 'type', 'created_at', 'aggregate_id'],
    properties: { created_at: { type: 'string', format: 'date-time' } },
  })
  // every reference leads somewhere
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    expect(document.components.schemas).toHaveProperty(name as string)
  }
})

test('/openapi is the same for people, and loads nothing from elsewhere', async () => {
  const { status, headers, text } = await get(server.url, '/openapi', 'reader')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(text).toContain('POST /events')
  expect(text).not.toMatch(/src=|href="http/)
})
