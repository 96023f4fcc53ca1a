export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

export interface Sending {
  token?: string
  type?: string
  headers?: Record<string, string>
}

/** Sends a body to `POST /events`, with the token of the service `core` if not told otherwise. */
export async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  { token = 'core', type = 'application/json', headers = {} }: Sending = {},
): Promise<Answer> {
  const response = await fetch(`${url}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': type, ...headers },
    body,
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

export async function get(
  url: string,
  path: string,
  token?: string,
): Promise<{ status: number; headers: Headers; text: string }> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(url + path, { headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
