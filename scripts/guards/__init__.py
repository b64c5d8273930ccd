"""Great Expectations at the boundaries: what was delivered, and the finished marts. Rules: tests/expectations/*.yml."""
