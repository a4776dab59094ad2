"""nnrepro: from a declared study of neural-network experiments to its final report."""
