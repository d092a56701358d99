/** What the service is asked, and how it answers; a failure is a Problem that can be read. */
import { signal } from "@preact/signals";

export interface Truncated {
  readonly reason: string;
  readonly explored?: number;
  readonly limit?: number | null;
}

/** Every algorithm's answer. */
export interface Envelope<Row> {
  readonly algorithm: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly as_of: string;
  readonly known_at: string;
  readonly snapshot: string;
  readonly results: readonly Row[];
  readonly truncated: Truncated | null;
  readonly notes?: readonly string[];
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;

/** An answer that is no answer: problem+json, or a service that is not reached (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail || title);
    this.name = "Problem";
  }
}

const KEY = "linkrisk.key";

/** A key or access token typed in; empty where the cookie of the printed address says who asks. It
 * lasts as long as the tab. */
export const key = signal(tab());
/** What for and for which case identifiers are read: said with every request. */
export const purpose = signal("");
export const caseNo = signal("");
/** Set once the service says that it does not know who asks. */
export const stranger = signal(false);

function tab(): string {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

export function signIn(given: string): void {
  key.value = given.trim();
  stranger.value = false;
  try {
    sessionStorage.setItem(KEY, key.value);
  } catch {
    // kept in memory only
  }
}

function headers(json: boolean): Record<string, string> {
  const said: Record<string, string> = { Accept: "application/json" };
  if (json) said["Content-Type"] = "application/json";
  if (key.value) said["Authorization"] = `Bearer ${key.value}`;
  if (purpose.value) said["Linkrisk-Purpose"] = encodeURIComponent(purpose.value);
  if (caseNo.value) said["Linkrisk-Case"] = encodeURIComponent(caseNo.value);
  return said;
}

/** A path with its query; what is null or undefined is left out, lists are repeated. */
export function address(path: string, query: Query = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined) continue;
    if (Array.isArray(value)) for (const each of value) given.append(name, String(each));
    else given.append(name, String(value));
  }
  const text = given.toString();
  return text ? `${path}?${text}` : path;
}

/** Send a request, give the response back; raises Problem for every failure. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      credentials: "same-origin",
      ...init,
      headers: { ...headers(typeof init.body === "string"), ...(init.headers as Record<string, string> | undefined) },
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", String(error));
  }
  if (answer.status === 401) stranger.value = true;
  if (!answer.ok) throw await problem(answer);
  return answer;
}

async function problem(answer: Response): Promise<Problem> {
  try {
    const said = (await answer.json()) as { title?: string; detail?: string };
    return new Problem(answer.status, said.title ?? answer.statusText, said.detail ?? "");
  } catch {
    return new Problem(answer.status, answer.statusText, "");
  }
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const answer = await send(address(path, query), signal ? { signal } : {});
  return (await answer.json()) as T;
}

/** A body that changes or asks for something; `once` names it, so that sent twice it is done once. */
export async function post<T>(path: string, body: unknown, more: { signal?: AbortSignal; once?: string } = {}): Promise<T> {
  const answer = await send(path, {
    method: "POST",
    body: JSON.stringify(body),
    ...(more.signal ? { signal: more.signal } : {}),
    ...(more.once ? { headers: { "Idempotency-Key": more.once } } : {}),
  });
  const text = await answer.text();
  return (text ? JSON.parse(text) : null) as T;
}

function stated(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null && value !== undefined));
}

/** Ask an algorithm by its route's name, such as `paths`; null parameters are left out. */
export function ask<Row>(name: string, params: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Envelope<Row>> {
  return post<Envelope<Row>>(`/v1/${name}`, stated(params), signal ? { signal } : {});
}

export interface Job {
  readonly id: string;
  readonly status: "queued" | "running" | "done" | "failed" | "cancelled";
  readonly error: { readonly title?: string; readonly detail?: string } | null;
}

const LOOK = 700; // milliseconds from one look at a job to the next

/** Wait for a job and give what it ended with; raises Problem where it failed. Called off where
 * nobody waits any more. */
export async function ended<T>(made: Job, signal?: AbortSignal): Promise<T> {
  const where = `/v1/jobs/${made.id}`;
  let job = made;
  while (job.status === "queued" || job.status === "running") {
    await new Promise((done) => setTimeout(done, LOOK));
    if (signal?.aborted) {
      await send(where, { method: "DELETE" }).catch(() => undefined);
      throw new DOMException("called off", "AbortError");
    }
    job = await get<Job>(where);
  }
  if (job.status !== "done") throw new Problem(500, job.error?.title ?? job.status, job.error?.detail ?? "");
  return get<T>(`${where}/result`);
}

/** Ask an algorithm that may take longer than an answer may: as a job, unless it is quick. */
export async function askAtLeisure<Row>(name: string, params: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Envelope<Row>> {
  const answer = await send(`/v1/${name}`, { method: "POST", body: JSON.stringify(stated(params)), headers: { Prefer: "respond-async, wait=5" }, ...(signal ? { signal } : {}) });
  const told: unknown = await answer.json();
  return answer.status === 202 ? ended<Envelope<Row>>(told as Job, signal) : (told as Envelope<Row>);
}

/** The address of a subject: its id's slashes are no parts of the path. */
export function subjectPath(id: string, below = ""): string {
  return `/v1/subjects/${encodeURIComponent(id).replaceAll("%3A", ":")}${below}`;
}

export interface Me {
  readonly name: string;
  readonly kind: string;
  readonly scopes: readonly string[];
  readonly domains: readonly string[];
  readonly purposes: readonly string[] | null;
}

export const me = signal<Me | null>(null);

/** Whether the caller has a scope; true until the service has said who asks. */
export function may(scope: string): boolean {
  return me.value === null || me.value.scopes.includes(scope);
}

const DOMAINS = 4;

/** Whether the caller has every data domain; true until the service has said who asks. */
export function seesAll(): boolean {
  return (me.value?.domains.length ?? DOMAINS) >= DOMAINS;
}

export async function whoAmI(): Promise<void> {
  me.value = await get<Me>("/me");
  stranger.value = false;
}
