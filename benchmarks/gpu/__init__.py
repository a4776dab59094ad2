"""What a GPU makes of the families: against Keras's `fit`, and with several processes at once."""
