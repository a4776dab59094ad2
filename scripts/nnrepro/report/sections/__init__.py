"""The report's sections: one module for each kind, with the sentences that it says."""
