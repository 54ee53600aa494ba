"""The real servers that tests drive, each a child process on a loopback address with a configuration of its own."""
