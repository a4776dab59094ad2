"""Training many runs without Snakemake: several at once on each GPU, until a time is up."""
