# hexlaw on a CPU: both commands of the README run in here.
#   docker build -t hexlaw .
#   docker run --rm -v "$PWD/out:/out" hexlaw sh -c 'make reproduce && cp -r report /out'
#   docker run --rm hexlaw make test        # browser tests are skipped: there is no chromium
#   docker run --rm -p 8421:8421 hexlaw .venv/bin/hexlaw serve --lab reference_run/lab --host 0.0.0.0
FROM python:3.12-slim
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /hexlaw
# The lock file first: as long as it stays, so does the layer with the libraries.
COPY requirements.lock pyproject.toml Makefile README.md LICENSE hexlaw.py ./
RUN python -m venv .venv \
 && .venv/bin/pip install --quiet --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . .
RUN make setup
CMD ["make", "reproduce"]
