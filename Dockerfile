# The environment that jobs run in, from the lock file with its hashes. The workflow itself stays outside: it is
# mounted, so that the code that runs is the one whose fingerprints the results carry.
#
#   docker build --tag nnrepro .
#   apptainer build nnrepro.sif docker-daemon://nnrepro:latest
#   snakemake --cores all --software-deployment-method apptainer --config container=nnrepro.sif
FROM python:3.11-slim-bookworm

ENV PIP_NO_CACHE_DIR=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VIRTUAL_ENV=/opt/nnrepro \
    PATH=/opt/nnrepro/bin:$PATH

COPY requirements.lock /opt/requirements.lock
RUN python -m venv "$VIRTUAL_ENV" \
    && python -m pip install --quiet --disable-pip-version-check \
        --require-hashes --requirement /opt/requirements.lock

WORKDIR /work
CMD ["snakemake", "--cores", "all"]
