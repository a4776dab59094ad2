# With --software-deployment-method apptainer all jobs run in the image that the configuration names. It has
# the packages of the lock file; the library in it is the one beside these rules, which it is shown.
from shlex import quote

from snakemake.settings.types import DeploymentMethod

IMAGE = CONFIGURATION.values.get("container")


def show_in_containers(folders):
    """Let containers see folders; the working directory they see anyway."""
    settings = workflow.deployment_settings
    for folder in folders:
        shown = f"--bind {quote(str(folder.resolve()))}"
        # A job's Snakemake is told what this one was.
        if shown not in settings.apptainer_args:
            settings.apptainer_args = f"{settings.apptainer_args} {shown}".strip()


if DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method:
    if not IMAGE:
        raise WorkflowError(
            "--software-deployment-method apptainer needs an image, and the configuration names none; "
            "build one from the Dockerfile as docs/cluster.md says, and name it: "
            '--config container="nnrepro.sif"'
        )
    if "://" not in IMAGE and not Path(IMAGE).is_file():
        raise WorkflowError(
            f"container: there is no image {IMAGE}; an image is a file, or an address "
            "such as docker://..."
        )
    show_in_containers([PROJECT, CONFIGURATION.folder])


container: IMAGE
