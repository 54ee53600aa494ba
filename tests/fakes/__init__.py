"""A family of servers that there is not, with its checks, for tests of what does not depend on a family."""
