# The service on the embedded store: docker build -t linkrisk . && docker run -p 127.0.0.1:8000:8000 \
#   -e LINKRISK_TOKEN=… -e LINKRISK_ACCESS_BEHIND_PROXY=172.17.0.1 -v linkrisk:/data linkrisk
# With traces: docker build --build-arg EXTRAS="--extra otel" …
FROM python:3.12-slim AS build
RUN pip install --no-cache-dir 'uv>=0.8'
ARG EXTRAS=""
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --frozen --no-install-project --no-default-groups $EXTRAS
COPY graph graph
COPY ingest ingest
COPY algorithms algorithms
COPY api api
RUN uv sync --frozen --no-default-groups $EXTRAS

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home linkrisk && install -d -o linkrisk /data
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    LINKRISK_STORE=sqlite:////data/linkrisk.db \
    LINKRISK_CACHE=/data/cache \
    LINKRISK_LOG_FORMAT=json \
    PYTHONUNBUFFERED=1
WORKDIR /data
USER linkrisk
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# Past loopback the Host header is checked against --allow-host where it is given.
CMD ["linkrisk", "serve", "--host", "0.0.0.0", "--create"]
