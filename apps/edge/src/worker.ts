// The worker: which path is whose, who may call from another origin, how a failure is said.
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { attention } from "./attention.ts";
import { dropRest } from "./body.ts";
import { answer, type Endpoint } from "./endpoint.ts";
import { cut, Failure, failed } from "./failure.ts";
import { limits } from "./limits.ts";

/** Settings of a deployment, as environment variables. */
interface Settings {
  /** Origins whose pages may call, with spaces between, or "*". None by default. */
  readonly CORS_ORIGINS?: string | null;
  readonly TIMEOUT_MS?: string | null;
}

const endpoints: readonly Endpoint[] = [attention];

const timeout = (settings: Settings): number => Number(settings.TIMEOUT_MS) || limits.timeoutMs;

const app: Hono<{ Bindings: Settings }> = new Hono();
app.use(async (c, next) => {
  await next();
  if (c.res.status >= 400) await dropRest(c.req.raw, timeout(c.env));
});
app.use((c, next) => {
  const origins = c.env.CORS_ORIGINS?.split(/[\s,]+/).filter(Boolean) ?? [];
  if (origins.length === 0) return next();
  return cors({
    origin: origins.includes("*") ? "*" : origins,
    allowMethods: ["POST"],
    allowHeaders: ["content-type"],
    exposeHeaders: ["retry-after"],
    maxAge: 86_400,
  })(c, next);
});
app.use(
  methodNotAllowed({
    app,
    onMethodNotAllowed: (c: Context, allowed: readonly string[]) => {
      const allow = allowed.join(", ");
      return failed(new Failure(405, `the method must be ${allow}, got ${cut(c.req.method)}`, { allow }));
    },
  }),
);
for (const endpoint of endpoints)
  app.post(endpoint.path, (c) => answer(endpoint, c.req.raw, timeout(c.env), c.executionCtx));
app.notFound(() =>
  failed(new Failure(404, `not found; this service answers ${endpoints.map(({ path }) => `POST ${path}`).join(", ")}`)),
);
app.onError((error) => failed(error));

export default app;
