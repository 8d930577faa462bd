# The platform as a container. Build on the architecture it will run on, or with `docker buildx build --platform linux/amd64,linux/arm64 .`.
# podman needs `podman build --format docker .`: its own format has no health check.
# The embedded database exists for linux/amd64 only: elsewhere set DATABASE_URL, as compose.yaml does.

FROM docker.io/library/node:24-trixie-slim AS build
WORKDIR /source
COPY . .
RUN npm ci && npm run pack

FROM docker.io/library/node:24-trixie-slim
COPY --from=build /source/dist/packages/plugboard-platform-*.tgz /tmp/
# A fixed user id, so that files of the host can belong to it, and one that no service of the host has.
RUN npm install --global --omit=dev /tmp/plugboard-platform-*.tgz \
  && rm -rf /tmp/* /root/.npm \
  && useradd --uid 10001 --no-create-home --home-dir /var/lib/plugboard --shell /usr/sbin/nologin plugboard \
  && install --directory --owner plugboard --group plugboard --mode 0700 /var/lib/plugboard \
  && mkdir /etc/plugboard

USER plugboard
WORKDIR /var/lib/plugboard
# Everything that must survive.
VOLUME /var/lib/plugboard
ENV PLUGBOARD_DATA=/var/lib/plugboard/data \
  PLUGBOARD_WORKSPACE=/etc/plugboard/plugboard.yaml \
  PLUGBOARD_HTTP=0.0.0.0:8080 \
  PLUGBOARD_SIP=0.0.0.0:5060 \
  PLUGBOARD_RTP=20000-20199
EXPOSE 8080/tcp 5060/tcp 5060/udp 20000-20199/udp

HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The default PLUGBOARD_DRAIN is 30 s: `docker stop --time 60`, or stop_grace_period as in compose.yaml.
STOPSIGNAL SIGTERM
ENTRYPOINT ["plugboard"]
CMD ["serve"]
