"""What a report consists of, apart from what it says and from how it is printed."""
