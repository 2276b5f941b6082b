# The audit as a container: baseline, Prowler and ScoutSuite, each in a private pinned environment.
#
#   docker build -t aws-baseline .
#   docker run --rm -e AWS_PROFILE -v ~/.aws:/home/baseline/.aws:ro -v "$PWD/reports:/reports" \
#     --user "$(id -u):$(id -g)" --read-only --tmpfs /tmp aws-baseline audit run -p
#
# BASE_IMAGE may be any Debian 12 or later, or a Python image made from one.
ARG BASE_IMAGE=docker.io/library/debian:bookworm-20250520-slim

FROM ${BASE_IMAGE} AS builder
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv
WORKDIR /source
# For a package index behind certificates of your own: mount them, and name the file.
ARG SSL_CERT_FILE
ARG PIP_CERT=$SSL_CERT_FILE
ENV UV_CACHE_DIR=/tmp/uv UV_LINK_MODE=copy UV_PROJECT_ENVIRONMENT=/opt/baseline
# The same pinned uv as in a checkout.
COPY scripts/setup.py scripts/
RUN ln -s "$(cd scripts && python3 -c 'import setup; print(setup.private_uv())')" /usr/local/bin/uv
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --quiet --locked --no-dev --no-install-project --compile-bytecode --python /usr/bin/python3
COPY src src
RUN uv sync --quiet --locked --no-dev --no-editable --compile-bytecode --python /usr/bin/python3
# Their byte code is made here: whoever runs the image may write nothing, and would wait each time.
# Each tool's directory is its owner's alone, and who runs the image is somebody else.
RUN /opt/baseline/bin/baseline audit setup && chmod -R a+rX /opt/baseline

FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log \
    && useradd --uid 10001 --create-home baseline
COPY --from=builder /opt/baseline /opt/baseline
COPY scripts/security-audit /opt/baseline/bin/
ENV PATH=/opt/baseline/bin:$PATH HOME=/home/baseline BASELINE_REPORTS=/reports
USER 10001:10001
WORKDIR /home/baseline
ENTRYPOINT ["baseline"]
CMD ["--help"]
