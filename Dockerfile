# The emulator in a container: docs/container.md says how it is run.
#
# Rules of this file: no shell runs, neither while the image is made nor in it; what is installed is the wheel.
# The base is named by its version; whoever needs the same bytes every time adds the digest that they have checked.
# hadolint global ignore=DL3059

FROM python:3.13-slim-trixie AS installed
WORKDIR /source
COPY . .
RUN ["python", "-m", "pip", "wheel", "--no-cache-dir", "--wheel-dir", "/wheels", ".[emulator]"]
RUN ["python", "-m", "venv", "--without-pip", "/opt/alicred"]
RUN ["python", "-m", "pip", "--python", "/opt/alicred", "install", "--no-cache-dir", "--no-index", \
     "--find-links", "/wheels", "alicred[emulator]"]

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="alicred-emulator" \
      org.opencontainers.image.description="An ECS instance and Alibaba Cloud's credential services, for tests" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=installed /opt/alicred /opt/alicred
ENV PATH="/opt/alicred/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE="1" \
    PYTHONUNBUFFERED="1"
# A number, so that an orchestrator which forbids root can tell that this is not root.
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "alicred_emulator.health", "http://127.0.0.1:8109"]
ENTRYPOINT ["alicred-emulator"]
CMD ["serve"]
