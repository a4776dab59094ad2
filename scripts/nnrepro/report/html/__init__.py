"""The report for the screen: one self-contained HTML file."""
