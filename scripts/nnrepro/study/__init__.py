"""The study: `config.yaml` as typed values.

`load_study` turns the merged configuration into a `Study`, whose `runs` are the training jobs.
Every mistake in the configuration is found here, before the first job.
"""
