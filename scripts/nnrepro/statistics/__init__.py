"""Statistics: intervals, tests, best sets and the optimism of a selection; knows no study."""
