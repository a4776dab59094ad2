"""A study as RO-Crate: what made its report, from what, as metadata that programs read.

The crate is the study's results folder. Its metadata follows the Workflow Run RO-Crate profile
(https://w3id.org/ro/wfrun/workflow/0.5): the workflow and its configuration, one action that made
report, tables and figures of them, data with checksums, and software with versions.
"""
