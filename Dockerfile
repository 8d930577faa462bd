# The platform as a container. Build on the architecture it will run on, or with `docker buildx build --platform linux/amd64,linux/arm64 .`.
# The embedded database exists for linux/amd64 only: elsewhere set DATABASE_URL, as compose.yaml does.

FROM node:24-trixie-slim AS build
WORKDIR /source
COPY . .
RUN npm ci && npm run pack

FROM node:24-trixie-slim
COPY --from=build /source/dist/packages/plugboard-platform-*.tgz /tmp/
RUN npm install --global --omit=dev /tmp/plugboard-platform-*.tgz \
  && rm -rf /tmp/* /root/.npm \
  && useradd --system --home-dir /var/lib/plugboard --create-home --shell /usr/sbin/nologin plugboard \
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
