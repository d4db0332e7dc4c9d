# The image of a task that names none: Python, a C compiler and the usual tools, and an ordinary user with a work folder.
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      ca-certificates file gcc git jq less libc6-dev make patch procps python3 python3-pytest sqlite3 unzip xxd \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 1000 --user-group --create-home --shell /bin/bash agent \
 && install --directory --owner agent --group agent /workspace
WORKDIR /workspace
