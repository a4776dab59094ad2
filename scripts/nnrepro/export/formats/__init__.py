"""The forms of export, one file each; see `nnrepro.export.registry`."""
